"""Rows of one block in columns: left sides, arrows and codec bars below one another.

Laws of this file: no word of a row changes, only blanks between words; rows that are very long stand out and do not
push the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.rows import Columns, split_columns, without_comment

MAX_LEFT = 40
"""A longer left side does not move the column of arrows."""
MAX_RIGHT = 60
"""A longer right side does not move the column of bars."""
MAX_CODE = 100
"""A longer row does not move the column of comments."""
_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\"|\[[^\]]*\])")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row in its columns with its comment; without columns a comment or an empty line."""

    columns: Columns | None
    comment: str = ""


def aligned(lines: Iterable[tuple[str, Place]]) -> list[str]:
    """Return the lines of `rows: |` with their columns aligned; comments and single empty lines stay.

    Raises:
        RowError: FB104: a line is no row.
    """
    parsed = [_line(text.strip(), place) for text, place in lines]
    grid = _Grid.of([line.columns for line in parsed if line.columns])
    codes = [grid.code(line.columns) if line.columns else "" for line in parsed]
    comment = max((len(code) for line, code in zip(parsed, codes, strict=True) if line.comment), default=0)
    width = min(comment, MAX_CODE)
    return _single_blanks([_commented(code, line.comment, width) for line, code in zip(parsed, codes, strict=True)])


def _commented(code: str, comment: str, width: int) -> str:
    return f"{code:<{width}}  {comment}" if code and comment else code or comment


def _line(text: str, place: Place) -> _Line:
    if not text or text.startswith("#"):
        return _Line(None, text)
    code = without_comment(text)
    return _Line(_squeezed(split_columns(code, place)), text[len(code) :].strip())


def _squeezed(row: Columns) -> Columns:
    return Columns(squeeze(row.left), row.arrow, squeeze(row.right), squeeze(row.tail), row.right_at, row.tail_at)


def squeeze(text: str) -> str:
    """Return a text with single blanks, except in quotes and brackets.

    >>> squeeze("code   x  else 'a  b'")
    "code x else 'a  b'"
    """
    parts = _QUOTED.split(text)
    return "".join(part if position % 2 else re.sub(r"\s+", " ", part) for position, part in enumerate(parts)).strip()


@dataclass(frozen=True, slots=True)
class _Grid:
    """How wide the columns of a block are: left sides, arrows, and all before the bar."""

    left: int
    arrow: int
    bar: int

    @classmethod
    def of(cls, rows: Sequence[Columns]) -> _Grid:
        left = max((len(row.left) for row in rows if len(row.left) <= MAX_LEFT), default=0)
        arrow = max((len(row.arrow) for row in rows), default=0)
        right = max((len(row.right) for row in rows if row.tail and len(row.right) <= MAX_RIGHT), default=0)
        return cls(left, arrow, left + arrow + right + 2)

    def code(self, row: Columns) -> str:
        """Return a row in its columns."""
        width = self.arrow if len(row.left) <= self.left else 0
        body = f"{row.left:<{self.left}} {row.arrow:>{width}} {row.right}"
        return f"{body:<{self.bar}} | {row.tail}" if row.tail else body


def _single_blanks(lines: Sequence[str]) -> list[str]:
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return kept[:-1] if kept and not kept[-1] else kept
