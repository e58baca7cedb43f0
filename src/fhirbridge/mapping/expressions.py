"""Bound expressions of `when` and of one-way values, and what they come to: a small total subset of FHIRPath.

Laws of this file: an expression always comes to an end and to a list of values; it reads the tree and nothing else;
its cost is that of reading its paths once each. There is no recursion, no function that takes a pattern, no way to
build text longer than `MAX_TEXT`. Two-valued, unlike FHIRPath: a comparison with nothing is false, and `!=` true.
Source: http://hl7.org/fhirpath/N1/ sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Literal, Protocol

from fhirbridge.mapping.paths import read
from fhirbridge.mapping.steps import Scalar, Steps

Value = Any
Values = list[Value]
MAX_VALUES = 10_000
"""No path of an expression finds more."""
MAX_TEXT = 100_000
"""`&` joins no more characters than this."""

Operator = Literal["=", "!=", "<", "<=", ">", ">="]


class Expression(Protocol):
    """One bound expression. `variables` are the nodes that its paths begin at."""

    def values(self, variables: Mapping[str, Value]) -> Values: ...
    def paths(self) -> Iterator[Path]: ...


def holds(expression: Expression | None, variables: Mapping[str, Value]) -> bool:
    """Say whether a condition holds: a boolean is its own value, any other value stands for true, nothing for false."""
    return expression is None or _truth(expression.values(variables))


def _truth(values: Values) -> bool:
    return bool(values) and (len(values) > 1 or values[0] is not False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number or truth value that stands in the map."""

    value: Scalar | Decimal

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return the constant alone."""
        return [self.value]

    def paths(self) -> Iterator[Path]:
        """Yield nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Path:
    """What a path finds below a variable: all of it, or the first or last of it."""

    variable: str
    steps: Steps
    take: Literal["all", "first", "last"] = "all"

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return what the path finds, in order, without what is null."""
        found = read(variables[self.variable], self.steps)
        values = [value for _, _, value in islice(found, MAX_VALUES) if value is not None]
        return values if self.take == "all" else values[:1] if self.take == "first" else values[-1:]

    def paths(self) -> Iterator[Path]:
        """Yield the path itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared. Lists of other than one value each are equal to nothing and ordered with nothing."""

    operator: Operator
    left: Expression
    right: Expression

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return true or false."""
        return [compare(self.operator, self.left.values(variables), self.right.values(variables))]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of both sides."""
        yield from self.left.paths()
        yield from self.right.paths()


@dataclass(frozen=True, slots=True)
class Within:
    """Whether one value is among those listed."""

    of: Expression
    options: tuple[Scalar, ...]

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return true or false."""
        found = self.of.values(variables)
        return [len(found) == 1 and any(is_equal(found[0], option) for option in self.options)]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of what it asks about."""
        yield from self.of.paths()


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` of truths."""

    operator: Literal["and", "or"]
    parts: tuple[Expression, ...]

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return true or false; what decides early is not read on."""
        decide = all if self.operator == "and" else any
        return [decide(_truth(part.values(variables)) for part in self.parts)]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of all parts."""
        for part in self.parts:
            yield from part.paths()


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a truth."""

    of: Expression

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return true or false."""
        return [not _truth(self.of.values(variables))]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of what it asks about."""
        yield from self.of.paths()


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a path finds anything, whatever it is."""

    of: Expression

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return true or false."""
        return [bool(self.of.values(variables))]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of what it asks about."""
        yield from self.of.paths()


@dataclass(frozen=True, slots=True)
class Count:
    """How many values a path finds."""

    of: Expression

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return the number."""
        return [len(self.of.values(variables))]

    def paths(self) -> Iterator[Path]:
        """Yield the paths of what it asks about."""
        yield from self.of.paths()


@dataclass(frozen=True, slots=True)
class Join:
    """Texts joined by `&`; a part that finds nothing adds nothing, and nothing at all comes to nothing."""

    parts: tuple[Expression, ...]

    def values(self, variables: Mapping[str, Value]) -> Values:
        """Return the text, or nothing when no part that is a path finds anything."""
        found = [part.values(variables) for part in self.parts]
        paths = [values for part, values in zip(self.parts, found, strict=True) if not isinstance(part, Constant)]
        if paths and not any(paths):
            return []
        text = "".join(as_text(values[0]) for values in found if values)
        return [text] if len(text) <= MAX_TEXT else []

    def paths(self) -> Iterator[Path]:
        """Yield the paths of all parts."""
        for part in self.parts:
            yield from part.paths()


def as_text(value: Value) -> str:
    """Return a scalar as `&` joins it; an object has no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | Decimal) else ""


_ORDERS: dict[str, Callable[[Value, Value], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def compare(operator: Operator, left: Values, right: Values) -> bool:
    """Return whether one value stands to another as the operator says; lists of other lengths do not compare."""
    single = len(left) == 1 and len(right) == 1
    if operator in ("=", "!="):
        return (single and is_equal(left[0], right[0])) == (operator == "=")
    keys = _order_keys(left[0], right[0]) if single else None
    return keys is not None and _ORDERS[operator](*keys)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_equal(left: Value, right: Value) -> bool:
    """Say whether two scalars are equal; true is not 1, and a number is not its text."""
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


def _order_keys(left: Value, right: Value) -> tuple[Value, Value] | None:
    """Return what two values are ordered by, or None where they have no order: two numbers, or two texts.

    Dates of different precision have none when one may lie within the other, and times have none when only one has a
    zone.
    """
    if _is_number(left) and _is_number(right):
        return left, right
    if not (isinstance(left, str) and isinstance(right, str)):
        return None
    moments = _moment(left), _moment(right)
    if moments[0] and moments[1]:
        zones = [moment.tzinfo is not None for moment in moments if moment]
        return moments if zones[0] == zones[1] else None
    is_part = left != right and (left.startswith(right) or right.startswith(left))
    return None if is_part else (left, right)


def _moment(text: str) -> datetime | None:
    """Return the moment that a date-time names, or None for any other text."""
    if "T" not in text or not text[:4].isdecimal():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
