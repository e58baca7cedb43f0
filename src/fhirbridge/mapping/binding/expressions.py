"""Expressions meet the left side: every path exists, every comparison joins two values of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, cast

from fhirbridge.mapping.binding.kinds import kind_of, kind_of_value, named
from fhirbridge.mapping.binding.notes import Notes, Refused
from fhirbridge.mapping.binding.paths import left_path
from fhirbridge.mapping.expressions import (
    Compare,
    Constant,
    Count,
    Exists,
    Expression,
    Join,
    Logic,
    Not,
    Operator,
    Path,
    Within,
)
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import ExpressionText, PathText
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Scalar, count_each

Take = Literal["all", "first", "last"]
_ORDERED = frozenset({"integer", "number", "string"})
_NUMBERS = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A bound expression: the kind of its values, whether it may give several, codes, text and class of its path."""

    expression: Expression
    kind: str
    is_many: bool = False
    codes: frozenset[str] = frozenset()
    text: str = ""
    classes: frozenset[str] = frozenset()


def bind_condition(notes: Notes, written: ExpressionText | None, scope: Mapping[str, Shape]) -> Expression | None:
    """Return the bound condition of a `when`.

    Raises:
        Refused: FB201, FB210, FB219.
    """
    return None if written is None else bind_expression(notes, written, scope).expression


def bind_expression(notes: Notes, written: ExpressionText, scope: Mapping[str, Shape]) -> Typed:
    """Return the bound expression, its kinds checked.

    Raises:
        Refused: FB201, FB210, FB219.
    """
    match written.kind:
        case "path":
            return _path(notes, written, scope, "all")
        case "take":
            return _path(notes, written.parts[0], scope, cast(Take, written.operator))
        case "constant":
            return Typed(Constant(written.value), kind_of_value(written.value))
    parts = [bind_expression(notes, part, scope) for part in written.parts]
    whole = _whole(notes, written, parts)
    return replace(whole, classes=frozenset().union(*(part.classes for part in parts)))


def _whole(notes: Notes, written: ExpressionText, parts: list[Typed]) -> Typed:
    inner = tuple(part.expression for part in parts)
    match written.kind:
        case "logic":
            return Typed(Logic("or" if written.operator == "or" else "and", inner), "boolean")
        case "not":
            return Typed(Not(inner[0]), "boolean")
        case "exists":
            return Typed(Exists(inner[0]), "boolean")
        case "count":
            return Typed(Count(inner[0]), "integer")
        case "join":
            return _join(notes, written, parts)
        case "within":
            return _within(notes, written, parts)
    return _compare(notes, written, parts)


def _path(notes: Notes, written: ExpressionText, scope: Mapping[str, Shape], take: Take) -> Typed:
    path = cast(PathText, written.path)
    variable, steps, shape = left_path(notes, path, scope)
    is_many = take == "all" and count_each(steps) > 0
    classes = frozenset({shape.data_class})
    return Typed(Path(variable, steps, take), kind_of(shape), is_many, shape.codes, path.text, classes)


def _join(notes: Notes, written: ExpressionText, parts: list[Typed]) -> Typed:
    for part, text in zip(parts, written.parts, strict=True):
        if part.kind == "object" or part.is_many:
            what = "an object" if part.kind == "object" else "a list"
            hint = "name one field of it" if part.kind == "object" else "take one: path.first()"
            raise notes.refuse("FB219", text.place, f"`&` joins single values; this is {what}", hint)
    return Typed(Join(tuple(part.expression for part in parts)), "string")


def _within(notes: Notes, written: ExpressionText, parts: list[Typed]) -> Typed:
    of, *options = parts
    if written.operator:
        return _translated(notes, written, of)
    for option, text in zip(options, written.parts[1:], strict=True):
        _check_pair(notes, text, of, option)
    values = tuple(cast(Scalar, text.value) for text in written.parts[1:])
    return Typed(Within(of.expression, values), "boolean")


def _translated(notes: Notes, written: ExpressionText, of: Typed) -> Typed:
    """Return the question whether a table translates a code."""
    notes.used.add(written.operator)
    table = notes.around.tables.get(written.operator)
    if table is None and written.operator in notes.map.tables:
        raise Refused  # the table's own finding says it
    if table is None:
        hint = did_you_mean(written.operator, notes.around.tables)
        raise notes.refuse("FB108", written.place, f"no table `{written.operator}` in `tables:`", hint)
    notes.used.update(table.others)
    _check_pair(notes, written, of, Typed(of.expression, "string"))
    return Typed(Within(of.expression, tuple(sorted(table.forward))), "boolean")


def _compare(notes: Notes, written: ExpressionText, parts: list[Typed]) -> Typed:
    left, right = parts
    _check_pair(notes, written, left, right)
    if written.operator not in ("=", "!=") and not {left.kind, right.kind} <= _ORDERED:
        message = f"`{written.operator}` puts numbers and texts in order, not {named(left.kind)}"
        raise notes.refuse("FB219", written.place, message, "compare with = or !=")
    return Typed(Compare(cast(Operator, written.operator), left.expression, right.expression), "boolean")


def _check_pair(notes: Notes, written: ExpressionText, left: Typed, right: Typed) -> None:
    """Refuse a comparison that could never hold: other kinds, a list, a code that the field never is."""
    for side in (left, right):
        if side.is_many:
            hint = "take one: path.first(), or ask path.exists() with a selector"
            raise notes.refuse("FB219", written.place, f"`{side.text}` may be several values", hint)
        if side.kind == "object":
            raise notes.refuse("FB219", written.place, f"`{side.text}` is an object", "name one field of it")
    if left.kind != right.kind and not {left.kind, right.kind} <= _NUMBERS:
        message = f"{named(left.kind)} is never {named(right.kind)}"
        raise notes.refuse("FB219", written.place, message, "compare with a value of its own kind")
    for one, other in ((left, right), (right, left)):
        value = other.expression.value if isinstance(other.expression, Constant) else None
        if one.codes and value is not None and not isinstance(value, Decimal) and str(value) not in one.codes:
            hint = did_you_mean(str(value), one.codes)
            raise notes.refuse("FB210", written.place, f"`{value}` is no code of `{one.text}`", hint)
