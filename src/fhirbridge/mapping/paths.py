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

_INDEX = re.compile(r"\[(\d+)\]")
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]{0,63}")

_OF_PATHS = frozenset(".[]")

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
    for count, (position, item) in enumerate(selected(child, step)):
        own = (*indices, count) if step.each else indices
        yield from read(item, rest, own, f"{path}[{position}]")


def read_first(node: Tree, steps: Steps) -> Tree | None:
    """Return the first value the path finds, or None."""
    return next((value for _, _, value in read(node, steps)), None)


def selected(items: Tree, step: Step) -> Iterator[tuple[int, Tree]]:
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
    return any(value == where.value for _, _, value in read(item, where.reads))


def write(
    node: dict[str, Tree], steps: Steps, indices: tuple[int, ...], value: Tree, *, matches: Matches | None = None
) -> str:
    """Write a value and return its concrete path. An object written onto an object adds its fields.

    Args:
        matches: shared by the writes of one row, so that a list is searched once and not for every item.

    Raises:
        WriteConflict: another value stands there.
    """
    if not steps:  # the node itself: what an object is made of becomes its fields
        node.update(merged(node, value))
        return ""
    at, left, known = "", list(indices), {} if matches is None else matches
    target: dict[str, Tree] = node
    for step in steps[:-1]:
        target, at = _descend(target, step, at=at, indices=left, matches=known)
    last = steps[-1]
    path = f"{at}.{last.name}" if at else last.name
    if not last.is_many:
        target[last.name] = merged(target.get(last.name), value)
        return path
    items = _list_at(target, last)
    position = _position(items, last, left, known)
    items[position] = merged(items[position], value)
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


def merged(present: Tree, value: Tree) -> Tree:
    """Return what stands at a place once a value is written onto what is there.

    Raises:
        WriteConflict: another value stands there.
    """
    if present is None or present == {} or present == value:
        return value
    if isinstance(present, dict) and isinstance(value, dict):
        return {**present, **{key: merged(present.get(key), item) for key, item in value.items()}}
    if isinstance(present, list) and isinstance(value, list) and len(present) == len(value):
        return [merged(old, new) for old, new in zip(present, value, strict=True)]
    raise WriteConflict("another value stands there already")


def without_indices(path: str) -> str:
    """Return a concrete path without its indices.

    >>> without_indices("plan.goals[0].objectives[12].id")
    'plan.goals.objectives.id'
    """
    return _INDEX.sub("", path)


def node_at(node: Tree, path: str) -> Tree:
    """Return what stands at a concrete path that `write` gave back; a name may hold points and brackets itself.

    >>> node_at({"a": [{"b": 1}, {"b": 2, "D.O.B.": 3}]}, "a[1].D.O.B.")
    3

    Raises:
        KeyError, IndexError, TypeError: nothing stands there.
    """
    rest = path.removeprefix(".")
    while rest:
        index = _INDEX.match(rest) if isinstance(node, list) else None
        if index:
            node, rest = node[int(index[1])], rest[index.end() :]
        else:
            name = _longest_name(node, rest)
            node, rest = node[name], rest[len(name) :]
        rest = rest.removeprefix(".")
    return node


def _longest_name(node: Tree, path: str) -> str:
    """Return the longest name of an object that a path begins with."""
    fitting = [name for name in node if path.startswith(name) and path[len(name) : len(name) + 1] in ("", ".", "[")]
    if not fitting:
        raise KeyError("no such name")
    longest: str = max(fitting, key=len)
    return longest


def prune(node: dict[str, Tree]) -> tuple[dict[str, Tree], dict[str, str]]:
    """Return the tree without empty objects, empty lists and holes, and the new path of each path that is left."""
    renamed: dict[str, str] = {}
    return pruned(node, "", "", renamed) or {}, renamed


def pruned(node: Tree, old: str, new: str, renamed: dict[str, str]) -> Tree:
    """Return a node without what is empty in it, None where nothing is left; paths that move are noted."""
    if isinstance(node, dict):
        fields = {}
        for key, child in node.items():
            below = pruned(child, _join(old, key), _join(new, key), renamed)
            if below is not None:
                fields[key] = below
        node = fields or None
    elif isinstance(node, list):
        items: list[Tree] = []
        for position, child in enumerate(node):
            below = pruned(child, f"{old}[{position}]", f"{new}[{len(items)}]", renamed)
            if below is not None:
                items.append(below)
        node = items or None
    if node is not None:
        renamed[old] = new
    return node


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def is_plain(name: str) -> bool:
    """Say whether a name can stand in a path without quotes."""
    return _PLAIN_KEY.fullmatch(name) is not None


def leaves(
    node: Tree, at: str = "", shown: str = "", *, known: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str, Tree]]:
    """Yield (concrete path, path to show, value) of every scalar in the tree.

    A key that is no plain name may be data, and shows as `?`; one that holds a point or bracket could be taken for
    a path of several names, and is `?` in both. The names in `known` are a schema's own and stand as they are.
    """
    shown = shown or at
    if isinstance(node, dict):
        for key, child in node.items():
            name = key if key in known or not _OF_PATHS & set(key) else "?"
            told = key if key in known or _PLAIN_KEY.fullmatch(key) else "?"
            yield from leaves(child, _join(at, name), _join(shown, told), known=known)
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from leaves(child, f"{at}[{position}]", f"{shown}[{position}]", known=known)
    else:
        yield at, shown, node
