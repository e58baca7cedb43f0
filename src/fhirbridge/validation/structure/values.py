"""What generated code calls when a value may be at fault: here it is looked at closely, and the fault named.

Laws: what these functions find is the law; the quick tests in generated code only decide whether to ask them, so they
may doubt what is valid but never pass what is not. Nothing raises, whatever the tree holds.
Source: http://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.fhir.elements import Element, concepts_of
from fhirbridge.validation.narrative import find_fault
from fhirbridge.validation.primitives import PRIMITIVES
from fhirbridge.validation.structure import faults as kinds
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

NOTHING = (None,)
"""Stands for a list that is none: generated loops run over it and find a fault."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """How one primitive element is judged: its test, the fault of failing it, and the codes it is bound to."""

    name: str
    type: str
    is_valid: Callable[[Any], bool]
    wrong: Kind
    codes: frozenset[str] = frozenset()


def primitive_of(element: Element) -> Primitive:
    """Return how an element of a primitive type is judged."""
    is_valid, message = PRIMITIVES[element.type]
    codes = element.binding.codes if element.binding else frozenset()
    return Primitive(element.name, element.type, is_valid, Kind(f"type-{element.type}", message), codes)


def primitive(faults: Faults | None, value: Any, how: Primitive, state: Any) -> Faults | None:
    """Add what is wrong with one value of a primitive element."""
    if value is None:
        return note(faults, f".{how.name}", kinds.JSON_NULL)
    if isinstance(value, list):
        return note(faults, f".{how.name}", kinds.ONE_VALUE)
    return _judged(faults, f".{how.name}", value, how)


def _judged(faults: Faults | None, piece: str, value: Any, how: Primitive) -> Faults | None:
    if not how.is_valid(value):
        return note(faults, piece, how.wrong)
    if how.codes and value not in how.codes:
        return note(faults, piece, kinds.CODE)
    if how.type == "xhtml" and (fault := find_fault(value)):
        return note(faults, piece, Kind("narrative", fault))
    return faults


def primitives(faults: Faults | None, tree: Tree, values: Any, how: Primitive, state: Any) -> Faults | None:
    """Add what is wrong with the list of a primitive element; null may stand where `_key` has an extension."""
    key = how.name
    if not isinstance(values, list) or not values:
        return unlisted(faults, f".{key}", values)
    siblings = tree.get(f"_{key}")
    for index, value in enumerate(values):
        if value is not None:
            faults = _judged(faults, f".{key}[{index}]", value, how)
        elif not (isinstance(siblings, list) and index < len(siblings) and siblings[index] is not None):
            faults = note(faults, f".{key}[{index}]", kinds.NULL_ALONE)
    return faults


def unlisted(faults: Faults | None, piece: str, values: Any) -> Faults:
    """Add the fault of a value that should be a list with something in it."""
    return note(faults, piece, kinds.EMPTY_LIST if isinstance(values, list) else kinds.NEEDS_LIST)


def no_object(value: Any) -> Faults:
    """Return the fault of a value that should be an object."""
    if value is None:
        return [("", kinds.JSON_NULL)]
    return [("", kinds.ONE_VALUE if isinstance(value, list) else kinds.NEEDS_OBJECT)]


# -- siblings of primitives: `_name` beside `name`


def sibling(
    faults: Faults | None, key: str, item: Any, *, has_value: bool, element: Callable[[Any], Faults | None]
) -> Faults | None:
    """Add what is wrong with the id and extensions of a primitive; without a value there must be an extension."""
    if isinstance(item, dict) and item.keys() <= {"id"} and not (has_value and item):
        faults = note(faults, key, kinds.EMPTY)
    elif isinstance(item, list):
        return note(faults, key, kinds.NEEDS_OBJECT)
    found = element(item)
    return note(faults, key, found) if found is not None else faults


def siblings(
    faults: Faults | None, tree: Tree, key: str, items: Any, element: Callable[[Any], Faults | None]
) -> Faults | None:
    """Add what is wrong with the list of siblings of a primitive list, named without its `_`."""
    if not isinstance(items, list) or not items:
        return unlisted(faults, f"._{key}", items)
    values = tree.get(key, [])
    values = values if isinstance(values, list) else []
    if values and len(values) != len(items):
        faults = note(faults, f"._{key}", kinds.UNEVEN)
    for index, item in enumerate(items):
        has_value = index < len(values) and values[index] is not None
        if item is not None:
            faults = sibling(faults, f"._{key}[{index}]", item, has_value=has_value, element=element)
        elif not has_value:
            faults = note(faults, f"._{key}[{index}]", kinds.NULL_TWICE)
    return faults


# -- choices and required bindings


def choice(faults: Faults | None, tree: Tree, name: str, keys: Mapping[str, str], minimum: int) -> Faults | None:
    """Add the fault of a choice with several types, or with none where one is needed.

    Args:
        keys: what the choice may be called, with and without `_` -> the same without.
    """
    found = {keys[key] for key in tree.keys() & keys.keys()}  # as many steps as the object has keys
    if len(found) > 1:
        return note(faults, f".{name}[x]", kinds.ONE_TYPE)
    return note(faults, f".{name}[x]", kinds.REQUIRED) if len(found) < minimum else faults


@dataclass(frozen=True, slots=True)
class Bound:
    """A required binding of a CodeableConcept, Coding or Quantity whose codes are known."""

    concepts: Mapping[str, frozenset[str]]
    has_codings: bool

    def holds(self, value: Any) -> bool:
        """Say whether one coding at least is of the value set; what is no object is told elsewhere."""
        if not isinstance(value, dict):
            return True
        if not self.has_codings:
            return self._is_of(value)
        codings = value.get("coding")
        return isinstance(codings, list) and any(self._is_of(coding) for coding in codings)

    def _is_of(self, coding: Any) -> bool:
        if not isinstance(coding, dict):
            return False
        system, code = coding.get("system"), coding.get("code")
        return isinstance(system, str) and isinstance(code, str) and code in self.concepts.get(system, ())


def bound_of(element: Element) -> Bound | None:
    """Return the required binding of a complex element, or None where there is none whose codes are known."""
    if element.binding is None or not element.binding.codes:
        return None
    return Bound(concepts_of(element.binding.value_set), element.type == "CodeableConcept")
