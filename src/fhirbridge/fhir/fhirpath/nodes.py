"""A value with its type as the interpreter walks it, and the way to its children.

A primitive of a resource keeps what stands beside it under `_name`: its id and extensions. A name is found with or
without the type of its choice: `value` finds `valueQuantity`.
Source: http://hl7.org/fhir/R4/fhirpath.html#polymorphism, http://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fhirbridge.fhir.elements import Element, elements_of, is_primitive, is_resource
from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.temporal import TEMPORAL, parse_temporal
from fhirbridge.fhir.fhirpath.types import kind_of


class Node:
    """A value: its FHIR or System type, the value itself (None for a primitive without one), what stands beside it."""

    __slots__ = ("beside", "type", "value")

    def __init__(self, type_: str, value: Any, beside: dict[str, Any] | None = None) -> None:
        self.type = type_
        self.value = value
        self.beside = beside


Nodes = list[Node]

UNSEEN = object()
"""The value of a resource of which only the type is known: a reference names it, and nobody has it at hand."""

TYPE_INFO = "System.TypeInfo"
"""The type of what `type()` gives: namespace and name."""


class Primitive:
    """A primitive that has an id or extensions, to hand in as the value an expression starts at."""

    __slots__ = ("beside", "value")

    def __init__(self, value: Any, beside: dict[str, Any] | None) -> None:
        self.value = value
        self.beside = beside


def node_of(type_: str, value: Any) -> Node:
    """Return a value of a type as a node; a resource is of the type it names itself."""
    if isinstance(value, Primitive):
        return Node(type_, value.value, value.beside)
    return Node(_own_type(type_, value), value)


def children_of(node: Node, name: str) -> Iterator[Node]:
    """Yield the children of a name, in order."""
    if is_primitive(node.type):
        yield from _primitive_children(node, name)
    elif isinstance(node.value, dict):
        for element in _named(node.type, name):
            yield from _items(element, node.value)
    elif node.value is UNSEEN:
        raise NotJudged("resolve")
    elif node.type == TYPE_INFO and name in ("namespace", "name"):
        yield Node("System.String", node.value[name == "name"])


def all_children(node: Node) -> Iterator[Node]:
    """Yield every child, in the order of the tree; FHIRPath gives none."""
    if is_primitive(node.type):
        yield from (child for name in ("id", "extension") for child in _primitive_children(node, name))
    elif isinstance(node.value, dict):
        yield from _all_items(_by_name(node.type), node.value)
    elif node.value is UNSEEN:
        raise NotJudged("resolve")


def descendants_of(nodes: Nodes) -> Iterator[Node]:
    """Yield children, their children and so on, each before its own children."""
    waiting = [child for node in reversed(nodes) for child in reversed(list(all_children(node)))]
    while waiting:
        node = waiting.pop()
        yield node
        if node.beside or node.value.__class__ not in _LEAVES:
            children = list(all_children(node))
            children.reverse()
            waiting += children


_LEAVES = frozenset({str, bool, int, float, Decimal, type(None)})
"""What has no children unless something stands beside it."""


def _primitive_children(node: Node, name: str) -> Iterator[Node]:
    if name == "value" and node.value is not None:
        yield Node(f"System.{kind_of(node.type)}", _plain(str(kind_of(node.type)), node.value))
    elif node.beside and name in ("id", "extension"):
        for element in _named("Element", name):
            yield from _items(element, node.beside)


def _plain(kind: str, value: Any) -> Any:
    if kind == "Decimal":
        return Decimal(str(value))
    return parse_temporal(value, kind) if kind in TEMPORAL else value


@lru_cache(maxsize=1024)
def _by_name(type_: str) -> dict[str, tuple[Element, bool]]:
    """Return the elements of a type, each with whether it is a primitive."""
    return {element.name: (element, is_primitive(element.type)) for element in elements_of(type_)}


def _all_items(known: dict[str, tuple[Element, bool]], tree: dict[str, Any]) -> Iterator[Node]:
    for key, found in tree.items():
        if key[:1] == "_" and key[1:] not in tree:
            key = key[1:]  # a primitive that has no value, only what stands beside it
        if key not in known:
            continue
        element, has_value = known[key]
        if has_value and not isinstance(found, list) and f"_{key}" not in tree and key in tree:
            if found is not None and not isinstance(found, dict):
                yield Node(element.type, found)
        else:
            yield from _items(element, tree)


@lru_cache(maxsize=16384)
def _named(type_: str, name: str) -> tuple[Element, ...]:
    return tuple(element for element in elements_of(type_) if name in (element.name, element.choice))


def _items(element: Element, tree: dict[str, Any]) -> Iterator[Node]:
    found = tree.get(element.name)
    if not is_primitive(element.type):
        for value in found if isinstance(found, list) else () if found is None else (found,):
            if isinstance(value, dict):
                yield Node(_own_type(element.type, value), value)
        return
    beside = tree.get(f"_{element.name}")
    if found is None and beside is None:
        return
    if isinstance(found, list) or isinstance(beside, list):
        yield from _primitive_items(element.type, found, beside)
    elif not isinstance(found, dict):
        yield Node(element.type, found, beside if isinstance(beside, dict) else None)


def _primitive_items(type_: str, values: Any, besides: Any) -> Iterator[Node]:
    values = values if isinstance(values, list) else []
    besides = besides if isinstance(besides, list) else []
    for place in range(max(len(values), len(besides))):
        value = values[place] if place < len(values) else None
        beside = besides[place] if place < len(besides) and isinstance(besides[place], dict) else None
        if not isinstance(value, dict | list) and (value is not None or beside is not None):
            yield Node(type_, value, beside)


def _own_type(type_: str, value: Any) -> str:
    if type_ not in ("Resource", "DomainResource") or not isinstance(value, dict):
        return type_
    named = value.get("resourceType")
    return named if isinstance(named, str) and is_resource(named) else type_
