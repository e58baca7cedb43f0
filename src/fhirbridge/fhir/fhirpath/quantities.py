"""Quantities and the part of UCUM that lets two of them be compared: metric prefixes, common units, products.

Calendar units (`year`, `month`) are not UCUM's mean ones (`a`, `mo`); week and shorter are the same in both.
Source: http://hl7.org/fhirpath/N1/#quantity, https://ucum.org/ucum
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

UCUM = "http://unitsofmeasure.org"

CALENDAR_UNITS = {
    word: unit
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for word in (unit, unit + "s")
}
"""The words for calendar durations, each with its singular."""

_AS_UCUM = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: a UCUM code, a calendar unit, or the text of a unit of another system."""

    value: Decimal
    unit: str = "1"


Scale = tuple[Decimal, tuple[tuple[str, int], ...]]
"""How a unit measures: factor, and base units with their exponents."""


def compare_quantities(left: Quantity, right: Quantity) -> int | None:
    """Return -1, 0 or 1, or None where the units measure different things or are not known.

    >>> compare_quantities(Quantity(Decimal(2), "km"), Quantity(Decimal(300), "m"))
    1
    """
    if left.unit == right.unit:
        return _order(left.value, right.value)
    scales = scale_of(left.unit), scale_of(right.unit)
    if scales[0] is None or scales[1] is None or scales[0][1] != scales[1][1]:
        return None
    return _order(left.value * scales[0][0], right.value * scales[1][0])


def _order(left: Decimal, right: Decimal) -> int:
    return (left > right) - (left < right)


@lru_cache(maxsize=1024)
def scale_of(unit: str) -> Scale | None:
    """Return how a unit measures, or None for one that is not known here.

    >>> scale_of("kg")
    (Decimal('1000'), (('g', 1),))
    """
    text = _NOTE.sub(_without_note, _AS_UCUM.get(unit, unit))
    if not _WHOLE.fullmatch(text):
        return None
    factor, exponents = Decimal(1), dict[str, int]()
    for mark, part in _PART.findall(text):
        scale = _part(part)
        if scale is None:
            return None
        sign = -1 if mark == "/" else 1
        factor *= scale[0] ** sign
        for base, exponent in scale[1]:
            exponents[base] = exponents.get(base, 0) + sign * exponent
    return factor, tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))


_ATOM = r"(?:[A-Za-z%']|\[[^\]\s]{1,20}\])+"
_PIECE = rf"(?:10\*-?\d{{1,2}}|\d{{1,9}}|{_ATOM}-?\d{{0,2}})"
_PART = re.compile(rf"([./]?)({_PIECE})")
_WHOLE = re.compile(rf"/?{_PIECE}(?:[./]{_PIECE})*")
_POWER = re.compile(rf"({_ATOM})(-?\d*)")
_NOTE = re.compile(r"(^|[./])?\{[^}]*\}")


def _without_note(match: re.Match[str]) -> str:
    """A note such as `{beats}` means nothing; one that stands for a unit is the unit 1."""
    return f"{match[1]}1" if match[1] is not None else ""


def _part(text: str) -> Scale | None:
    if text.startswith("10*"):
        return Decimal(10) ** int(text[3:]), ()
    if text.isdigit():
        return Decimal(text), ()
    match = _POWER.fullmatch(text)
    found = _atom(match[1]) if match else None
    if match is None or found is None:
        return None
    power = int(match[2] or 1)
    return found[0] ** power, tuple((base, exponent * power) for base, exponent in found[1])


def _atom(text: str) -> Scale | None:
    if text in _UNITS:
        return _UNITS[text]
    prefix, atom = (text[:2], text[2:]) if text.startswith("da") else (text[:1], text[1:])
    if prefix in _PREFIXES and atom in _METRIC:
        factor, bases = _UNITS[atom]
        return factor * _PREFIXES[prefix], bases
    return None


_POWERS = {"T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12}
_PREFIXES = {name: Decimal(10) ** power for name, power in _POWERS.items()}
_TIME, _MASS, _LENGTH = (("s", 1),), (("g", 1),), (("m", 1),)
_UNITS: dict[str, Scale] = {
    "1": (Decimal(1), ()),
    "%": (Decimal("0.01"), ()),
    "s": (Decimal(1), _TIME),
    "min": (Decimal(60), _TIME),
    "h": (Decimal(3600), _TIME),
    "d": (Decimal(86400), _TIME),
    "wk": (Decimal(604800), _TIME),
    "mo": (Decimal("2629800"), _TIME),
    "a": (Decimal("31557600"), _TIME),
    "month": (Decimal(1), (("month", 1),)),
    "year": (Decimal(12), (("month", 1),)),
    "g": (Decimal(1), _MASS),
    "[lb_av]": (Decimal("453.59237"), _MASS),
    "[oz_av]": (Decimal("28.349523125"), _MASS),
    "m": (Decimal(1), _LENGTH),
    "[in_i]": (Decimal("0.0254"), _LENGTH),
    "[ft_i]": (Decimal("0.3048"), _LENGTH),
    "[mi_i]": (Decimal("1609.344"), _LENGTH),
    "L": (Decimal("0.001"), (("m", 3),)),
    "l": (Decimal("0.001"), (("m", 3),)),
    "mol": (Decimal(1), (("mol", 1),)),
    "eq": (Decimal(1), (("mol", 1),)),
    "Pa": (Decimal(1000), (("g", 1), ("m", -1), ("s", -2))),
    "m[Hg]": (Decimal("133322387.415"), (("g", 1), ("m", -1), ("s", -2))),
    "J": (Decimal(1000), (("g", 1), ("m", 2), ("s", -2))),
    "cal": (Decimal(4184), (("g", 1), ("m", 2), ("s", -2))),
    "Hz": (Decimal(1), (("s", -1),)),
    "K": (Decimal(1), (("K", 1),)),
    "Cel": (Decimal(1), (("Cel", 1),)),
    "[degF]": (Decimal(1), (("[degF]", 1),)),
    "[iU]": (Decimal(1), (("[iU]", 1),)),
    "[IU]": (Decimal(1), (("[iU]", 1),)),
    "U": (Decimal(1), (("U", 1),)),
    "B": (Decimal(1), (("B", 1),)),
}
"""Units by their UCUM code, without prefix."""
_METRIC = frozenset({"s", "g", "m", "L", "l", "mol", "eq", "Pa", "m[Hg]", "J", "cal", "Hz", "K", "[iU]", "[IU]", "U"})
