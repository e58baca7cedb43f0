"""A partner's CSV file to documents and back, by the layout that a map states.

Laws of this file: a file is read line by line, as far as its groups allow; cells of type text are never trimmed or
changed; an empty cell is an absent value; no finding quotes a cell, nor a name of the header that the map does not
know, since a file without a header begins with data.
Source: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from fhirbridge.errors import Issue, MalformedInput, Severity
from fhirbridge.formats.csv_writer import CONTROL, format, iter_lines
from fhirbridge.formats.document import Document
from fhirbridge.mapping.csv_layout import DELIMITERS, MAX_COLUMNS, ROWS, Column, CsvLayout
from fhirbridge.mapping.findings import did_you_mean

__all__ = ["MEDIA_TYPES", "format", "iter_documents", "iter_lines", "parse"]

MEDIA_TYPES = ("text/csv",)
MAX_CELL_CHARS = 131_072
"""The csv module takes no longer cell; a quote that is never closed meets this bound."""

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)

Cells = dict[str, Any]
Line = tuple[int, list[str]]


def iter_documents(stream: BinaryIO, layout: CsvLayout, *, unknown: Severity = "warning") -> Iterator[Document]:
    """Yield the documents of a file in the order in which their last line stands.

    Args:
        stream: read once, or twice where the layout groups lines; must be seekable then.
        unknown: how grave a column is that the layout does not have.

    Raises:
        MalformedInput: the header does not fit, a byte is no text, or a quote is not closed; with the line.
    """
    table = _Table.read(stream, layout, unknown)
    documents = _grouped(stream, table, layout) if layout.group else _single(table, layout)
    first = next(documents, None)
    if first is not None:
        yield Document(first.tree, first.lines, (*table.issues, *first.issues))
        yield from documents


def parse(body: bytes, layout: CsvLayout, *, unknown: Severity = "warning") -> list[Document]:
    """Return the documents of a file.

    Raises:
        MalformedInput: as `iter_documents`.
    """
    return list(iter_documents(io.BytesIO(body), layout, unknown=unknown))


# -- lines of bytes to lines of cells


def _iter_texts(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of a file as text."""
    for number, raw in enumerate(stream, 1):
        line = _without_mark(raw, encoding) if number == 1 else raw
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} of the line is no character of the encoding that the map states"
            raise _fault(number, message, "save the file in that encoding, or state its own in the map") from None
        if CONTROL.search(text):
            raise _fault(number, "the line holds a control character")
        yield text


def _without_mark(raw: bytes, encoding: str) -> bytes:
    if raw.startswith(_UTF_16):
        raise _fault(1, "the file is UTF-16", "save it as CSV UTF-8, not as Unicode text")
    if raw.startswith(_BOM) and encoding != "utf-8":
        raise _fault(1, "the file says that it is UTF-8, the map states another encoding", "write: encoding: utf-8")
    return raw.removeprefix(_BOM)


def _iter_lines(stream: BinaryIO, layout: CsvLayout) -> Iterator[Line]:
    """Yield (number of its first line, cells) of each record that is not empty."""
    source = csv.reader(_iter_texts(stream, layout.encoding), delimiter=layout.delimiter, strict=True)
    before = 0
    try:
        for cells in source:
            if any(cells):
                yield before + 1, cells
            before = source.line_num
    except csv.Error:
        longest = f"a cell is not closed by its quote, is longer than {MAX_CELL_CHARS} characters,"
        message = f"{longest} or has text behind its closing quote"
        raise _fault(before + 1, message, 'a quote within a quoted cell is written twice: ""') from None


def _fault(line: int, message: str, hint: str = "") -> MalformedInput:
    whole = f"The file is no CSV as the map states it: line {line}: {message}."
    return MalformedInput(whole, issues=[Issue("FB400", message, location=f"line {line}", hint=hint)])


# -- the header


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of the file that the layout knows: where it stands, how its cells are read."""

    position: int
    column: Column
    read: Callable[[str], Any] | None


@dataclass(frozen=True, slots=True)
class _Table:
    """A file behind its header."""

    lines: Iterator[Line]
    fields: tuple[_Field, ...]
    width: int
    issues: tuple[Issue, ...]

    @classmethod
    def read(cls, stream: BinaryIO, layout: CsvLayout, unknown: Severity) -> _Table:
        """Return the table whose header stands first in the stream.

        Raises:
            MalformedInput: the header does not fit; all that is wrong with it is named.
        """
        lines = _iter_lines(stream, layout)
        number, header = next(lines, (1, []))
        names = [name.strip() for name in header]
        issues = list(_header_issues(number, names, layout, unknown))
        if any(issue.severity == "error" for issue in issues):
            raise MalformedInput("The header of the file is not what the map states.", issues=issues)
        places = {name: position for position, name in enumerate(names)}
        fields = tuple(
            _Field(places[column.name], column, _READERS.get(column.type))
            for column in layout.columns
            if column.name in places
        )
        return cls(lines, fields, len(names), tuple(issues))

    def cells(self, line: Line) -> tuple[Cells, list[Issue]]:
        """Return the values of a line by column, and what is wrong with them; empty cells are left out."""
        number, texts = line
        values: Cells = {}
        issues = self._width_issues(number, texts)
        for field in self.fields:
            text = texts[field.position] if field.position < len(texts) else ""
            if not text:
                continue
            try:
                values[field.column.name] = _value(text, field)
            except _Unfit as fault:
                issues.append(
                    Issue(fault.code, str(fault), field.column.name, rule="column", location=f"line {number}")
                )
        return values, issues

    def _width_issues(self, number: int, texts: list[str]) -> list[Issue]:
        if len(texts) == self.width:
            return []
        message = f"the line has {len(texts)} cells, the header {self.width}"
        too_many = any(texts[self.width :])
        hint = "a cell with the delimiter in it must stand in quotes" if too_many else "what is missing counts as empty"
        severity: Severity = "error" if too_many else "warning"
        return [Issue("FB301", message, "", severity, "columns", f"line {number}", hint)]


def _header_issues(number: int, names: list[str], layout: CsvLayout, unknown: Severity) -> Iterator[Issue]:
    known = {column.name for column in layout.columns}
    at = f"line {number}"
    if len(names) > MAX_COLUMNS:
        yield Issue("FB400", f"the header has more than {MAX_COLUMNS} columns", location=at)
        return
    if not known & set(names):
        hint = _delimiter_hint(names) or "the first line must hold the names of the columns"
        yield Issue("FB400", "the first line names no column that the map has", location=at, hint=hint)
        return
    for name in sorted(name for name in known if names.count(name) > 1):
        yield Issue("FB400", f"column `{name}` stands more than once", name, location=at)
    for column in layout.columns:
        if (column.is_required or column.name == layout.group) and column.name not in names:
            yield Issue("FB302", f"the required column `{column.name}` is missing", column.name, location=at)
    for position, name in enumerate(names, 1):
        if name not in known:
            hint = did_you_mean(name, known - set(names))
            yield Issue("FB306", f"column {position} is none that the map has", "", unknown, "columns", at, str(hint))


def _delimiter_hint(names: Sequence[str]) -> str:
    """Return what to do where the whole header is one cell that another delimiter would part."""
    for written, sign in DELIMITERS.items():
        if len(names) == 1 and sign in names[0]:
            return f'the line seems to be parted by another sign; write in the map: delimiter: "{written}"'
    return ""


# -- cells


class _Unfit(ValueError):
    """A cell does not fit its column; the message does not quote it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _value(text: str, field: _Field) -> Any:
    if field.column.codes and text not in field.column.codes:
        raise _Unfit("FB303", f"expected {' or '.join(field.column.codes)}")
    return field.read(text) if field.read else text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        raise _Unfit("FB308", "expected a whole number of at most 18 digits")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text.strip()):
        raise _Unfit("FB308", "expected a number such as 12.50, with a point")
    return Decimal(text.strip())


_READERS: dict[str, Callable[[str], Any]] = {"integer": _integer, "number": _decimal}
"""JSON type of a column -> what reads its cells; text is taken as it is."""


# -- documents


def _single(table: _Table, layout: CsvLayout) -> Iterator[Document]:
    for line in table.lines:
        values, issues = table.cells(line)
        yield Document(values, (line[0],), tuple(_at(issue, "doc") for issue in issues))


@dataclass(slots=True)
class _Group:
    """The lines of one document so far."""

    tree: Cells
    lines: list[int]
    issues: list[Issue]


def _grouped(stream: BinaryIO, table: _Table, layout: CsvLayout) -> Iterator[Document]:
    """Yield a document as soon as its last line is read, so that only groups that are still open are held."""
    left = _count_groups(stream, layout)
    groups: dict[str, _Group] = {}
    for line in table.lines:
        values, issues = table.cells(line)
        key = values.pop(layout.group, None)
        if key is None:
            missing = Issue("FB302", "the line says nothing in the column that groups", layout.group)
            yield Document({}, (line[0],), (_at(missing, "doc", line[0]), *(_at(issue, "doc") for issue in issues)))
            continue
        group = groups.setdefault(key, _Group({layout.group: key, ROWS: []}, [], []))
        group.issues += (_at(issue, f"doc.{ROWS}[{len(group.lines)}]") for issue in issues)
        group.tree[ROWS].append(values)
        group.lines.append(line[0])
        left[key] -= 1
        if not left[key]:
            del groups[key], left[key]
            yield Document(group.tree, tuple(group.lines), tuple(group.issues))


def _count_groups(stream: BinaryIO, layout: CsvLayout) -> dict[str, int]:
    """Return how many lines each group has; leaves the stream where it was."""
    here = stream.tell()
    stream.seek(0)
    again = _Table.read(stream, layout, "warning")
    (place,) = (field.position for field in again.fields if field.column.name == layout.group)
    counts: dict[str, int] = {}
    for _, cells in again.lines:
        key = cells[place] if place < len(cells) else ""
        counts[key] = counts.get(key, 0) + 1
    stream.seek(here)
    return counts


def _at(issue: Issue, base: str, line: int = 0) -> Issue:
    """Return an issue of a line with its path from the top of the document."""
    path = f"{base}.{issue.expression}" if issue.expression else base
    place = f"line {line}" if line else issue.location
    return Issue(issue.code, issue.message, path, issue.severity, issue.rule, place, issue.hint)
