"""A base document with some of its values changed, as the `with:` of a test says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

from fhirbridge.mapping.paths import Tree

_TOKEN = re.compile(r'"([^"]*)"|([^.\[\]"]+)|\[(\d+)\]')


class CannotChange(ValueError):
    """The base has nothing at the path that could be changed; the text is the path."""


def changed(tree: Tree, changes: Mapping[str, Any], root: str) -> Tree:
    """Return a copy of a tree with other values at some paths; None takes away what stands there.

    Args:
        root: the word that paths begin with; "" where they begin with a name or an index.

    Raises:
        CannotChange: something on the way to the path is missing and is no field.

    >>> changed({"a": [{"b": 1}, {"b": 2}]}, {"doc.a[1].b": 3, "doc.c.d": 4, "doc.a[0]": None}, "doc")
    {'a': [{'b': 3}], 'c': {'d': 4}}
    """
    copy = deepcopy(tree)
    taken = [path for path, value in changes.items() if value is None]
    for path, value in changes.items():
        if value is not None:
            _set(copy, _steps(path, root), deepcopy(value), path)
    for path in sorted(taken, key=_positions, reverse=True):
        _take(copy, _steps(path, root))
    return copy


def steps_of(path: str) -> list[str | int]:
    """Return the names and indices of a path.

    >>> steps_of('doc."Rx No"[0].dose')
    ['doc', 'Rx No', 0, 'dose']
    """
    return [int(index) if index else quoted or name for quoted, name, index in _TOKEN.findall(path)]


def _steps(path: str, root: str) -> list[str | int]:
    steps = steps_of(path)
    return steps[1:] if root and steps[:1] == [root] else steps


def _positions(path: str) -> tuple[int, ...]:
    return tuple(int(index) for index in re.findall(r"\[(\d+)\]", path))


def _set(node: Tree, steps: list[str | int], value: Any, path: str) -> None:
    for step, following in pairwise(steps):
        node = _child(node, step, [] if isinstance(following, int) else {}, path)
    _child(node, steps[-1], value, path, replaced=True)


def _child(node: Tree, step: str | int, fresh: Any, path: str, *, replaced: bool = False) -> Tree:
    """Return what stands at one step, made when it is missing and may be."""
    if isinstance(step, int) and isinstance(node, list) and step <= len(node):
        if step == len(node):
            node.append(fresh)
        elif replaced:
            node[step] = fresh
        return node[step]
    if isinstance(step, str) and isinstance(node, dict):
        if replaced:
            node[step] = fresh
        return node.setdefault(step, fresh)
    raise CannotChange(path)


def _take(node: Tree, steps: list[str | int]) -> None:
    for step in steps[:-1]:
        node = _find(node, step)
    last = steps[-1]
    if isinstance(node, dict) and isinstance(last, str):
        node.pop(last, None)
    elif isinstance(node, list) and isinstance(last, int) and last < len(node):
        del node[last]


def _find(node: Tree, step: str | int) -> Tree:
    if isinstance(node, dict):
        return node.get(step) if isinstance(step, str) else None
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
