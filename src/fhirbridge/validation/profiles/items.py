"""Finds the items of an element in an object: one or many, a choice under any of its names, a primitive with its twin.

Laws: any shape of JSON is taken; a null in a list of primitives is an item only if its twin says something.
Source: http://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.validation.profiles.run import Item, Tree
from fhirbridge.validation.snapshots import Node

Gather = Callable[[Tree], Sequence[Item]]
_NONE: tuple[Item, ...] = ()


def gather(node: Node) -> Gather:
    """Return what finds the items of an element; of a choice, those of any type that `node` names."""
    if node.is_choice:
        return _choice(node)
    type_ = node.types[0].code if node.types else "Element"
    return _primitive(node.name, type_) if is_primitive(type_) else _complex(node.name, type_)


def _complex(name: str, type_: str) -> Gather:
    single = f".{name}"

    def items(tree: Tree) -> Sequence[Item]:
        value = tree.get(name)
        if value is None:
            return _NONE
        if type(value) is list:
            return [(type_, each, None, f".{name}[{index}]") for index, each in enumerate(value) if each is not None]
        return ((type_, value, None, single),)

    return items


def _primitive(name: str, type_: str) -> Gather:
    single, twin = f".{name}", f"_{name}"

    def items(tree: Tree) -> Sequence[Item]:
        value, beside = tree.get(name), tree.get(twin)
        if type(value) is list or type(beside) is list:
            return _pairs(type_, name, value, beside)
        return _NONE if value is None and beside is None else ((type_, value, beside, single),)

    return items


def _pairs(type_: str, name: str, values: Any, twins: Any) -> list[Item]:
    pairs = zip_longest(values if isinstance(values, list) else (), twins if isinstance(twins, list) else ())
    return [
        (type_, value, twin, f".{name}[{index}]")
        for index, (value, twin) in enumerate(pairs)
        if value is not None or twin is not None
    ]


def _choice(node: Node) -> Gather:
    by_key = {key: part for each in node.types for key, part in _named(node.key_of(each.code), each.code)}

    def items(tree: Tree) -> Sequence[Item]:
        for key in tree:
            if (found := by_key.get(key)) is not None:
                return found(tree)
        return _NONE

    return items


def _named(key: str, type_: str) -> list[tuple[str, Gather]]:
    if not is_primitive(type_):
        return [(key, _complex(key, type_))]
    found = _primitive(key, type_)
    return [(key, found), (f"_{key}", found)]
