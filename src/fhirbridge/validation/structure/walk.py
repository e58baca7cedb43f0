"""The walk over a resource: which function looks at what, and what only the resource around an element can tell.

Source: http://hl7.org/fhir/R4/references.html#contained
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from fhirbridge.fhir.references import find_literal, is_contained, is_urn
from fhirbridge.validation.structure import faults as kinds
from fhirbridge.validation.structure.faults import Faults, note, shown
from fhirbridge.validation.structure.program import Program
from fhirbridge.validation.structure.source import ANY, Hooks, Primitives
from fhirbridge.validation.structure.values import Primitive, primitive, sibling, siblings

Tree = dict[str, Any]

_NONE: Mapping[str, str] = {}


class State:
    """What a walk knows where it stands: id -> type of what the resource in hand contains."""

    __slots__ = ("contained",)

    def __init__(self) -> None:
        self.contained: Mapping[str, str] = _NONE


class Walk:
    """Looks at whole resources with the functions of one mode."""

    def __init__(self, hooks: Hooks, names: Mapping[str, Any] | None = None) -> None:
        walkers = {
            "resource": self.resource,
            "contained": self.contained,
            "other": self.other,
            "pointed": pointed,
        }
        self._program = Program({**walkers, **(names or {})}, hooks)

    def resource(self, value: Any, state: Any) -> Faults | None:
        """Return the faults of a resource that stands by itself or as an entry of a Bundle."""
        type_ = _type_of(value)
        if type_ is None:
            return [("", kinds.NO_TYPE)]
        outer = state.contained
        state.contained = _contained(value) if "contained" in value else _NONE
        faults: Faults | None = self._program.function(type_)(value, state)
        if state.contained:
            faults = _unused(faults, value, state)
        state.contained = outer
        return faults

    def contained(self, value: Any, state: Any) -> Faults | None:
        """Return the faults of a contained resource; it sees what the resource around it contains."""
        type_ = _type_of(value)
        if type_ is None:
            return [("", kinds.NO_TYPE)]
        faults: Faults | None = self._program.function(type_)(value, state)
        if "id" not in value:
            faults = note(faults, ".id", kinds.CONTAINED_ID)
        if "contained" in value:
            faults = note(faults, ".contained", kinds.NESTED)
        meta = value.get("meta")
        for key, kind in _NOT_INSIDE if isinstance(meta, dict) else ():
            if key in meta:
                faults = note(faults, f".meta.{key}", kind)
        return faults

    def other(self, faults: Faults | None, tree: Tree, key: Any, primitives: Primitives, state: Any) -> Faults | None:
        """Add what is wrong with a key that is no element: the sibling of a primitive, or unknown."""
        name = key[1:] if isinstance(key, str) and key.startswith("_") else ""
        found = primitives.elements.get(name)
        if found is None:
            return note(faults, f".{shown(str(key))}", kinds.UNKNOWN)
        item, element = tree[key], partial(self._element, state)
        if found.is_list:
            return siblings(faults, tree, name, item, element)
        return sibling(faults, f".{key}", item, has_value=tree.get(name) is not None, element=element)

    def _element(self, state: Any, item: Any) -> Faults | None:
        return self._program.function("Element")(item, state)  # type: ignore[no-any-return]


_NOT_INSIDE = (("versionId", kinds.NO_VERSION), ("lastUpdated", kinds.NO_VERSION), ("security", kinds.NO_LABEL))


def _type_of(value: Any) -> str | None:
    name = value.get("resourceType") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name in ANY else None


def pointed(faults: Faults | None, text: Any, targets: Any, state: Any, how: Primitive) -> Faults | None:
    """Add what is wrong with the text of a reference, and with where it points."""
    if not isinstance(text, str) or not how.is_valid(text):
        return primitive(faults, text, how, state)
    if is_contained(text):
        return _pointed_inside(faults, text, targets, state)
    literal = find_literal(text)
    if literal is None:
        return _unread(faults, text)
    return note(faults, "", kinds.TARGET) if literal.type not in targets else faults


def _pointed_inside(faults: Faults | None, text: str, targets: Any, state: Any) -> Faults | None:
    type_ = state.contained.get(text[1:])
    if text != "#" and type_ is None:
        return note(faults, ".reference", kinds.NOT_CONTAINED)
    return note(faults, "", kinds.TARGET) if type_ is not None and type_ not in targets else faults


def _unread(faults: Faults | None, text: str) -> Faults | None:
    """Add the fault of a text that names no resource by type and id, unless it may name one in another way."""
    if any(character.isspace() for character in text):
        return note(faults, ".reference", kinds.REFERENCE)
    if "?" in text or is_urn(text) or text.startswith(_ABSOLUTE):
        return faults
    return note(faults, ".reference", kinds.UNCLEAR)


_ABSOLUTE = ("http://", "https://")


# -- contained resources


def _contained(value: Tree) -> dict[str, str]:
    items = value["contained"]
    held = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {str(item["id"]): str(item.get("resourceType")) for item in held if "id" in item}


def _unused(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add contained resources that nothing in the resource points at and that do not point at it."""
    local = {text for text in _iter_texts(value) if text.startswith("#")}
    for index, item in enumerate(value["contained"]):
        if not isinstance(item, dict) or "id" not in item or f"#{item['id']}" in local:
            continue
        if "#" not in local or "#" not in set(_iter_texts(item)):
            faults = note(faults, f".contained[{index}]", kinds.UNUSED)
    return faults


def _iter_texts(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
