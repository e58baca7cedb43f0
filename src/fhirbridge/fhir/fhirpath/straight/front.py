"""An expression as a Python function, or None where it is left to the interpreter as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.fhirpath.nodes import Primitive
from fhirbridge.fhir.fhirpath.scene import Scene, Typed
from fhirbridge.fhir.fhirpath.straight.calls import CALLS
from fhirbridge.fhir.fhirpath.straight.flows import Flow, Nothing, NotStraight, Ref, Truth, Value
from fhirbridge.fhir.fhirpath.straight.operators import OPERATORS
from fhirbridge.fhir.fhirpath.straight.scope import NO_ANSWER, as_truth
from fhirbridge.fhir.fhirpath.straight.scope import Scope as Place
from fhirbridge.fhir.fhirpath.straight.steps import STEPS
from fhirbridge.fhir.fhirpath.straight.writer import Writer
from fhirbridge.fhir.fhirpath.syntax import Expression

_HANDLERS = {**STEPS, **CALLS, **OPERATORS}

Holds = Callable[[Any, Scene], bool]
Select = Callable[[Any, Scene], list[Typed]]


@dataclass(frozen=True, slots=True)
class Straight:
    """A truth as Python: text over `v` and `s`, the objects it names, the function.

    `is_plain` where it asks the scene for nothing and always has an answer.
    """

    text: str
    objects: dict[str, Any]
    holds: FunctionType
    is_plain: bool

    def with_otherwise(self, otherwise: Holds) -> Holds:
        """Return the function with another one that judges a value that has not the shape of its type."""
        names = {**self.objects, "interpreter": otherwise}
        return FunctionType(self.holds.__code__, names, "entry", self.holds.__defaults__)


SHAPE = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError)
"""What a value of another shape than its type has makes Python raise."""


def straight_truth(expression: Expression, type_: str, otherwise: Holds) -> Straight | None:
    """Return an expression as a Python function that says whether it is true, or None where none can be written.

    `otherwise` judges a value that has not the shape of its type.
    """
    writer = Writer(type_)
    place = Place(writer, root_of(type_), _HANDLERS)
    try:
        found = place.translate(expression)
        text = (found if isinstance(found, Truth) else as_truth(found)).yes
    except Nothing:
        text = NO_ANSWER.yes
    except NotStraight:
        return None
    writer.objects.update(interpreter=otherwise, Primitive=Primitive, SHAPE=SHAPE)
    aside = ["if v.__class__ is Primitive: return interpreter(v, s)"] if is_primitive(type_) else []
    try:
        holds = writer.entry([*aside, "try:", f" return {text}", "except SHAPE:", " return interpreter(v, s)"])
    except SyntaxError:  # Python allows 200 brackets inside each other
        return None
    return Straight(text, writer.objects, holds, writer.is_whole and not writer.may_refuse)


def straight_select(expression: Expression, type_: str, otherwise: Select) -> Select | None:
    """Return an expression as a Python function that selects, or None where none can be written."""
    writer = Writer(type_)
    if is_primitive(type_):
        return None
    try:
        found = Place(writer, root_of(type_), _HANDLERS).translate(expression)
        if isinstance(found, Truth) or not _is_plain_path(found):
            return None
    except NotStraight:
        return None
    lines = [line for branch in found.branches for line in writer.nest(branch, _giving)]
    writer.objects.update(interpreter=otherwise, SHAPE=SHAPE)
    body = [f" {line}" for line in ("out = []", *lines, f"return {'once(out)' if writer.repeats else 'out'}")]
    select: Select = writer.entry(["try:", *body, "except SHAPE:", " return interpreter(v, s)"])
    return select


def root_of(type_: str) -> Value:
    """Return the value an expression starts at: it is there, but a primitive may lack its value."""
    return Value("v", type_, "" if is_primitive(type_) else "True")


def _is_plain_path(flow: Flow) -> bool:
    """Say whether all that is selected is of a type that is known before it is met."""
    unknown = ("System.", "Resource", "DomainResource")
    return not any(ref.type.startswith(unknown[0]) or ref.type in unknown for ref in flow.refs())


def _giving(ref: Ref) -> list[str]:
    if ref.is_list:
        return [f"for y in {ref.found}:", f" if y is not None: out.append(({ref.type!r}, y))"]
    return [f"if (y := {ref.found}) is not None: out.append(({ref.type!r}, y))"]
