"""Where an expression stands while it is written as text, and what it becomes there: a flow or a truth.

Every truth is written twice, as the text that is true where it is true and the text that is true where it is false, so
that an empty answer needs no value of its own. The text reads `v`, the value, and `s`, the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from fhirbridge.fhir.fhirpath.interpret import constant_of, interpreted
from fhirbridge.fhir.fhirpath.straight.flows import Flow, Nothing, NotStraight, Ref, Truth, Value, one
from fhirbridge.fhir.fhirpath.straight.writer import Writer
from fhirbridge.fhir.fhirpath.syntax import Expression, Literal, Special, Variable
from fhirbridge.fhir.fhirpath.types import kind_of

Result = Flow | Truth


NO_ANSWER = Truth("False", "False")
"""The truth of what is always empty."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The writer, what `$this` is, who writes which kind of expression, and in how many loops it stands."""

    writer: Writer
    this: Value
    handlers: Mapping[type, Handler]
    depth: int = 0

    def translate(self, expression: Expression) -> Result:
        """Return an expression as text.

        Raises:
            NotStraight: it is left to the interpreter.
        """
        handler = self.handlers.get(type(expression))
        if handler is None:
            raise NotStraight
        return handler(expression, self)

    def flow(self, expression: Expression | None) -> Flow:
        """Return what an expression selects; None stands for `$this`."""
        found = self.translate(expression) if expression is not None else one(self.this)
        if isinstance(found, Truth):
            raise NotStraight
        return found

    def truth(self, expression: Expression) -> Truth:
        """Return an expression as a truth, from the interpreter where it must be."""
        try:
            found = self.translate(expression)
            return found if isinstance(found, Truth) else as_truth(found)
        except Nothing:
            return NO_ANSWER
        except NotStraight:
            return self._judged(expression)

    def _judged(self, expression: Expression) -> Truth:
        writer = self.writer
        if self.this.found != "v" and names_place(expression):
            raise NotStraight  # the interpreter would not know where in the loop it is
        writer.is_whole = False
        step = writer.hold(interpreted(expression))
        call = f"judged({step}, ({self.this.type!r}, {self.this.found}), ({writer.type!r}, v), s)"
        return Truth(f"{call} is True", f"{call} is False")

    def at(self, ref: Ref) -> Scope:
        """Return the scope of an item."""
        if not isinstance(ref, Value):
            raise NotStraight
        return replace(self, this=ref, depth=self.depth + 1)


def names_place(expression: Any) -> bool:
    """Say whether an expression speaks of `$index` or `$total`."""
    if isinstance(expression, Special):
        return expression.name != "this"
    if isinstance(expression, tuple):
        return any(names_place(each) for each in expression)
    if not is_dataclass(expression):
        return False
    return any(names_place(getattr(expression, each.name)) for each in fields(expression))


Handler = Callable[[Any, Scope], Result]
"""Writes one kind of expression."""


def as_truth(flow: Flow) -> Truth:
    """Return a flow of at most one value as a truth: what is no boolean counts as true."""
    refs = flow.single()
    yes = [f"{ref.found} is True" if kind_of(ref.type) == "Boolean" else ref.is_there for ref in refs]
    no = [f"{ref.found} is False" for ref in refs if kind_of(ref.type) == "Boolean"]
    return Truth(" or ".join(yes) or "False", " or ".join(no) or "False")


def constant(expression: Expression) -> Literal | None:
    """Return a text or number that is written in the expression or stands for a variable such as `%ucum`."""
    if isinstance(expression, Variable):
        text = constant_of(expression.name)
        return None if text is None else Literal("System.String", text)
    is_plain = isinstance(expression, Literal) and expression.type in ("System.String", "System.Integer")
    return expression if isinstance(expression, Literal) and is_plain else None


def literal_of(expression: Expression) -> Any:
    """Return the text or number written in an expression.

    Raises:
        NotStraight: it is none.
    """
    literal = constant(expression)
    if literal is None:
        raise NotStraight
    return literal.value
