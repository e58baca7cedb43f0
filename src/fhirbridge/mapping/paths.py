"""Reading and writing trees along bound paths. Lists grow as needed.

A selector filters when read and is made true when written.
`[]` takes its index from the indices of the item being translated, so all rows of one list stay in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fhirbridge.mapping.steps import Step, Steps, Where

Tree = Any
"""Nested dict, list and scalars, as the formats parse them."""

_PLACE = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]{0,63}")

Matches = dict[tuple[int, int], tuple[list[Tree], list[int]]]
"""Which items of a list a step's selectors pick, found once for all writes of one row: (list, step) by identity.
The list is kept beside its positions, so that no other list can take its identity."""


class WriteConflict(ValueError):
    """Another value stands at the path already."""


def read(
    node: Tree, steps: Steps, indices: tuple[int, ...] = (), at: str = ""
) -> Iterator[tuple[tuple[int, ...], str, Tree]]:
    """Yield (indices of each `[]`, concrete path, value) for everything the path finds, in order.

    A node of another shape than the path expects yields nothing: shape faults are reported by the shape check.
    """
    if not steps:
        yield indices, at, node
        return
    step, rest = steps[0], steps[1:]
    child = node.get(step.name) if isinstance(node, dict) else None
    path = f"{at}.{step.name}" if at else step.name
    if child is None:
        return
    if not step.is_many:
        yield from read(child, rest, indices, path)
        return
    for count, (position, item) in enumerate(_selected(child, step)):
        own = (*indices, count) if step.each else indices
        yield from read(item, rest, own, f"{path}[{position}]")


def read_first(node: Tree, steps: Steps) -> Tree | None:
    """Return the first value the path finds, or None."""
    return next((value for _, _, value in read(node, steps)), None)


def _selected(items: Tree, step: Step) -> Iterator[tuple[int, Tree]]:
    """Yield (position, item) of the items a step picks; an index counts the items that its selectors leave over."""
    if not isinstance(items, list):
        return
    found: Iterator[tuple[int, Tree]] = enumerate(items)
    if step.where:
        found = ((position, item) for position, item in found if _is_match(item, step))
    yield from found if step.index is None else islice(found, step.index, step.index + 1)


def _is_match(item: Tree, step: Step) -> bool:
    return all(_holds(item, where) for where in step.where)


def _holds(item: Tree, where: Where) -> bool:
    return any(value == where.value for _, _, value in read(item, where.steps))


def write(
    node: dict[str, Tree], steps: Steps, indices: tuple[int, ...], value: Tree, *, matches: Matches | None = None
) -> str:
    """Write a value and return its concrete path. An object written onto an object adds its fields.

    Args:
        matches: shared by the writes of one row, so that a list is searched once and not for every item.

    Raises:
        WriteConflict: another value stands there.
    """
    at, left, known = "", list(indices), {} if matches is None else matches
    target: dict[str, Tree] = node
    for step in steps[:-1]:
        target, at = _descend(target, step, at=at, indices=left, matches=known)
    last = steps[-1]
    path = f"{at}.{last.name}" if at else last.name
    if not last.is_many:
        target[last.name] = _merged(target.get(last.name), value)
        return path
    items = _list_at(target, last)
    position = _position(items, last, left, known)
    items[position] = _merged(items[position], value)
    return f"{path}[{position}]"


def _descend(
    node: dict[str, Tree], step: Step, *, at: str, indices: list[int], matches: Matches
) -> tuple[dict[str, Tree], str]:
    path = f"{at}.{step.name}" if at else step.name
    if not step.is_many:
        return _object(node.setdefault(step.name, {})), path
    items = _list_at(node, step)
    position = _position(items, step, indices, matches)
    if items[position] is None:
        items[position] = {}
    return _object(items[position]), f"{path}[{position}]"


def _object(value: Tree) -> dict[str, Tree]:
    if not isinstance(value, dict):
        raise WriteConflict("a value without fields stands there already")
    return value


def _list_at(node: dict[str, Tree], step: Step) -> list[Tree]:
    items = node.setdefault(step.name, [])
    if not isinstance(items, list):
        raise WriteConflict("a single value stands there already")
    return items


def _position(items: list[Tree], step: Step, indices: list[int], matches: Matches) -> int:
    """Return where in the list the step points, making the list longer when it is too short."""
    wanted = indices.pop(0) if step.each else step.index or 0
    if not step.where:
        items.extend([None] * (wanted + 1 - len(items)))
        return wanted
    matching = _matching(items, step, matches)
    while len(matching) <= wanted:
        item: dict[str, Tree] = {}
        for where in step.where:
            write(item, where.steps, (), where.value)
        items.append(item)
        matching.append(len(items) - 1)
    return matching[wanted]


def _matching(items: list[Tree], step: Step, matches: Matches) -> list[int]:
    """Return the positions of the items that the step's selectors pick; searched once for each list and row."""
    place = id(items), id(step)
    if place not in matches:
        matches[place] = items, [position for position, item in enumerate(items) if _is_match(item, step)]
    return matches[place][1]


def _merged(present: Tree, value: Tree) -> Tree:
    if present is None or present == {} or present == value:
        return value
    if isinstance(present, dict) and isinstance(value, dict):
        return {**present, **{key: _merged(present.get(key), item) for key, item in value.items()}}
    if isinstance(present, list) and isinstance(value, list) and len(present) == len(value):
        return [_merged(old, new) for old, new in zip(present, value, strict=True)]
    raise WriteConflict("another value stands there already")


def node_at(node: Tree, path: str) -> Tree:
    """Return what stands at a concrete path that `write` gave back.

    >>> node_at({"a": [{"b": 1}, {"b": 2}]}, "a[1].b")
    2
    """
    for name, index in _PLACE.findall(path):
        node = node[int(index)] if index else node[name]
    return node


def prune(node: dict[str, Tree]) -> tuple[dict[str, Tree], dict[str, str]]:
    """Return the tree without empty objects, empty lists and holes, and the new path of each path that is left."""
    renamed: dict[str, str] = {}
    return _pruned(node, "", "", renamed) or {}, renamed


def _pruned(node: Tree, old: str, new: str, renamed: dict[str, str]) -> Tree:
    if isinstance(node, dict):
        fields = {}
        for key, child in node.items():
            below = _pruned(child, _join(old, key), _join(new, key), renamed)
            if below is not None:
                fields[key] = below
        node = fields or None
    elif isinstance(node, list):
        items: list[Tree] = []
        for position, child in enumerate(node):
            below = _pruned(child, f"{old}[{position}]", f"{new}[{len(items)}]", renamed)
            if below is not None:
                items.append(below)
        node = items or None
    if node is not None:
        renamed[old] = new
    return node


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def leaves(node: Tree, at: str = "") -> Iterator[str]:
    """Yield the concrete path of every scalar in the tree. A key that is no plain name may be data and shows as `?`."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, _join(at, key if _PLAIN_KEY.fullmatch(key) else "?"))
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from leaves(child, f"{at}[{position}]")
    else:
        yield at
