"""Documents to a partner's CSV file, by the layout that a map states.

Laws of this file: a value is written as it is, also one that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`
in front): changing it would corrupt data for every other reader; what a column or the encoding has no place for is
refused by name.
Source: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from fhirbridge.errors import InvalidContent, Issue
from fhirbridge.mapping.csv_layout import ROWS, Column, CsvLayout

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no cell may hold, here as in JSON and XML."""

Cells = dict[str, Any]


def format(trees: Iterable[Any], layout: CsvLayout) -> bytes:
    """Return the file of documents, with its header.

    Raises:
        InvalidContent: a value does not fit its column or the encoding; all places are named.
    """
    return b"".join(iter_lines(trees, layout))


def iter_lines(trees: Iterable[Any], layout: CsvLayout) -> Iterator[bytes]:
    """Yield the lines of a file, its header first.

    Raises:
        InvalidContent: as `format`.
    """
    names = [column.name for column in layout.columns]
    yield _line(names, layout, 1)
    for number, cells in enumerate((row for tree in trees for row in _rows(tree, layout)), 2):
        yield _line([_text(cells.get(column.name), column, number) for column in layout.columns], layout, number)


def _rows(tree: Any, layout: CsvLayout) -> Iterator[Cells]:
    if not layout.group:
        yield tree
        return
    for row in tree.get(ROWS) or [{}]:
        yield {**(row or {}), layout.group: tree.get(layout.group)}


def _text(value: Any, column: Column, line: int) -> str:
    """Return the text of a cell."""
    if value is None:
        if column.is_required:
            raise _unfit(line, column.name, "FB302", "a required cell is empty")
        return ""
    fits = {"string": str, "integer": int, "number": (int, Decimal)}[column.type]
    if not isinstance(value, fits) or isinstance(value, bool):  # type: ignore[arg-type]  # a type, or a tuple of them
        raise _unfit(line, column.name, "FB301", f"expected {column.type}")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if column.codes and text not in column.codes:
        raise _unfit(line, column.name, "FB303", f"expected {' or '.join(column.codes)}")
    if CONTROL.search(text):
        raise _unfit(line, column.name, "FB308", "holds a control character")
    return text


def _line(cells: list[str], layout: CsvLayout, number: int) -> bytes:
    """Return one line as RFC 4180 writes it: quotes only where they are needed, CRLF at its end."""
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=layout.delimiter, lineterminator="\r\n").writerow(cells)
    try:
        return sheet.getvalue().encode(layout.encoding)
    except UnicodeEncodeError:
        message = "holds a character that the encoding of the map has not"
        for column, cell in zip(layout.columns, cells, strict=True):
            if not _is_encodable(cell, layout.encoding):
                raise _unfit(number, column.name, "FB308", message) from None
        raise


def _is_encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _unfit(line: int, name: str, code: str, message: str) -> InvalidContent:
    issue = Issue(code, message, f"doc.{name}", rule="column", location=f"line {line}")
    return InvalidContent("The file cannot be written as the map states it.", issues=[issue])
