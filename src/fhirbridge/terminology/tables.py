"""Code tables read from CSV: the source's code, what it becomes, and how good the match is.

Header: `source,system,target,display,equivalence,back`. A two-way table is one-to-one, or exactly one row of each
group that shares a target says `back = yes`.
Source: equivalence http://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

HEADER = ("source", "system", "target", "display", "equivalence", "back")
EQUIVALENCES = frozenset({"equal", "equivalent", "wider", "narrower", "inexact", "relatedto"})


class TableError(ValueError):
    """The code table cannot be read; the text says in which line and why."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a code table."""

    source: str
    system: str
    target: str
    display: str
    equivalence: str
    back: bool
    line: int


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code table with both directions ready to look up."""

    name: str
    rows: tuple[TableRow, ...]
    forward: dict[str, TableRow]
    backward: dict[tuple[str | None, str], TableRow]

    def find_back(self, system: str | None, target: str) -> TableRow | None:
        """Return the row that a target code goes back by; system None stands for a code that carries no system."""
        return self.backward.get((system, target))

    def ambiguous_targets(self) -> tuple[TableRow, ...]:
        """Return the rows that share a target with another row though none, or more than one, is the way back."""
        groups: dict[tuple[str, str], list[TableRow]] = {}
        for row in self.rows:
            groups.setdefault((row.system, row.target), []).append(row)
        crowded = (group for group in groups.values() if len(group) > 1)
        return tuple(row for group in crowded if sum(r.back for r in group) != 1 for row in group)


def _row(values: list[str], line: int) -> TableRow:
    if len(values) != len(HEADER):
        raise TableError(f"expected {len(HEADER)} columns, found {len(values)}", line)
    source, system, target, display, equivalence, back = (value.strip() for value in values)
    if not source or not target:
        raise TableError("source and target must not be empty", line)
    if equivalence not in EQUIVALENCES:
        raise TableError(f"equivalence must be one of {', '.join(sorted(EQUIVALENCES))}", line)
    if back not in ("", "yes"):
        raise TableError("back must be yes or empty", line)
    return TableRow(source, system, target, display, equivalence, back == "yes", line)


def _backward(rows: Iterable[TableRow]) -> dict[tuple[str | None, str], TableRow]:
    """Return the way back of each (system, target), and of each target that comes without a system (None)."""
    way_back: dict[tuple[str | None, str], TableRow] = {}
    for row in rows:
        if row.back or (row.system, row.target) not in way_back:
            way_back[row.system, row.target] = row
    for (_, target), row in list(way_back.items()):
        way_back.setdefault((None, target), row)
    return way_back


def _check_header(header: tuple[str, ...]) -> None:
    if header == HEADER:
        return
    if len(header) == 1 and ";" in header[0]:
        raise TableError("the columns are parted by semicolons; save the file with commas", 1)
    raise TableError(f"the header must be {','.join(HEADER)}", 1)


def parse_table(name: str, text: str) -> CodeTable:
    """Return the table that a CSV text holds.

    Raises:
        TableError: wrong header, wrong number of columns, an empty code, a source code twice.
    """
    lines = csv.reader(StringIO(text), strict=True)
    try:
        _check_header(tuple(next(lines, ())))
        rows = tuple(_row(values, lines.line_num) for values in lines if any(values))
    except csv.Error as error:
        raise TableError(f"not readable as CSV: {error}", lines.line_num) from error
    forward: dict[str, TableRow] = {}
    for row in rows:
        if row.source in forward:
            raise TableError(f"source code `{row.source}` stands in line {forward[row.source].line} too", row.line)
        forward[row.source] = row
    return CodeTable(name, rows, forward, _backward(rows))
