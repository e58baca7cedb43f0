"""Functions that evaluate an expression once for each item: where, select, all, exists, repeat, iif, aggregate.

Source: http://hl7.org/fhirpath/N1/#functions
"""

from __future__ import annotations

from collections.abc import Callable

from fhirbridge.fhir.fhirpath.nodes import Node, Nodes
from fhirbridge.fhir.fhirpath.values import equal_items
from fhirbridge.fhir.fhirpath.work import Env, Step, truth, truth_of

Loop = Callable[[Env, Nodes, tuple[Step, ...]], Nodes]
"""Takes the place, the input and the arguments, not yet evaluated."""


def _kept(env: Env, focus: Nodes, criteria: Step) -> Nodes:
    return [item for index, item in enumerate(focus) if truth_of(criteria(env.at(item, index))) is True]


def _where(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    return _kept(env, focus, arguments[0])


def _exists(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    return truth(bool(_kept(env, focus, arguments[0]) if arguments else focus))


def _select(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    return [found for index, item in enumerate(focus) for found in arguments[0](env.at(item, index))]


def _all(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    return truth(all(truth_of(arguments[0](env.at(item, index))) is True for index, item in enumerate(focus)))


def _repeat(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    found: Nodes = []
    waiting = list(focus)
    while waiting:
        known = len(found)
        for node in _select(env, waiting, arguments):
            if not _is_among(env, node, found):
                found.append(node)
        waiting = found[known:]
    return found


def _is_among(env: Env, node: Node, found: Nodes) -> bool:
    """Say whether an item has been found already; parts of a resource are told apart by which they are."""
    env.work.spend(len(found))
    if isinstance(node.value, dict):
        return any(node.value is other.value for other in found)
    return any(equal_items(node, other) is True for other in found)


def _iif(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    place = Env(env.work, focus, env.index, env.total)
    if truth_of(arguments[0](place)) is True:
        return arguments[1](place)
    return arguments[2](place) if len(arguments) > 2 else []


def _aggregate(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    total = arguments[1](env) if len(arguments) > 1 else []
    for index, item in enumerate(focus):
        env.work.spend(1)
        total = arguments[0](Env(env.work, [item], index, total))
    return total


def _trace(env: Env, focus: Nodes, arguments: tuple[Step, ...]) -> Nodes:
    """Return the input: what a trace would show is data, which goes into no log."""
    return focus


LOOPS: dict[str, tuple[int, int, Loop]] = {
    "where": (1, 1, _where),
    "exists": (0, 1, _exists),
    "select": (1, 1, _select),
    "all": (1, 1, _all),
    "repeat": (1, 1, _repeat),
    "iif": (2, 3, _iif),
    "aggregate": (1, 2, _aggregate),
    "trace": (1, 2, _trace),
}
"""Name: fewest and most arguments, function."""
