"""Functions of collections: existence, subsetting, combining.

Source: http://hl7.org/fhirpath/N1/#existence, #subsetting, #combining
"""

from __future__ import annotations

from collections.abc import Callable

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import Node, Nodes, all_children, descendants_of
from fhirbridge.fhir.fhirpath.values import equal_items, system_of
from fhirbridge.fhir.fhirpath.work import Env, made, single, truth, truth_of

Simple = Callable[..., Nodes]
"""Takes the place, the input and the arguments' values."""


def distinct(env: Env, nodes: Nodes) -> Nodes:
    """Return a collection without repeats, the first of each kept."""
    found: Nodes = []
    seen: set[tuple[str, object]] = set()
    rest: Nodes = []
    for node in nodes:
        value = system_of(node)
        if value and value[0] == "String":
            if value not in seen:
                seen.add(value)
                found.append(node)
        elif not has(env, rest, node):
            rest.append(node)
            found.append(node)
    return found


def has(env: Env, nodes: Nodes, node: Node) -> bool:
    """Say whether a collection has an item equal to this one."""
    env.work.spend(len(nodes) + 1)
    return any(equal_items(other, node) is True for other in nodes)


def _truths(nodes: Nodes) -> list[bool]:
    """Return boolean items as truths; an item that is none cannot be judged."""
    found = [node.value for node in nodes if node.type in ("boolean", "System.Boolean")]
    if len(found) != len(nodes):
        raise NotJudged("expression")
    return [value for value in found if isinstance(value, bool)]


def _number(nodes: Nodes) -> int:
    node = single(nodes)
    value = system_of(node) if node else None
    if value is None or value[0] != "Integer":
        raise NotJudged("expression")
    return int(value[1])


def item(nodes: Nodes, index: Nodes) -> Nodes:
    """Return the item at an index from 0, or nothing."""
    if not index:
        return []
    place = _number(index)
    return nodes[place : place + 1] if place >= 0 else []


def _single(env: Env, focus: Nodes) -> Nodes:
    return [node] if (node := single(focus)) else []


def _take(env: Env, focus: Nodes, count: Nodes) -> Nodes:
    return focus[: max(0, _number(count))]


def _skip(env: Env, focus: Nodes, count: Nodes) -> Nodes:
    return focus[max(0, _number(count)) :]


def _intersect(env: Env, focus: Nodes, other: Nodes) -> Nodes:
    return distinct(env, [node for node in focus if has(env, other, node)])


def _exclude(env: Env, focus: Nodes, other: Nodes) -> Nodes:
    return [node for node in focus if not has(env, other, node)]


def union(env: Env, left: Nodes, right: Nodes) -> Nodes:
    """Return both collections as one without repeats."""
    return distinct(env, [*left, *right])


def _descendants(env: Env, focus: Nodes) -> Nodes:
    found = []
    for node in descendants_of(focus):
        env.work.spend(1)
        found.append(node)
    return found


def _children(env: Env, focus: Nodes) -> Nodes:
    found = [child for node in focus for child in all_children(node)]
    env.work.spend(len(found))
    return found


def _not(env: Env, focus: Nodes) -> Nodes:
    answer = truth_of(focus)
    return truth(None if answer is None else not answer)


def _subset_of(env: Env, focus: Nodes, other: Nodes) -> Nodes:
    return truth(all(has(env, other, node) for node in focus))


def _superset_of(env: Env, focus: Nodes, other: Nodes) -> Nodes:
    return truth(all(has(env, focus, node) for node in other))


COLLECTIONS: dict[str, tuple[int, int, Simple]] = {
    "empty": (0, 0, lambda env, focus: truth(not focus)),
    "not": (0, 0, _not),
    "count": (0, 0, lambda env, focus: made("Integer", len(focus))),
    "allTrue": (0, 0, lambda env, focus: truth(all(_truths(focus)))),
    "anyTrue": (0, 0, lambda env, focus: truth(any(_truths(focus)))),
    "allFalse": (0, 0, lambda env, focus: truth(not any(_truths(focus)))),
    "anyFalse": (0, 0, lambda env, focus: truth(not all(_truths(focus)))),
    "subsetOf": (1, 1, _subset_of),
    "supersetOf": (1, 1, _superset_of),
    "distinct": (0, 0, distinct),
    "isDistinct": (0, 0, lambda env, focus: truth(len(distinct(env, focus)) == len(focus))),
    "single": (0, 0, _single),
    "first": (0, 0, lambda env, focus: focus[:1]),
    "last": (0, 0, lambda env, focus: focus[-1:]),
    "tail": (0, 0, lambda env, focus: focus[1:]),
    "skip": (1, 1, _skip),
    "take": (1, 1, _take),
    "intersect": (1, 1, _intersect),
    "exclude": (1, 1, _exclude),
    "union": (1, 1, union),
    "combine": (1, 1, lambda env, focus, other: [*focus, *other]),
    "children": (0, 0, _children),
    "descendants": (0, 0, _descendants),
}
"""Name: fewest and most arguments, function."""
