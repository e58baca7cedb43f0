"""Generated left trees of a map: shaped by the left schema, with values that its rows can read.

Laws of this file: the same choices give the same tree; nothing in it is empty; every key is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.mapping.model import Block, FieldPair, Map, Row
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.proving.choices import Choices, some
from fhirbridge.mapping.proving.readings import NOT_READ, Reading, Role, readings
from fhirbridge.mapping.proving.values import Key, leaf
from fhirbridge.mapping.proving.ways import Ways, base_of, key_path, left_path_of, ways_of
from fhirbridge.mapping.shapes import Shape, fhir_shape
from fhirbridge.mapping.steps import Steps

MAX_ITEMS = 3
"""Generated lists are no longer."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What generated left trees of a map look like.

    Attributes:
        needed: paths without indices that are always there, because the right side cannot do without them.
    """

    map: Map
    ways: Ways
    readings: Mapping[str, Reading]
    needed: frozenset[str]


def recipe_of(map_: Map) -> Recipe:
    """Return the recipe of a map's left trees."""
    keys = {key_path(map_, block) for block in map_.blocks}
    systems: set[str] = set()
    roles: dict[str, list[Role]] = {}
    for block, row in _plain_rows(map_):
        at = left_path_of(map_, block, row)
        _note_roles(row, at, roles)
        reference = row.codec.reference
        if reference:
            keys.add(f"{at}.{reference.key_field}" if reference.key_field else at)
            systems.add(f"{at}.{reference.system_field}")
    needed = {path for block, row in _plain_rows(map_) for path in _needed(map_, block, row, shape_of(map_, block))}
    needed |= {key_path(map_, block) for block in map_.blocks}  # without its key nothing is made of an item
    return Recipe(map_, ways_of(map_), readings(roles, frozenset(keys), frozenset(systems)), frozenset(needed))


def _plain_rows(map_: Map) -> Iterator[tuple[Block, Row]]:
    """Yield the rows whose left side is a path."""
    for block in map_.blocks:
        yield from ((block, row) for row in block.rows if row.arrow != ":=" and row.expression is None)


_CONCEPT = (FieldPair("text", "text"), FieldPair("code", "code"), FieldPair("system", "system"))


def _note_roles(row: Row, at: str, roles: dict[str, list[Role]]) -> None:
    """Note as what a row reads each field of its left side."""
    pairs = row.codec.fields or (_CONCEPT if row.codec.name == "concept" else ())
    for pair in pairs:
        roles.setdefault(f"{at}.{pair.field}", []).append(Role(row, pair.element))
    if not pairs:
        roles.setdefault(at, []).append(Role(row))


def shape_of(map_: Map, block: Block) -> Shape:
    """Return the shape of what a block makes."""
    return fhir_shape(block.type) if map_.right.kind == "fhir" else map_.right_shapes[block.type]


def _needed(map_: Map, block: Block, row: Row, shape: Shape) -> Iterator[str]:
    """Yield the left fields without which something required would be missing on the right side."""
    if not row.goes_right or row.default is not None:
        return
    required = _required_on_the_way(shape, row.right)
    at, names = base_of(map_, block, row.variable), [step.name for step in row.left]
    if required and all(required):
        for count in range(1, len(names) + 1):
            yield ".".join([at, *names[:count]])
    elif required and required[-1]:
        yield ".".join([at, *names])


def _required_on_the_way(shape: Shape, steps: Steps) -> list[bool]:
    """Return, for each step of a right path, whether what it names is required in what it stands in."""
    required: list[bool] = []
    node: Shape = shape
    for step in steps:
        child = node.find_child(step.name)
        if child is None:
            return required
        required.append(child.is_required)
        node = child
    return required


def left_tree(recipe: Recipe, choices: Choices) -> dict[str, Any]:
    """Return one left tree, without the root's name around it."""
    made = _object(recipe, recipe.map.left_shape, recipe.map.root, choices)
    numbers = iter(range(1, 1_000_000))
    return dict(_settled(made, numbers))


def _object(recipe: Recipe, shape: Shape, at: str, choices: Choices) -> dict[str, Any]:
    """Return an object with at least one field."""
    names = [name for name in shape.child_names() if shape.find_child(name) is not None]
    always = {name for name in names if _is_needed(recipe, shape, f"{at}.{name}", name)}
    there = always | some(choices, [name for name in names if name not in always])
    chosen = [name for name in names if name in there] or names[:1]
    made = {name: _value(recipe, shape.find_child(name), f"{at}.{name}", choices) for name in chosen}
    return {name: value for name, value in made.items() if value not in ({}, [])}


def _is_needed(recipe: Recipe, shape: Shape, path: str, name: str) -> bool:
    child = shape.find_child(name)
    return (child is not None and child.is_required) or path in recipe.needed


def _value(recipe: Recipe, shape: Shape | None, at: str, choices: Choices) -> Tree:
    if shape is None:
        return {}
    if not shape.is_list:
        return _single(recipe, shape, at, choices)
    items = [_single(recipe, shape, at, choices) for _ in range(choices.integer(1, MAX_ITEMS))]
    return [item for item in items if item != {}]


def _single(recipe: Recipe, shape: Shape, at: str, choices: Choices) -> Tree:
    if not shape.is_leaf:
        return _object(recipe, shape, at, choices)
    return leaf(choices, shape, recipe.readings.get(at, NOT_READ))


def _settled(node: Tree, numbers: Iterator[int]) -> Tree:
    """Return the tree with each key numbered in the order of the document."""
    if isinstance(node, Key):
        return node.numbered(next(numbers))
    if isinstance(node, dict):
        return {name: _settled(child, numbers) for name, child in node.items()}
    return [_settled(item, numbers) for item in node] if isinstance(node, list) else node


def new_value(recipe: Recipe, choices: Choices, path: str, shape: Shape) -> Tree:
    """Return another value for the left field or object at a path without indices; keys in it end in no number."""
    return _settled(_single(recipe, shape, path, choices), iter(range(900, 1_000)))
