"""Code tables as CSV: what an analyst keeps in a spreadsheet.

Header: `source,system,target,display,equivalence,back`, then if wanted `source_system`, `source_display`, `comment`.
Above the header may stand `# version: ...` and `# url: ...`. A line whose source is `*` says what becomes of every
other code: its equivalence is `fixed` (the target stands in the line), `provided` (the code as it is; no target) or
`other-map` (the target is the name or URL of another table).
Laws of this file: `parse(format(table))` is the table; a fault names its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, cast

from fhirbridge.terminology.model import (
    ANY_CODE,
    EQUIVALENCES,
    MAX_CELL,
    MODES,
    NO_MATCH,
    CodeTable,
    Mode,
    TableError,
    TableRow,
    Unmapped,
    make_table,
)

HEADER = ("source", "system", "target", "display", "equivalence", "back")
OPTIONAL = ("source_system", "source_display", "comment")
PROPERTIES = ("version", "url")


def parse_table(name: str, text: str) -> CodeTable:
    """Return the table that a CSV text holds.

    Raises:
        TableError: wrong header, wrong number of columns, an empty code, two equally near targets of one code.
    """
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        properties, columns = _head(lines)
        cells = [(values, lines.line_num) for values in lines if any(values)]
    except csv.Error as error:
        raise TableError(f"not readable as CSV: {error}", lines.line_num) from error
    named = [_named(columns, values, line) for values, line in cells]
    ends = [_unmapped(name, each) for each in named if each["source"] == ANY_CODE]
    if len(ends) > 1:
        raise TableError(f"a second line for every other code; the first is line {ends[0].line}", ends[1].line)
    rows = [_row(name, each) for each in named if each["source"] != ANY_CODE]
    return make_table(name, rows, ends[0] if ends else None, **properties)


_Line = dict[str, Any]
"""The cells of a line by their column, and `line`, its number."""


def _head(lines: Iterator[list[str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the properties above the header, and the columns it names."""
    properties: dict[str, str] = {}
    for line, values in enumerate(lines, 1):
        if not values or not values[0].startswith("#"):
            return properties, _columns(tuple(values), line)
        key, _, value = values[0].lstrip("#").partition(":")
        if key.strip() not in PROPERTIES or any(values[1:]):
            raise TableError(f"above the header may stand: {', '.join(f'# {each}: ...' for each in PROPERTIES)}", line)
        properties[key.strip()] = value.strip()
    return properties, _columns((), 1)


def _columns(header: tuple[str, ...], line: int) -> tuple[str, ...]:
    more = header[len(HEADER) :]
    if header[: len(HEADER)] == HEADER and set(more) <= set(OPTIONAL) and len(set(more)) == len(more):
        return header
    if len(header) == 1 and ";" in header[0]:
        raise TableError("the columns are parted by semicolons; save the file with commas", line)
    raise TableError(f"the header must be {','.join(HEADER)}; {', '.join(OPTIONAL)} may follow", line)


def _named(columns: Sequence[str], values: list[str], line: int) -> _Line:
    if len(values) != len(columns):
        raise TableError(f"expected {len(columns)} columns, found {len(values)}", line)
    if any(len(value) > MAX_CELL for value in values):
        raise TableError(f"a cell is longer than {MAX_CELL} characters", line)
    return {**dict(zip(columns, map(str.strip, values), strict=True)), "line": line}


def _row(table: str, cells: _Line) -> TableRow:
    line = cells["line"]
    if cells["equivalence"] not in EQUIVALENCES:
        hint = f"; {cells['equivalence']} is for the source `{ANY_CODE}`" if cells["equivalence"] in MODES else ""
        raise TableError(f"equivalence must be one of {', '.join(sorted(EQUIVALENCES))}{hint}", line)
    if not cells["source"] or not (cells["target"] or cells["equivalence"] in NO_MATCH):
        raise TableError("source and target must not be empty", line)
    if cells["back"] not in ("", "yes"):
        raise TableError("back must be yes or empty", line)
    if cells["back"] and cells["equivalence"] in NO_MATCH:
        raise TableError(f"what is {cells['equivalence']} has no way back", line)
    return TableRow(**{**cells, "back": cells["back"] == "yes", "table": table})


def _unmapped(table: str, cells: _Line) -> Unmapped:
    mode, line = cells["equivalence"], cells["line"]
    if mode not in MODES:
        raise TableError(f"source `{ANY_CODE}` is every other code: its equivalence is {', '.join(MODES)}", line)
    if bool(cells["target"]) != (mode != "provided"):
        raise TableError("provided takes no target; fixed and other-map need one", line)
    if cells["back"] or (mode == "other-map" and (cells["system"] or cells["display"])):
        raise TableError(f"the line for every other code says too much for {mode}", line)
    return Unmapped(cast(Mode, mode), cells["system"], cells["target"], cells["display"], line, table)


def format_table(table: CodeTable) -> str:
    """Return a table as CSV text.

    Raises:
        TableError: a code cannot stand in CSV.
    """
    rows = every_row(table)
    wrong = next((row for row in rows if row.source == ANY_CODE), None)
    if wrong:
        raise TableError(f"source code `{ANY_CODE}` means every other code in CSV", wrong.line)
    more = [column for column in OPTIONAL if any(getattr(row, column) for row in rows)]
    columns = [*HEADER, *more]
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([f"# {key}: {getattr(table, key)}"] for key in PROPERTIES if getattr(table, key))
    writer.writerow(columns)
    writer.writerows(_cells(row, columns) for row in rows)
    if table.unmapped:
        end = table.unmapped
        writer.writerow([ANY_CODE, end.system, end.target, end.display, end.mode, "", *("" for _ in more)])
    return out.getvalue()


def every_row(table: CodeTable) -> list[TableRow]:
    """Return the lines that translate and those that say there is no match, in the order of the file."""
    return sorted((*table.rows, *table.unmatched.values()), key=lambda row: row.line)


def _cells(row: TableRow, columns: Sequence[str]) -> list[str]:
    return [("yes" if row.back else "") if column == "back" else getattr(row, column) for column in columns]
