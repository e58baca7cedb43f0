"""A CSV side: its columns and their types, how the file is written, and the shape of the documents in it.

Without `group` each line is a document of single values. With it the lines that share a value in that column are one
document: the value, and `rows` with all other columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Side
from fhirbridge.mapping.shapes import SchemaShape

ENCODINGS: Mapping[str, str] = {
    "utf-8": "utf-8",
    "windows-1252": "cp1252",
    "iso-8859-1": "iso8859-1",
    "iso-8859-15": "iso8859-15",
    "us-ascii": "ascii",
}
"""Encoding as a map names it -> as Python does. In each of them a line ends with the byte 10."""
DELIMITERS: Mapping[str, str] = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
TYPES: Mapping[str, str] = {"text": "string", "integer": "integer", "decimal": "number"}
"""Type of a column as a map names it -> JSON type of its values. A list of codes is text."""
MAX_COLUMNS = 1_000
ROWS = "rows"
_REQUIRED = " required"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name in the header, the JSON type of its cells, the codes it may hold where it is coded."""

    name: str
    type: str
    codes: tuple[str, ...] = ()
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How a CSV file is laid out. `encoding` is Python's name; `group` is empty where each line is a document."""

    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    group: str = ""


def parse_column(name: str, written: str) -> Column:
    """Return a column from its type as a map writes it.

    Raises:
        ValueError: it is no type.

    >>> parse_column("Sex", "M | F required")
    Column(name='Sex', type='string', codes=('M', 'F'), is_required=True)
    """
    type_ = written.strip().removesuffix(_REQUIRED).strip()
    is_required = written.strip().endswith(_REQUIRED)
    if type_ in TYPES:
        return Column(name, TYPES[type_], is_required=is_required)
    codes = tuple(code.strip() for code in type_.split("|"))
    if len(codes) < 2 or not all(codes) or len(set(codes)) < len(codes):
        hint = did_you_mean(type_, TYPES)
        raise ValueError(f"the type of column `{name}` must be text, integer, decimal, or codes such as A | B; {hint}")
    return Column(name, "string", codes, is_required)


def csv_layout(side: Side) -> CsvLayout:
    """Return the layout of a CSV side; what its text says wrongly, and is reported there, is as if not said."""
    group = side.options.get("group", "")
    return CsvLayout(
        columns=tuple(parse_column(name, written) for name, written in side.columns.items()),
        encoding=ENCODINGS.get(side.options.get("encoding", "").lower(), "utf-8"),
        delimiter=DELIMITERS.get(side.options.get("delimiter", ""), ","),
        group=group if group in side.columns else "",
    )


def csv_shape(layout: CsvLayout) -> SchemaShape:
    """Return the shape of one document of a CSV file."""
    fields = {column.name: _cell(column) for column in layout.columns}
    if not layout.group:
        return SchemaShape("object", is_required=True, children=fields)
    group = SchemaShape("string", is_required=True)
    others = {name: shape for name, shape in fields.items() if name != layout.group}
    rows = SchemaShape("object", is_list=True, is_required=True, children=others)
    return SchemaShape("object", is_required=True, children={layout.group: group, ROWS: rows})


def _cell(column: Column) -> SchemaShape:
    return SchemaShape(column.type, is_required=column.is_required, codes=frozenset(column.codes))
