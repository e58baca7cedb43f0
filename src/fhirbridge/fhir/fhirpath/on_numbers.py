"""Arithmetic: operators and functions of numbers, quantities and dates.

Source: http://hl7.org/fhirpath/N1/#math, #math-2
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import Nodes
from fhirbridge.fhir.fhirpath.on_collections import Simple
from fhirbridge.fhir.fhirpath.quantities import CALENDAR_UNITS, Quantity, compare_quantities, scale_of
from fhirbridge.fhir.fhirpath.temporal import TEMPORAL, Temporal, boundary, move
from fhirbridge.fhir.fhirpath.values import System, system_of, text_of
from fhirbridge.fhir.fhirpath.work import Env, made, single, truth

Number = int | Decimal
_NUMBERS = ("Integer", "Decimal")


def _value(nodes: Nodes) -> System | None:
    """Return the System value of a collection of one; None of an empty one."""
    node = single(nodes)
    if node is None or node.value is None:
        return None
    value = system_of(node)
    if value is None:
        raise NotJudged("expression")
    return value


def _shown(value: Number) -> Nodes:
    return made("Integer" if isinstance(value, int) else "Decimal", value)


# -- operators


def calculate(operator: str, left: Nodes, right: Nodes) -> Nodes:
    """Return the result of `+ - * / div mod &`.

    Raises:
        NotJudged: the operator does not go with values of these kinds.
    """
    if operator == "&":
        return made("String", _joinable(left) + _joinable(right))
    one, other = _value(left), _value(right)
    if one is None or other is None:
        return []
    try:
        return _result(operator, one, other)
    except DecimalException:
        return []


def _joinable(nodes: Nodes) -> str:
    value = _value(nodes)
    return text_of(value) if value else ""


def _result(operator: str, one: System, other: System) -> Nodes:
    if one[0] in _NUMBERS and other[0] in _NUMBERS:
        return _NUMERIC[operator](one[1], other[1])
    if operator == "+" and one[0] == other[0] == "String":
        return made("String", one[1] + other[1])
    if one[0] in TEMPORAL and other[0] == "Quantity" and operator in "+-":
        return _moved(one[1], other[1], 1 if operator == "+" else -1)
    if "Quantity" in (one[0], other[0]) and {one[0], other[0]} <= {"Quantity", *_NUMBERS}:
        return _quantities(operator, _as_quantity(one), _as_quantity(other))
    raise NotJudged("expression")


def _divided(left: Number, right: Number) -> Nodes:
    return _shown(Decimal(left) / Decimal(right)) if right else []


def _whole(left: Number, right: Number) -> Nodes:
    return _shown(int(Decimal(left) / Decimal(right))) if right else []


def _rest(left: Number, right: Number) -> Nodes:
    if not right:
        return []
    rest = Decimal(left) % Decimal(right)
    return _shown(int(rest) if isinstance(left, int) and isinstance(right, int) else rest)


_NUMERIC: dict[str, Callable[[Any, Any], Nodes]] = {
    "+": lambda left, right: _shown(left + right),
    "-": lambda left, right: _shown(left - right),
    "*": lambda left, right: _shown(left * right),
    "/": _divided,
    "div": _whole,
    "mod": _rest,
}


def _as_quantity(value: System) -> Quantity:
    return value[1] if isinstance(value[1], Quantity) else Quantity(Decimal(value[1]))


def _quantities(operator: str, one: Quantity, other: Quantity) -> Nodes:
    if operator in "+-":
        if compare_quantities(one, other) is None:
            return []
        scales = scale_of(one.unit), scale_of(other.unit)
        amount = other.value * scales[1][0] / scales[0][0] if scales[0] and scales[1] else other.value
        return made("Quantity", Quantity(one.value + (amount if operator == "+" else -amount), one.unit))
    if operator == "*":
        return made("Quantity", Quantity(one.value * other.value, _product(one.unit, other.unit)))
    if operator == "/" and other.value:
        unit = "1" if one.unit == other.unit else one.unit if other.unit == "1" else f"{one.unit}/{other.unit}"
        return made("Quantity", Quantity(one.value / other.value, unit))
    return []


def _product(one: str, other: str) -> str:
    if "1" in (one, other):
        return other if one == "1" else one
    return f"{one}.{other}" if one != other else f"{one}2"


_FROM_UCUM = {"wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}


def _moved(value: Temporal, by: Quantity, sign: int) -> Nodes:
    unit = _FROM_UCUM.get(by.unit, by.unit)
    if unit not in CALENDAR_UNITS:
        raise NotJudged("expression")
    return made(value.kind, move(value, by.value * sign, unit))


def negate(sign: str, nodes: Nodes) -> Nodes:
    """Return a number or quantity with a sign before it.

    Raises:
        NotJudged: it is neither.
    """
    value = _value(nodes)
    if value is None:
        return []
    if value[0] not in (*_NUMBERS, "Quantity"):
        raise NotJudged("expression")
    if sign == "+":
        return nodes
    if value[0] == "Quantity":
        return made("Quantity", Quantity(-value[1].value, value[1].unit))
    return _shown(-value[1])


# -- functions


def _of_number(function: Callable[..., Number | None]) -> Simple:
    """Return a function of numbers that has no answer where the input or an argument is empty, or none exists."""

    def call(env: Env, focus: Nodes, *arguments: Nodes) -> Nodes:
        values = [_value(nodes) for nodes in (focus, *arguments)]
        if any(value is None for value in values):
            return []
        if any(value[0] not in _NUMBERS for value in values if value):
            raise NotJudged("expression")
        try:
            found = function(*(value[1] for value in values if value))
        except (ArithmeticError, ValueError):
            return []
        return [] if found is None else _shown(found)

    return call


def _round(value: Number, digits: int = 0) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _power(base: Number, exponent: Number) -> Number | None:
    if isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent < 100:
        return int(base**exponent)
    found = math.pow(base, exponent)
    return Decimal(str(found)) if math.isfinite(found) else None


def _float(function: Callable[..., float]) -> Callable[..., Number | None]:
    return lambda *values: Decimal(str(function(*map(float, values))))


def _abs(env: Env, focus: Nodes) -> Nodes:
    value = _value(focus)
    if value and value[0] == "Quantity":
        return made("Quantity", Quantity(abs(value[1].value), value[1].unit))
    return _ABS(env, focus)


_ABS = _of_number(abs)


def _to_whole(rounding: str) -> Simple:
    return _of_number(lambda value: int(Decimal(value).to_integral_value(rounding)))


def _boundary(*, is_high: bool) -> Simple:
    """Return a function that gives an end of what a partial date or a number covers, at the digits asked for."""

    def call(env: Env, focus: Nodes, digits: Nodes | None = None) -> Nodes:
        value, wanted = _value(focus), _value(digits or [])
        if value is None:
            return []
        if value[0] in TEMPORAL:
            return made(value[0], boundary(value[1], wanted[1] if wanted else None, is_high=is_high))
        places = int(wanted[1]) if wanted else 8
        if value[0] == "Quantity" and 0 <= places <= 28:
            return made("Quantity", Quantity(_end_of(value[1].value, places, is_high=is_high), value[1].unit))
        if value[0] not in _NUMBERS:
            raise NotJudged("expression")
        return made("Decimal", _end_of(Decimal(value[1]), places, is_high=is_high)) if 0 <= places <= 28 else []

    return call


def _end_of(number: Decimal, places: int, *, is_high: bool) -> Decimal:
    half = Decimal(5).scaleb(int(number.as_tuple().exponent) - 1)
    end = number + half if is_high else number - half
    return end.quantize(Decimal(1).scaleb(-places), ROUND_CEILING if is_high else ROUND_FLOOR)


_DIGITS = {"Date": (4, 6, 8), "DateTime": (4, 6, 8, 10, 12, 14), "Time": (2, 4, 6)}


def _precision(env: Env, focus: Nodes) -> Nodes:
    value = _value(focus)
    if value is None:
        return []
    if value[0] in TEMPORAL:
        return made("Integer", _DIGITS[value[0]][len(value[1].parts) - 1] + 3 * ("." in value[1].text))
    if value[0] not in _NUMBERS:
        raise NotJudged("expression")
    return made("Integer", max(0, -int(Decimal(value[1]).as_tuple().exponent)))


def _comparable(env: Env, focus: Nodes, other: Nodes) -> Nodes:
    values = _value(focus), _value(other)
    if values[0] is None or values[1] is None:
        return []
    return truth(compare_quantities(_as_quantity(values[0]), _as_quantity(values[1])) is not None)


NUMBERS: dict[str, tuple[int, int, Simple]] = {
    "abs": (0, 0, _abs),
    "ceiling": (0, 0, _to_whole(ROUND_CEILING)),
    "floor": (0, 0, _to_whole(ROUND_FLOOR)),
    "truncate": (0, 0, _to_whole(ROUND_DOWN)),
    "round": (0, 1, _of_number(_round)),
    "exp": (0, 0, _of_number(_float(math.exp))),
    "ln": (0, 0, _of_number(_float(math.log))),
    "log": (1, 1, _of_number(_float(math.log))),
    "sqrt": (0, 0, _of_number(_float(math.sqrt))),
    "power": (1, 1, _of_number(_power)),
    "lowBoundary": (0, 1, _boundary(is_high=False)),
    "highBoundary": (0, 1, _boundary(is_high=True)),
    "precision": (0, 0, _precision),
    "comparable": (1, 1, _comparable),
}
"""Name: fewest and most arguments, function."""
