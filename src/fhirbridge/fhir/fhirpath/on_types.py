"""Functions that turn values into others and that say what they are.

Source: http://hl7.org/fhirpath/N1/#conversion, #types-and-reflection, #current-date-and-time-functions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhirbridge.fhir.fhirpath.nodes import TYPE_INFO, Node, Nodes
from fhirbridge.fhir.fhirpath.on_collections import Simple
from fhirbridge.fhir.fhirpath.quantities import compare_quantities
from fhirbridge.fhir.fhirpath.temporal import Kind, parse_temporal
from fhirbridge.fhir.fhirpath.types import is_a, is_exactly, parent_of
from fhirbridge.fhir.fhirpath.values import (
    System,
    system_of,
    text_of,
    to_boolean,
    to_decimal,
    to_integer,
    to_quantity,
    to_temporal,
)
from fhirbridge.fhir.fhirpath.work import Env, made, single, truth

Convert = Callable[[System], Any]


def _to(kind: str, convert: Convert) -> Simple:
    def call(env: Env, focus: Nodes, unit: Nodes | None = None) -> Nodes:
        node = single(focus)
        value = system_of(node) if node else None
        found = convert(value) if value else None
        return [] if found is None or not _measures(found, unit) else made(kind, found)

    return call


def _measures(found: Any, unit: Nodes | None) -> bool:
    """Say whether a quantity can be given in the unit that was asked for."""
    node = single(unit) if unit else None
    if node is None:
        return True
    return compare_quantities(found, type(found)(found.value, str(node.value))) is not None


def _converts(kind: str, convert: Convert) -> Simple:
    change = _to(kind, convert)

    def call(env: Env, focus: Nodes, unit: Nodes | None = None) -> Nodes:
        return truth(bool(change(env, focus, unit))) if focus else []

    return call


_CONVERT: dict[str, Convert] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "String": text_of,
    "Quantity": to_quantity,
    "Date": to_temporal("Date"),
    "DateTime": to_temporal("DateTime"),
    "Time": to_temporal("Time"),
}


def is_type(nodes: Nodes, type_: str) -> bool | None:
    """Say whether the one item is of a type; None of an empty collection."""
    node = single(nodes)
    return None if node is None else is_a(node.type, type_)


def of_type(nodes: Nodes, type_: str) -> Nodes:
    """Return the items of a type, of none that is made from it."""
    return [node for node in nodes if is_exactly(node.type, type_)]


def _type(env: Env, focus: Nodes) -> Nodes:
    return [Node(TYPE_INFO, _info(node.type)) for node in focus]


def _info(type_: str) -> tuple[str, str]:
    if type_.startswith("System."):
        return "System", type_[7:]
    return "FHIR", str(parent_of(type_)) if "." in type_ else type_


def _now(kind: Kind, text: str) -> Simple:
    def call(env: Env, focus: Nodes) -> Nodes:
        return made(kind, parse_temporal(env.work.scene.clock().strftime(text), kind))

    return call


TYPES: dict[str, tuple[int, int, Simple]] = {
    **{f"to{kind}": (0, int(kind == "Quantity"), _to(kind, convert)) for kind, convert in _CONVERT.items()},
    **{f"convertsTo{kind}": (0, int(kind == "Quantity"), _converts(kind, each)) for kind, each in _CONVERT.items()},
    "type": (0, 0, _type),
    "now": (0, 0, _now("DateTime", "%Y-%m-%dT%H:%M:%S+00:00")),
    "today": (0, 0, _now("Date", "%Y-%m-%d")),
    "timeOfDay": (0, 0, _now("Time", "%H:%M:%S")),
}
"""Name: fewest and most arguments, function."""
