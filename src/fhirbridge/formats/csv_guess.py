"""What a CSV file of unknown make looks like: its encoding, its delimiter, its header and lines.

Laws of this file: cells are never changed; nothing of the file stands in a message.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

from fhirbridge.errors import MalformedInput

DELIMITERS: Mapping[str, str] = {",": ",", ";": ";", "|": "|", "\t": "tab"}
"""Delimiter -> as a map names it."""
_MAX_LINES = 10_000


@dataclass(frozen=True, slots=True)
class GuessedCsv:
    """A CSV file as it seems to be written; encoding and delimiter as a map names them, lines by column."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    lines: tuple[Mapping[str, str], ...]


def guess(body: bytes) -> GuessedCsv:
    """Return what a CSV file seems to be; of a long one only the first lines.

    Raises:
        MalformedInput: it has no header, a column without a name or two of one name, or no line below.
    """
    encoding = "utf-8" if _is_utf_8(body) else "windows-1252"
    text = body.decode("utf-8-sig" if encoding == "utf-8" else "cp1252", errors="replace")
    delimiter = _delimiter(text)
    try:
        rows = [row for row in csv.reader(StringIO(text), delimiter=delimiter, strict=True) if any(row)]
    except csv.Error:
        raise MalformedInput("The sample is no CSV: a quote is not closed, or a cell is too long.") from None
    header = tuple(name.strip() for name in rows[0]) if rows else ()
    if not header or not all(header) or len(set(header)) < len(header):
        raise MalformedInput("The first line of the sample must name every column, each with another name.")
    lines = tuple(_cells(header, row) for row in rows[1 : _MAX_LINES + 1])
    if not lines:
        raise MalformedInput("The sample has a header and no line below it; one line at least is needed.")
    return GuessedCsv(encoding, DELIMITERS[delimiter], header, lines)


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """Return the delimiter that parts the first line into most cells."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    first = first.replace("\r", "")  # a lone one is no line end to the reader, and an error
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), [])))


def _cells(header: tuple[str, ...], row: list[str]) -> Mapping[str, str]:
    """Return the cells of a line that are not empty."""
    return {name: cell for name, cell in zip(header, row, strict=False) if cell}
