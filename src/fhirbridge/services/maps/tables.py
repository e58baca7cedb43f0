"""Code tables turned from one written form into the other: CSV and the JSON of a FHIR R4 ConceptMap."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fhirbridge.errors import Issue, MalformedInput
from fhirbridge.terminology.tables import (
    CodeTable,
    TableError,
    find_losses,
    format_concept_map,
    format_table,
    is_concept_map,
    read_table,
)

Form = Literal["csv", "conceptmap"]
FORMS: tuple[Form, ...] = ("csv", "conceptmap")
MAX_BYTES = 4 * 1024 * 1024
"""No table is larger."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A table's text in another form, and the paths of what that form has no place for."""

    text: str
    losses: tuple[str, ...]


def convert_table(file: Path, form: Form) -> Converted:
    """Return a table's text in a form; the name of the file, up to its first point, is the table's.

    Raises:
        MalformedInput: the file is too large, is no table, or cannot be said in that form; the issue has the line.
    """
    text = _text(file)
    try:
        table = read_table(file.name.split(".")[0], file.name, text)
        losses = find_losses(text) if is_concept_map(file.name) and form == "csv" else ()
        return Converted(_format(table, form), losses)
    except TableError as error:
        message = f"{str(error)[:1].upper()}{str(error)[1:]}."
        raise MalformedInput(
            message, issues=[Issue("FB109", str(error), location=f"{file.name}:{error.line}")]
        ) from error


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise MalformedInput(f"The table is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInput("The table is not UTF-8.") from error


def _format(table: CodeTable, form: Form) -> str:
    if form == "csv":
        return format_table(table)
    return json.dumps(format_concept_map(table), indent=2, ensure_ascii=False) + "\n"
