"""Code tables, from whichever file they come: CSV or the JSON of a FHIR R4 ConceptMap."""

from __future__ import annotations

from fhirbridge.terminology.concept_maps import find_losses, format_concept_map, parse_concept_map
from fhirbridge.terminology.csv_text import HEADER, format_table, parse_table
from fhirbridge.terminology.linking import link_table
from fhirbridge.terminology.model import ANY_CODE, EQUIVALENCES, CodeTable, TableError, TableRow, Unmapped

__all__ = [
    "ANY_CODE",
    "EQUIVALENCES",
    "HEADER",
    "CodeTable",
    "TableError",
    "TableRow",
    "Unmapped",
    "find_losses",
    "format_concept_map",
    "format_table",
    "is_concept_map",
    "link_table",
    "parse_concept_map",
    "parse_table",
    "read_table",
]


def is_concept_map(file: str) -> bool:
    """Say whether a file's name is that of a ConceptMap: `.json`, where CSV is `.csv`."""
    return file.casefold().endswith(".json")


def read_table(name: str, file: str, text: str) -> CodeTable:
    """Return the table of a file, by the ending of the file's name.

    Raises:
        TableError: the text cannot be read as such a table.
    """
    return parse_concept_map(name, text) if is_concept_map(file) else parse_table(name, text)
