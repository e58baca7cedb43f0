"""Right items as a partner would send them back: other values, other spellings of the same, elements we do not know.

Laws of this file: only what the map owns is changed, and so that its codec can read it; what is added is of no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree, node_at, without_indices
from fhirbridge.mapping.proving.choices import Choices, is_yes
from fhirbridge.mapping.proving.laws import Owned, owned_elements
from fhirbridge.mapping.proving.trees import Recipe, new_value
from fhirbridge.mapping.proving.ways import find_shape
from fhirbridge.mapping.run import Item
from fhirbridge.mapping.shapes import fhir_shape

_UNKNOWN_URL = "https://unknown.example/fhir/StructureDefinition/x"
_ADDED: Mapping[str, Tree] = {"string": "added", "markdown": "added", "boolean": True, "date": "2026-11-22"}
"""Values for elements of simple types that no row knows."""
_LEFT_ALONE = frozenset({"id", "implicitRules", "language", "resourceType"})


def changed_items(
    recipe: Recipe, items: Sequence[Item], choices: Choices, context: Context
) -> list[tuple[str, dict[str, Any]]]:
    """Return the items as (type, body), with other values at some of the elements that the map owns."""
    bodies = [deepcopy(item.body) for item in items]
    for element in owned_elements(recipe, items):
        if is_yes(choices):
            value = _new_right(recipe, element, choices, context)
            if value is not None:
                _put(bodies[element.item], element.path, value)
    return [(item.type, body) for item, body in zip(items, bodies, strict=True)]


def _new_right(recipe: Recipe, element: Owned, choices: Choices, context: Context) -> Tree:
    """Return another right value that the row can read, sometimes as somebody else would spell it."""
    source = without_indices(element.source)
    shape = find_shape(recipe.map.left_shape, source.split(".")[1:])
    if shape is None:
        return None
    value = new_value(recipe, choices, source, shape)
    try:
        right = CODECS[element.row.codec.name].to_right(value, element.row.codec, context)
    except CodecError:
        return None
    spell = _SPELLINGS.get(element.row.codec.right_type) if element.row.codec.name == "code" else None
    return spell(right, element.row) if spell and is_yes(choices) else right


def _other_concept(value: Tree, row: Row) -> Tree:
    """Return a CodeableConcept as another system sends it: with its own coding, ours without a display, a text."""
    ours = [_other_coding(coding, row) for coding in value.get("coding", [])]
    theirs = {"system": "https://other.example/codes", "code": "its-own"}
    return {"coding": [theirs, *ours], "text": "in other words"}


def _other_coding(value: Tree, _row: Row) -> Tree:
    return {name: text for name, text in value.items() if name != "display"}


_SPELLINGS: Mapping[str, Callable[[Tree, Row], Tree]] = {"CodeableConcept": _other_concept, "Coding": _other_coding}


def _put(body: dict[str, Any], path: str, value: Tree) -> None:
    """Write a value at a concrete path that is there."""
    if path.endswith("]"):
        head, _, index = path.rpartition("[")
        node_at(body, head)[int(index[:-1])] = value
    else:
        parent, _, name = path.rpartition(".")
        node_at(body, parent)[name] = value


# -- elements that no row knows --------------------------------------------------------------------------------------


def with_unknown(
    map_: Map, changed: Sequence[tuple[str, dict[str, Any]]], choices: Choices
) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
    """Return the items with elements added that no row reads, and the "TYPE.path" of each that was added."""
    items = deepcopy(list(changed))
    added = []
    for type_, body in items:
        for path, value in _unknown(map_, type_, body):
            if is_yes(choices):
                body[path.partition("[")[0].partition(".")[0]] = value
                added.append(f"{type_}.{path}")
    return items, added


def _unknown(map_: Map, type_: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Tree]]:
    """Yield (path of the leaf, value of its top element) of what may be added to an item."""
    if map_.right.kind != "fhir":
        if map_.right.kind == "schema":
            yield "x_unknown", "added"
        return
    extensions = list(body.get("extension", []))
    extension = {"url": _UNKNOWN_URL, "valueString": "added"}
    yield f"extension[{len(extensions)}].valueString", [*extensions, extension]
    written = {row.right[0].name for block in map_.blocks for row in block.rows if block.type == type_}
    shape = fhir_shape(type_)
    for name in shape.child_names():
        child = shape.find_child(name)
        if child and child.type in _ADDED and not child.is_list and name not in written | _LEFT_ALONE:
            yield name, _ADDED[child.type]
            return
