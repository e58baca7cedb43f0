"""Collects the functions that loops become, and the objects that the text names. One writer writes one expression.

Every name it makes is new in this process, so that the text of several expressions may stand in one function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.fhirpath.scene import NO_SCENE
from fhirbridge.fhir.fhirpath.straight.flows import Branch, Flow, Ref, Slot, Truth, Value, sure
from fhirbridge.fhir.fhirpath.straight.running import RUNNING

_NUMBERS = count(1)
_MANY_TYPES = 4
"""A choice of so many types is looked for by its keys as a set."""


class Writer:
    """What has been written for one expression so far.

    `is_whole`: nothing is left to the interpreter; `may_refuse`: it may have no answer, or asks the scene; `repeats`: a
    flow may hold one value twice where FHIRPath has it once.
    """

    def __init__(self, type_: str) -> None:
        self.type = type_
        self.objects: dict[str, Any] = dict(RUNNING)
        self.functions: list[str] = []
        self.is_whole = True
        self.may_refuse = False
        self.repeats = False

    # -- names

    def name(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        return f"{prefix}{next(_NUMBERS)}_"

    def hold(self, what: Any) -> str:
        """Return the name of an object."""
        name = self.name("k")
        self.objects[name] = what
        return name

    # -- functions

    def function(self, body: Iterable[str]) -> str:
        """Write a function and return the text that calls it; what it uses of the place it is called at it is given."""
        lines = [f"  {line}" for line in body]
        given = sorted(_free_names("if 1:\n" + "\n".join(lines)) - self.objects.keys() - _BUILTINS)
        name = self.name("f")
        self.functions.append("\n".join([f"def {name}({', '.join(given)}):", *lines]))
        self.objects[name] = None
        return f"{name}({', '.join(given)})"

    def defined(self) -> dict[str, Any]:
        """Return every object the text names, with the functions made ready."""
        if self.functions:
            exec(compile("\n".join(self.functions), "<fhirpath>", "exec"), self.objects)  # noqa: S102
            self.functions.clear()
        return self.objects

    def entry(self, body: Sequence[str]) -> Any:
        """Return a function of value and scene."""
        self.objects["NO_SCENE"] = NO_SCENE
        self.functions.append("\n".join(["def entry(v, s=NO_SCENE):", *(f"  {line}" for line in body)]))
        return self.defined()["entry"]

    # -- flows as loops

    def nest(self, branch: Branch, body: Callable[[Ref], list[str]]) -> list[str]:
        """Return the lines of a branch with a body for each of its refs."""
        lines, indent = [], ""
        for head in branch.heads:
            lines.append(indent + head)
            indent += " "
        return lines + [indent + line for ref in branch.refs for line in body(ref)]

    def items(self, flow: Flow) -> Flow:
        """Return a flow whose refs are single values, each with a name of its own.

        A primitive with something beside it may lack a value: such an object is left to the interpreter.
        """
        return Flow(tuple(self._item(branch.heads, ref) for branch in flow.branches for ref in branch.refs))

    def _item(self, heads: tuple[str, ...], ref: Ref) -> Branch:
        if isinstance(ref, Value):
            return Branch((*heads, f"if {ref.is_there}:"), (ref,)) if ref.found != "v" else Branch(heads, (ref,))
        name, found = self.name("x"), ref.found
        if is_primitive(ref.type):
            found = f"({found} if {'_' + ref.element.name!r} not in {ref.owner} else odd())"
        head = f"for {name} in {found}:" if ref.is_list else f"if ({name} := {found}) is not None:"
        return Branch((*heads, head), (Value(name, ref.type),))

    def inside(self, ref: Ref) -> tuple[tuple[str, ...], str]:
        """Return the heads and the text of the object whose children are wanted."""
        if not ref.is_list:
            return (), ref.inner
        name = self.name("x")
        return (f"for {name} in {ref.found}:",), name

    # -- what flows tell

    def exists(self, flow: Flow) -> Truth:
        """Return whether a flow selects anything."""
        plain = [self.any_of(branch.refs) for branch in flow.branches if not branch.heads]
        loops = [branch for branch in flow.branches if branch.heads]
        if loops:
            lines = [line for each in loops for line in self.nest(each, lambda ref: _returning(ref))]
            plain.append(self.function([*lines, "return False"]))
        return sure(" or ".join(plain) or "False")

    def any_of(self, refs: tuple[Ref, ...]) -> str:
        """Return text that is true where one of the refs is there."""
        slots = [ref for ref in refs if isinstance(ref, Slot)]
        if len(slots) == len(refs) >= _MANY_TYPES and len({slot.owner for slot in slots}) == 1:
            keys = frozenset(key for slot in slots for key in _keys(slot))
            return f"not {slots[0].owner}.keys().isdisjoint({self.hold(keys)})"
        return " or ".join(ref.is_there for ref in refs) or "False"

    def count(self, flow: Flow) -> str:
        """Return text of the number of values a flow selects."""
        plain = [_size(ref) for branch in flow.branches if not branch.heads for ref in branch.refs]
        loops = [branch for branch in flow.branches if branch.heads]
        if loops:
            lines = [line for each in loops for line in self.nest(each, lambda ref: [f"n += {_size(ref)}"])]
            plain.append(self.function(["n = 0", *lines, "return n"]))
        return f"({' + '.join(plain) or '0'})"

    def values(self, flow: Flow) -> str:
        """Return text of the list of values a flow selects."""
        lines = [line for each in flow.branches for line in self.nest(each, _appending)]
        return self.function(["out = []", *lines, "return out"])


def _returning(ref: Ref) -> list[str]:
    return [f"if {ref.is_there}: return True"]


def _appending(ref: Ref) -> list[str]:
    return [f"out += {ref.found}"] if ref.is_list else [f"if {ref.is_there}: out.append({ref.found})"]


def _size(ref: Ref) -> str:
    if not isinstance(ref, Slot) or not ref.is_list:
        return f"({ref.is_there})"
    if is_primitive(ref.type):
        return f"len({ref.owner}.get({ref.element.name!r}) or {ref.owner}.get({'_' + ref.element.name!r}, ()))"
    return f"len({ref.found})"


def _keys(slot: Slot) -> Iterable[str]:
    name = slot.element.name
    return (name, f"_{name}") if is_primitive(slot.type) else (name,)


def _free_names(text: str) -> set[str]:
    """Return the names that a text reads and does not set itself."""
    names = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - made


_BUILTINS = frozenset({"len", "bool", "set"})
