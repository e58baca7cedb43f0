"""What a path selects, as text of Python that is still to be written: values, elements of an object, loops.

A ref is one value or one element; a branch is a nest of loops and conditions with the refs inside, of which at most one
is there at a time (the types of a choice); a flow is branches one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from fhirbridge.fhir.elements import Element, elements_of, is_primitive


class NotStraight(Exception):
    """The expression, or this part of it, is left to the interpreter."""


class Nothing(NotStraight):
    """A part that is always empty, so that what is asked of it has no answer."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An element of an object: `owner` is the text of a dict, `cut` the slice of its list that counts."""

    owner: str
    element: Element
    cut: str = ""

    @property
    def type(self) -> str:
        """The type of its values."""
        return self.element.type

    @property
    def is_list(self) -> bool:
        """Whether it may hold several values."""
        return self.element.is_list

    @property
    def found(self) -> str:
        """Text of the value, or None; of a list of values or an empty one."""
        name = repr(self.element.name)
        return f"{self.owner}.get({name}, ()){self.cut}" if self.is_list else f"{self.owner}.get({name})"

    @property
    def inner(self) -> str:
        """Text of the object it holds, an empty one where it holds none."""
        return f"{self.owner}.get({self.element.name!r}, NIL)"

    @property
    def is_there(self) -> str:
        """Text that is true where there is such an element."""
        name = self.element.name
        if self.cut:
            return f"bool({self.found})"
        if is_primitive(self.type):
            return f"({name!r} in {self.owner} or {'_' + name!r} in {self.owner})"
        return f"{name!r} in {self.owner}"


@dataclass(frozen=True, slots=True)
class Value:
    """At most one value: text of it or None; `inner` and `is_there` as with an element, where they differ from it."""

    found: str
    type: str
    there: str = ""

    is_list = False

    @property
    def inner(self) -> str:
        """Text of the object it is."""
        return self.found

    @property
    def is_there(self) -> str:
        """Text that is true where there is a value."""
        return self.there or f"{self.found} is not None"


Ref = Slot | Value


@dataclass(frozen=True, slots=True)
class Branch:
    """Lines that each open a block, and what is selected inside."""

    heads: tuple[str, ...]
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Branches one after the other."""

    branches: tuple[Branch, ...]

    def single(self) -> tuple[Ref, ...]:
        """Return the refs of a flow that selects one value at most.

        Raises:
            NotStraight: it may select several.
        """
        if not self.branches:
            return ()
        if len(self.branches) > 1 or self.branches[0].heads or any(ref.is_list for ref in self.branches[0].refs):
            raise NotStraight
        return self.branches[0].refs

    def refs(self) -> list[Ref]:
        """Return every ref, whatever it stands in."""
        return [ref for branch in self.branches for ref in branch.refs]


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth of three values: text that is true where it is true, and text that is true where it is false."""

    yes: str
    no: str

    @property
    def is_total(self) -> bool:
        """Whether it is true or false in any case."""
        return self.no == f"not ({self.yes})"


def sure(code: str) -> Truth:
    """Return a truth that is never empty."""
    return Truth(code, f"not ({code})")


def only(flow: Flow) -> Ref:
    """Return the one ref of a flow.

    Raises:
        Nothing: there is none.
        NotStraight: there are several, or it may select several values.
    """
    refs = flow.single()
    if not refs:
        raise Nothing
    if len(refs) > 1:
        raise NotStraight
    return refs[0]


def one(ref: Ref) -> Flow:
    """Return the flow of one ref."""
    return Flow((Branch((), (ref,)),))


@cache
def named(type_: str, name: str) -> tuple[Element, ...]:
    """Return the elements of a type that a step finds: by name, or by the name of their choice."""
    return tuple(element for element in elements_of(type_) if name in (element.name, element.choice))


def of_types(flow: Flow, keep: Callable[[str], bool]) -> Flow:
    """Return a flow with only the refs for whose type `keep` is true."""
    kept = (replace(each, refs=tuple(ref for ref in each.refs if keep(ref.type))) for each in flow.branches)
    return Flow(tuple(branch for branch in kept if branch.refs))
