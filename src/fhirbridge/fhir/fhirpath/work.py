"""What one evaluation holds on its way: the focus, the loop it is in, the scene, the steps it may still take.

Steps are counted, not timed, so that a rule has the same answer on every machine and in every thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import Node, Nodes
from fhirbridge.fhir.fhirpath.scene import Scene

MAX_STEPS = 250_000
"""How many values one evaluation may look at: less than a second's work."""


class Work:
    """One evaluation: its scene, the value it started at, the steps left."""

    __slots__ = ("context", "scene", "steps")

    def __init__(self, scene: Scene, context: Nodes) -> None:
        self.scene = scene
        self.context = context
        self.steps = MAX_STEPS

    def spend(self, count: int) -> None:
        """Take steps.

        Raises:
            NotJudged: none are left.
        """
        self.steps -= count
        if self.steps < 0:
            raise NotJudged("too-long")


class Env:
    """Where an expression stands: `$this` as the focus of its first steps, `$index`, `$total`, and the work."""

    __slots__ = ("index", "this", "total", "work")

    def __init__(self, work: Work, this: Nodes, index: int | None = None, total: Nodes | None = None) -> None:
        self.work = work
        self.this = this
        self.index = index
        self.total = total

    def at(self, item: Node, index: int) -> Env:
        """Return the place inside a loop, at one of its items."""
        self.work.spend(1)
        return Env(self.work, [item], index, self.total)


Step = Callable[[Env], Nodes]
"""A compiled expression."""

TRUE, FALSE = Node("System.Boolean", True), Node("System.Boolean", False)


def truth(answer: bool | None) -> Nodes:
    """Return a truth as a collection; None is the empty one."""
    return [] if answer is None else [TRUE if answer else FALSE]


def made(kind: str, value: Any) -> Nodes:
    """Return a System value as a collection; None is the empty one."""
    return [] if value is None else [Node(f"System.{kind}", value)]


def single(nodes: Nodes) -> Node | None:
    """Return the one item, None of an empty collection.

    Raises:
        NotJudged: there are several.
    """
    if len(nodes) > 1:
        raise NotJudged("expression")
    return nodes[0] if nodes else None


def truth_of(nodes: Nodes) -> bool | None:
    """Return what a collection counts as where a truth is wanted: one item that is no boolean counts as true.

    Raises:
        NotJudged: there are several.
    Source: http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections
    """
    node = single(nodes)
    if node is None:
        return None
    if node.type in ("boolean", "System.Boolean"):
        return node.value if isinstance(node.value, bool) else None
    return True
