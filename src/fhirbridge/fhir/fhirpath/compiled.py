"""The front door: an expression for values of one type, ready to select from them or to judge them.

It is written as straight Python where that can be done, at the first question, and left to the interpreter elsewhere.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

from fhirbridge.fhir.fhirpath.faults import CannotCompile, NotJudged
from fhirbridge.fhir.fhirpath.interpret import interpreted
from fhirbridge.fhir.fhirpath.nodes import Nodes, node_of
from fhirbridge.fhir.fhirpath.parser import parse
from fhirbridge.fhir.fhirpath.scene import NO_SCENE, Scene, Typed
from fhirbridge.fhir.fhirpath.straight.front import (
    SHAPE,
    Holds,
    Select,
    Straight,
    straight_select,
    straight_truth,
)
from fhirbridge.fhir.fhirpath.types import is_known
from fhirbridge.fhir.fhirpath.work import Env, Work


class Compiled:
    """An expression compiled for values of one type."""

    def __init__(self, expression: str, type_: str) -> None:
        self.expression = expression
        self.type = type_
        self._tree = parse(expression)
        self._step = interpreted(self._tree)

    @cached_property
    def straight(self) -> Straight | None:
        """The expression as Python that says whether it is true; None where the interpreter judges it."""
        return straight_truth(self._tree, self.type, self.interpret)

    @cached_property
    def test(self) -> Holds:
        """`holds` as a plain function, for whoever asks it often."""
        return self.straight.holds if self.straight else self.interpret

    @cached_property
    def plain_test(self) -> Holds | None:
        """`test` where it asks the scene for nothing and never raises, else None.

        A value that has not the shape of its type passes where it cannot be read: that is a fault of its own.
        """
        if self.straight is None or not self.straight.is_plain:
            return None
        return self.straight.with_otherwise(self._misshapen)

    def _misshapen(self, value: Any, scene: Scene) -> bool:
        try:
            return self.interpret(value, scene)
        except NotJudged:
            return True

    @cached_property
    def _select(self) -> Select:
        return straight_select(self._tree, self.type, self.interpret_select) or self.interpret_select

    def select(self, value: Any, scene: Scene = NO_SCENE) -> list[Typed]:
        """Return what the expression selects from a value, each with its type; no primitive without a value.

        Raises:
            NotJudged: there is no answer here.
        """
        return self._select(value, scene)

    def holds(self, value: Any, scene: Scene = NO_SCENE) -> bool:
        """Say whether the expression is true of a value; empty is not true, as HL7's validator has it.

        Raises:
            NotJudged: there is no answer here.
        """
        return self.test(value, scene)

    # -- the interpreter, which judges the straight code too

    def interpret(self, value: Any, scene: Scene = NO_SCENE) -> bool:
        """Do as `holds` does, always by the interpreter."""
        found = self._nodes(value, scene)
        if len(found) == 1 and found[0].type in ("boolean", "System.Boolean"):
            return found[0].value is True
        return bool(found)

    def interpret_select(self, value: Any, scene: Scene = NO_SCENE) -> list[Typed]:
        """Do as `select` does, always by the interpreter."""
        return [(node.type, node.value) for node in self._nodes(value, scene) if node.value is not None]

    def _nodes(self, value: Any, scene: Scene) -> Nodes:
        nodes = [node_of(self.type, value)]
        try:
            return self._step(Env(Work(scene, nodes), nodes))
        except SHAPE:
            raise NotJudged("shape") from None


@lru_cache(maxsize=8192)
def compile_path(expression: str, type_: str) -> Compiled:
    """Return an expression compiled for values of a type: a resource, a data type, a primitive or a path of a part.

    Raises:
        CannotCompile: the expression is no FHIRPath, asks for something unknown, or the type is no R4 type.
    """
    if not is_known(type_):
        raise CannotCompile(f"unknown type {type_}")
    return Compiled(expression, type_)
