"""What differs between what a test expects and what is found: path by path.

Laws of this file: a difference names a path and a kind; the values stand beside it and are shown by nobody who was
not asked to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["missing", "extra", "other value", "other type", "unexpected problem", "problem did not show"]
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where found is not as expected. `None` stands for nothing there."""

    path: str
    kind: Kind
    expected: Any = None
    found: Any = None


def whole(expected: Any, found: Any, path: str) -> Iterator[Difference]:
    """Yield every difference of two trees that must be the same."""
    yield from _compared(expected, found, path, is_partial=False)


def partial(expected: Any, found: Any, path: str) -> Iterator[Difference]:
    """Yield what of the expected is not found so; fields that are not named may be anything, a list names all items."""
    yield from _compared(expected, found, path, is_partial=True)


def _compared(expected: Any, found: Any, path: str, *, is_partial: bool) -> Iterator[Difference]:
    if found is _NOTHING or found is None:
        if expected is not None:
            yield Difference(path, "missing", expected)
    elif expected is _NOTHING:
        yield Difference(path, "extra", None, found)
    elif isinstance(expected, dict) and isinstance(found, dict):
        yield from _fields(expected, found, path, is_partial=is_partial)
    elif isinstance(expected, list) and isinstance(found, list):
        for position in range(max(len(expected), len(found))):
            pair = _at(expected, position), _at(found, position)
            yield from _compared(*pair, f"{path}[{position}]", is_partial=is_partial)
    elif not is_same(expected, found):
        yield Difference(path, "other value" if _kind(expected) == _kind(found) else "other type", expected, found)


def _fields(expected: dict[str, Any], found: dict[str, Any], path: str, *, is_partial: bool) -> Iterator[Difference]:
    names = list(expected) if is_partial else [*expected, *(name for name in found if name not in expected)]
    for name in names:
        at = f"{path}.{name}" if path else name
        pair = expected.get(name, _NOTHING), found.get(name, _NOTHING)
        yield from _compared(*pair, at, is_partial=is_partial)


def _at(items: list[Any], position: int) -> Any:
    return items[position] if position < len(items) else _NOTHING


def is_same(left: Any, right: Any) -> bool:
    """Say whether two scalars are the same; true is not 1, and a number is not its text."""
    return _kind(left) == _kind(right) and bool(left == right)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return type(value).__name__
