"""Bound expressions in FHIRPath, so that they come to the same: ours know true and false, FHIRPath also empty.

Source: http://hl7.org/fhirpath/N1/
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from fhirbridge.mapping.export.fml import quoted
from fhirbridge.mapping.export.parts import Part
from fhirbridge.mapping.expressions import (
    Compare,
    Constant,
    Count,
    Exists,
    Expression,
    Join,
    Logic,
    Not,
    Path,
    Within,
)
from fhirbridge.mapping.steps import Scalar

_KEYWORDS = frozenset(
    {"and", "as", "contains", "day", "div", "hour", "implies", "in", "is", "mod", "month", "or", "xor"}
)
"""Words of FHIRPath that a name has to be told from."""
PathOf = Callable[[Path], str]
"""How a path of an expression is written, from the variable it begins at."""


def literal(value: Scalar | Decimal) -> str:
    """Return a constant in FHIRPath."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def path_of(parts: tuple[Part, ...]) -> str:
    """Return a path in FHIRPath, without what it begins at: `.extension.where(url = 'x').value`."""
    return "".join(f".{_name(part)}{_picked(part)}" for part in parts)


def _name(part: Part) -> str:
    return f"`{part.element}`" if part.element in _KEYWORDS else part.element


def _picked(part: Part) -> str:
    is_list_index = part.step.index is not None and part.is_list
    return _only_where(part) + (f"[{part.step.index}]" if is_list_index else "")


def _only_where(part: Part) -> str:
    return "".join(f".where({equality(each)})" for each in part.where)


def equality(where: tuple[tuple[Part, ...], Scalar]) -> str:
    """Return what a selector asks, relative to the item."""
    parts, value = where
    lists = [n for n, part in enumerate(parts) if part.is_list and part.step.index == 0]
    if not lists:
        return f"{path_of(parts).removeprefix('.')} = {literal(value)}"
    listed = "".join(f".{_name(part)}{_only_where(part)}" for part in parts[: lists[-1] + 1]).removeprefix(".")
    below = path_of(parts[lists[-1] + 1 :]).removeprefix(".") or "$this"
    return f"{listed}.where({below} = {literal(value)}).exists()"


def condition(expression: Expression, path: PathOf) -> str:
    """Return an expression as a condition that is true where ours holds."""
    match expression:
        case Logic(operator=word, parts=parts):
            return f" {word} ".join(f"({condition(part, path)})" for part in parts)
        case Not(of=of):
            return f"iif({condition(of, path)}, false, true)"
        case Exists(of=of):
            return f"{value(of, path)}.exists()"
        case Compare(operator="!=", left=left, right=right):
            return f"iif({value(left, path)} = {value(right, path)}, false, true)"
        case Compare(operator=operator, left=left, right=right):
            return f"{value(left, path)} {operator} {value(right, path)}"
        case Within(of=of, options=options):
            return f"{value(of, path)} in ({' | '.join(literal(each) for each in options)})"
    found = value(expression, path)
    return f"{found}.exists() and iif({found} = false, false, true)"


def value(expression: Expression, path: PathOf) -> str:
    """Return an expression as a value."""
    match expression:
        case Path(take=take):
            return path(expression) + ("" if take == "all" else f".{take}()")
        case Constant(value=constant):
            return literal(constant)
        case Count(of=of):
            return f"{value(of, path)}.count()"
        case Join(parts=parts):
            return " & ".join(_joined(part, path) for part in parts)
    return f"({condition(expression, path)})"


def _joined(part: Expression, path: PathOf) -> str:
    text = value(part, path)
    return text if isinstance(part, Constant | Path) else f"({text})"
