"""JSON text to a tree whose objects know their lines. For tables, which are small; messages are read in `formats`.

Laws of this file: a key stands once in an object; there is no NaN; whatever the text, the answer is a tree or a
TableError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from fhirbridge.terminology.model import TableError

MAX_DEPTH = 32
_SIGN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]\n]')


class Located(dict[str, Any]):
    """An object of a JSON text, and the line that it begins in."""

    line: int = 0


def line_of(node: Any) -> int:
    """Return the line that an object of `parse_located` begins in; 0 for anything else."""
    return node.line if isinstance(node, Located) else 0


def parse_located(text: str) -> Any:
    """Return the tree of a JSON text.

    Raises:
        TableError: the text is no JSON, is nested too deep, or has a key twice.
    """
    lines = iter(_lines_by_end(text))

    def located(pairs: list[tuple[str, Any]]) -> Located:
        found = Located(pairs)
        found.line = next(lines, 0)  # the parser makes objects in the order in which they end
        if len(found) != len(pairs):
            raise TableError("a key stands twice in one object", found.line)
        return found

    try:
        return json.loads(text, object_pairs_hook=located, parse_constant=_refuse_constant, parse_int=_any_number)
    except json.JSONDecodeError as error:
        raise TableError(f"not readable as JSON: {error.msg}", error.lineno) from error


def _lines_by_end(text: str) -> Iterator[int]:
    """Return the line in which each object begins, in the order in which the objects end."""
    ends: list[int] = []
    open_: list[int] = []
    line = 1
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign == "\n":
            line += 1
        elif sign in "{[":
            open_.append(line)
            if len(open_) > MAX_DEPTH:
                raise TableError(f"nested deeper than {MAX_DEPTH} levels", line)
        elif sign in "}]" and open_:
            begun = open_.pop()
            ends.extend([begun] if sign == "}" else [])
    return iter(ends)


def _refuse_constant(_: str) -> NoReturn:
    raise TableError("NaN and Infinity are no JSON", 1)


def _any_number(_: str) -> int:
    """Stand for a whole number: a table has none, and a very long one costs time to read."""
    return 0
