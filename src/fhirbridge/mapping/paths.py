"""Reading and writing trees along bound paths. Lists grow as needed.

A selector filters when read and is made true when written.
`[]` takes its index from the indices of the item being translated, so all rows of one list stay in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.mapping.model import Step, Steps, Where

Tree = Any
"""Nested dict, list and scalars, as the formats parse them."""

MAX_ITEMS = 10_000
"""More items than this in one list are not looked at by a map; the intake's size limit stops such a message first."""


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
    if not isinstance(items, list):
        return
    for position, item in enumerate(items[:MAX_ITEMS]):
        if step.index is not None and position != step.index:
            continue
        if all(_holds(item, where) for where in step.where):
            yield position, item


def _holds(item: Tree, where: Where) -> bool:
    return any(value == where.value for _, _, value in read(item, where.steps))


def write(node: dict[str, Tree], steps: Steps, indices: tuple[int, ...], value: Tree) -> str:
    """Write a value and return its concrete path. An object written onto an object adds its fields.

    Raises:
        WriteConflict: another value stands there.
    """
    at, left = "", list(indices)
    target: dict[str, Tree] = node
    for step in steps[:-1]:
        target, at = _descend(target, step, left, at)
    last = steps[-1]
    path = f"{at}.{last.name}" if at else last.name
    if not last.is_many:
        target[last.name] = _merged(target.get(last.name), value)
        return path
    items = target.setdefault(last.name, [])
    position = _position(items, last, left, {} if isinstance(value, dict) else None)
    items[position] = _merged(items[position], value)
    return f"{path}[{position}]"


def _descend(node: dict[str, Tree], step: Step, indices: list[int], at: str) -> tuple[dict[str, Tree], str]:
    path = f"{at}.{step.name}" if at else step.name
    if not step.is_many:
        return node.setdefault(step.name, {}), path
    items = node.setdefault(step.name, [])
    position = _position(items, step, indices, {})
    return items[position], f"{path}[{position}]"


def _position(items: list[Tree], step: Step, indices: list[int], empty: Tree) -> int:
    """Return where in the list the step points, making the list longer when it is too short."""
    wanted = indices.pop(0) if step.each else step.index or 0
    if not step.where:
        while len(items) <= wanted:
            items.append({} if empty is not None else None)
        return wanted
    matching = [position for position, item in enumerate(items) if all(_holds(item, w) for w in step.where)]
    while len(matching) <= wanted:
        item: dict[str, Tree] = {}
        for where in step.where:
            write(item, where.steps, (), where.value)
        items.append(item)
        matching.append(len(items) - 1)
    return matching[wanted]


def _merged(present: Tree, value: Tree) -> Tree:
    if present is None or present == {} or present == value:
        return value
    if isinstance(present, dict) and isinstance(value, dict):
        return {**present, **{key: _merged(present.get(key), item) for key, item in value.items()}}
    if isinstance(present, list) and isinstance(value, list) and len(present) == len(value):
        return [_merged(old, new) for old, new in zip(present, value, strict=True)]
    raise WriteConflict("another value stands there already")


def prune(node: dict[str, Tree]) -> tuple[dict[str, Tree], dict[str, str]]:
    """Return the tree without empty objects, empty lists and holes, and the new path of each path that is left.

    The second part is empty when no list item was dropped, which means that no path changed.
    """
    renamed: dict[str, str] = {}
    dropped: list[str] = []
    tree = _pruned(node, "", "", renamed, dropped)
    return tree or {}, renamed if dropped else {}


def _pruned(node: Tree, old: str, new: str, renamed: dict[str, str], dropped: list[str]) -> Tree:
    if isinstance(node, dict):
        fields = {}
        for key, child in node.items():
            below = _pruned(child, _join(old, key), _join(new, key), renamed, dropped)
            if below is not None:
                fields[key] = below
        node = fields or None
    elif isinstance(node, list):
        items: list[Tree] = []
        for position, child in enumerate(node):
            below = _pruned(child, f"{old}[{position}]", f"{new}[{len(items)}]", renamed, dropped)
            if below is None:
                dropped.append(old)
            else:
                items.append(below)
        node = items or None
    if node is not None:
        renamed[old] = new
    return node


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def leaves(node: Tree, at: str = "") -> Iterator[str]:
    """Yield the concrete path of every scalar in the tree."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, f"{at}.{key}" if at else key)
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from leaves(child, f"{at}[{position}]")
    else:
        yield at
