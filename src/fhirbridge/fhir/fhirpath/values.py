"""What two values mean to each other: equal, equivalent, in order; and how one becomes another.

None stands for "no answer". Messages hold no value.
Source: http://hl7.org/fhirpath/N1/#equality, #comparison, #conversion
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import Node, Nodes, all_children
from fhirbridge.fhir.fhirpath.quantities import CALENDAR_UNITS, UCUM, Quantity, compare_quantities
from fhirbridge.fhir.fhirpath.temporal import TEMPORAL, Kind, Temporal, compare_temporal, parse_temporal
from fhirbridge.fhir.fhirpath.types import kind_of

System = tuple[str, Any]
"""Kind (`Integer`, `String`, ...) and value."""

_NUMBERS = ("Integer", "Decimal")


def system_of(node: Node) -> System | None:
    """Return what a node counts as in FHIRPath; None for one with children only, or without a value."""
    kind = kind_of(node.type)
    if kind is None or node.value is None:
        return None
    if node.type.startswith("System."):
        return kind, node.value
    return _READ[kind](kind, node.value)


def _read_temporal(kind: str, value: Any) -> System | None:
    found = parse_temporal(value, kind) if isinstance(value, str) else None
    return (kind, found) if found else None


def _read_number(kind: str, value: Any) -> System | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if kind == "Integer":
        return (kind, value) if isinstance(value, int) else None
    return kind, value if isinstance(value, Decimal) else Decimal(str(value))


def _read_quantity(kind: str, value: Any) -> System | None:
    number = _read_number("Decimal", value.get("value")) if isinstance(value, dict) else None
    if number is None:
        return None
    code, unit = value.get("code"), value.get("unit")
    text = code if value.get("system") == UCUM or code else unit
    return kind, Quantity(number[1], text if isinstance(text, str) else "1")


_READ: dict[str, Callable[[str, Any], System | None]] = {
    "Boolean": lambda kind, value: (kind, value) if isinstance(value, bool) else None,
    "String": lambda kind, value: (kind, value) if isinstance(value, str) else None,
    "Integer": _read_number,
    "Decimal": _read_number,
    "Date": _read_temporal,
    "DateTime": _read_temporal,
    "Time": _read_temporal,
    "Quantity": _read_quantity,
}


# -- equality


def equal(left: Nodes, right: Nodes) -> bool | None:
    """Say whether two collections are the same, item by item; None where one is empty or it cannot be told."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    return _all_of(equal_items(one, other) for one, other in zip(left, right, strict=True))


def _all_of(answers: Any) -> bool | None:
    found: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        found = found if answer else None
    return found


def equal_items(left: Node, right: Node) -> bool | None:
    """Say whether two items are the same."""
    if _lacks_value(left) or _lacks_value(right):
        return None
    one, other = system_of(left), system_of(right)
    if one is None or other is None:
        return _same_tree(left, right)
    if one[0] != other[0]:
        one, other = _comparable(left, right, one, other)
    if one[0] != other[0]:
        return False
    if one[0] == "Quantity":
        order = compare_quantities(one[1], other[1])
        return None if order is None else order == 0
    if one[0] in TEMPORAL:
        order = compare_temporal(one[1], other[1])
        return None if order is None else order == 0
    return bool(one[1] == other[1])


def _lacks_value(node: Node) -> bool:
    """Say whether a node is a primitive that has extensions only."""
    return node.value is None


def _comparable(left: Node, right: Node, one: System, other: System) -> tuple[System, System]:
    """Return two values as one kind, a value of a resource beside a text as a text, as HL7's engine has it."""
    one, other = _aligned(one, other)
    kinds = {one[0], other[0]}
    is_data = not (left.type.startswith("System.") and right.type.startswith("System."))
    if len(kinds) > 1 and is_data and "String" in kinds and "Quantity" not in kinds:
        return ("String", text_of(one)), ("String", text_of(other))
    return one, other


def _aligned(one: System, other: System) -> tuple[System, System]:
    """Return two values as one kind where one becomes the other by itself: number to quantity, date to moment."""
    kinds = {one[0], other[0]}
    if kinds <= {"Date", "DateTime"}:
        return ("DateTime", one[1]), ("DateTime", other[1])
    if kinds <= {"Integer", "Decimal", "Quantity"}:
        kind = "Quantity" if "Quantity" in kinds else "Decimal"
        return _widened(kind, one), _widened(kind, other)
    return one, other


def _widened(kind: str, value: System) -> System:
    if value[0] == kind:
        return value
    number = Decimal(value[1]) if value[0] != "Quantity" else value[1].value
    return kind, Quantity(number) if kind == "Quantity" else number


def _same_tree(left: Node, right: Node) -> bool:
    if kind_of(left.type) not in (None, "Quantity") or kind_of(right.type) not in (None, "Quantity"):
        return False
    return bool(left.value == right.value)


# -- equivalence


def equivalent(left: Nodes, right: Nodes) -> bool:
    """Say whether two collections mean the same, in any order; two empty ones do."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        found = next((place for place, other in enumerate(rest) if equivalent_items(one, other)), None)
        if found is None:
            return False
        del rest[found]
    return True


def equivalent_items(left: Node, right: Node) -> bool:
    """Say whether two items mean the same: letter case, spaces and the last digits of a number do not count."""
    one, other = system_of(left), system_of(right)
    if one is None or other is None:
        return _alike_trees(left, right)
    if one[0] != other[0]:
        one, other = _comparable(left, right, one, other)
    if one[0] != other[0]:
        return False
    return _EQUIVALENT[one[0]](one[1], other[1]) if one[0] in _EQUIVALENT else bool(one[1] == other[1])


_SPACES = re.compile(r"\s+")


def _alike_texts(left: str, right: str) -> bool:
    return _SPACES.sub(" ", left.strip()).casefold() == _SPACES.sub(" ", right.strip()).casefold()


def _alike_numbers(left: Decimal, right: Decimal) -> bool:
    places = min(_places(left), _places(right))
    return round(left, places) == round(right, places)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _alike_quantities(left: Quantity, right: Quantity) -> bool:
    mean = {"year": "a", "month": "mo"}
    one, other = (Quantity(each.value, mean.get(each.unit, each.unit)) for each in (left, right))
    return _alike_numbers(one.value, other.value) if one.unit == other.unit else compare_quantities(one, other) == 0


def _alike_times(left: Temporal, right: Temporal) -> bool:
    return compare_temporal(left, right) == 0


_EQUIVALENT: dict[str, Callable[[Any, Any], bool]] = {
    "String": _alike_texts,
    "Decimal": _alike_numbers,
    "Quantity": _alike_quantities,
    **dict.fromkeys(TEMPORAL, _alike_times),
}


def _alike_trees(left: Node, right: Node) -> bool:
    if isinstance(left.value, dict) and isinstance(right.value, dict) and left.type == right.type:
        return equivalent(list(all_children(left)), list(all_children(right)))
    return left.value is None and right.value is None and left.type == right.type


# -- order


def order(left: Node, right: Node) -> int | None:
    """Return -1, 0 or 1 for before, same, after; None where it cannot be told.

    Raises:
        NotJudged: the two are of kinds that have no order.
    """
    one, other = system_of(left), system_of(right)
    if one is None or other is None:
        if kind_of(left.type) is None or kind_of(right.type) is None:
            raise NotJudged("expression")
        return None
    if one[0] != other[0]:
        one, other = _aligned(one, other)
    if one[0] != other[0] or one[0] == "Boolean":
        raise NotJudged("expression")
    if one[0] in TEMPORAL:
        return compare_temporal(one[1], other[1])
    if one[0] == "Quantity":
        return _order_quantities(one[1], other[1])
    return int(one[1] > other[1]) - int(one[1] < other[1])


def _order_quantities(left: Quantity, right: Quantity) -> int:
    found = compare_quantities(left, right)
    if found is None:
        raise NotJudged("units")
    return found


# -- conversion


def text_of(value: System) -> str:
    """Return the text of a System value, as `toString()` gives it."""
    kind, inner = value
    if kind == "Boolean":
        return "true" if inner else "false"
    if kind == "Quantity":
        unit = inner.unit if inner.unit in CALENDAR_UNITS else f"'{inner.unit}'"
        return f"{_plain(inner.value)} {unit}"
    return _plain(inner) if isinstance(inner, Decimal) else str(inner)


def _plain(value: Decimal) -> str:
    return format(value, "f")


_INTEGER = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_QUANTITY = re.compile(r"([+-]?\d{1,40}(?:\.\d{1,40})?)\s*(?:'([^']{1,100})'|([a-z]{1,12}))?", re.ASCII)
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}


def to_boolean(value: System) -> bool | None:
    """Return the truth a value stands for, None where it stands for none."""
    kind, inner = value
    if kind == "Boolean":
        return bool(inner)
    if kind in _NUMBERS:
        return {1: True, 0: False}.get(inner)
    return _TRUTHS.get(inner.lower()) if kind == "String" else None


def to_integer(value: System) -> int | None:
    """Return the whole number a value stands for."""
    kind, inner = value
    if kind in ("Boolean", "Integer"):
        return int(inner)
    found = int(inner) if kind == "String" and _INTEGER.fullmatch(inner) else None
    return found if found is not None and -(2**31) <= found < 2**31 else None


def to_decimal(value: System) -> Decimal | None:
    """Return the number a value stands for."""
    kind, inner = value
    if kind in ("Boolean", *_NUMBERS):
        return Decimal(inner)
    return Decimal(inner) if kind == "String" and _DECIMAL.fullmatch(inner) else None


def to_quantity(value: System) -> Quantity | None:
    """Return the quantity a value stands for; a number alone has the unit 1."""
    kind, inner = value
    if kind == "Quantity" and isinstance(inner, Quantity):
        return inner
    if kind != "String":
        number = to_decimal(value)
        return None if number is None else Quantity(number)
    match = _QUANTITY.fullmatch(inner)
    if match is None or (match[3] and match[3] not in CALENDAR_UNITS):
        return None
    return Quantity(Decimal(match[1]), match[2] or CALENDAR_UNITS.get(match[3], "1"))


def to_temporal(kind: Kind) -> Callable[[System], Temporal | None]:
    """Return a function that gives the date, moment or time a value stands for."""

    def convert(value: System) -> Temporal | None:
        if value[0] == kind:
            found: Temporal = value[1]
            return found
        if value[0] == "String":
            return parse_temporal(value[1], kind)
        if value[0] in ("Date", "DateTime") and kind in ("Date", "DateTime"):
            text = value[1].text.partition("T")[0] if kind == "Date" else value[1].text
            return parse_temporal(text, kind)
        return None

    return convert
