"""Functions for the types, compiled when a type is first met and kept for the life of the process.

Nothing is read from or written to a disk: to make and compile the text of a type takes about a millisecond, less than
to find, trust and load it from a file (docs/adr/0018). Two threads that meet a type at once compile it twice and keep
either; both do the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhirbridge.fhir.elements import elements_of, is_primitive
from fhirbridge.fhir.fhirpath import NO_SCENE
from fhirbridge.validation.structure import faults, quick, values
from fhirbridge.validation.structure.source import ANY, Hooks, Names, function_name, source_of


class Program:
    """The compiled types of one mode.

    Args:
        names: what the mode adds to, or puts in place of, the names that generated code refers to.
    """

    def __init__(self, names: Mapping[str, Any], hooks: Hooks) -> None:
        self._hooks = hooks
        self._compiled: dict[str, Any] = {}
        self._globals: dict[str, Any] = {
            **quick.NAMES,
            **{name: getattr(values, name) for name in _VALUES},
            **{name: getattr(faults, name) for name in _FAULTS},
            "ANY": ANY,
            "NO_SCENE": NO_SCENE,
            **names,
        }

    def function(self, type_: str) -> Any:
        """Return the function for a type, `(value, state) -> faults or None`; a Reference takes its targets too."""
        found = self._compiled.get(type_)
        if found is None:
            self._compile(type_)
            found = self._compiled[type_] = self._globals[function_name(type_)]
        return found

    def _stub(self, type_: str) -> None:
        """Give a type, that is not compiled yet, a function that compiles it when it is called."""

        def first(*arguments: Any) -> Any:
            return self.function(type_)(*arguments)

        self._globals.setdefault(function_name(type_), first)

    def _compile(self, type_: str) -> None:
        names = Names(type_)
        text = source_of(type_, names, self._hooks)
        for child in {each.type for each in elements_of(type_) if not is_primitive(each.type)} - {"Resource"}:
            self._stub(child)
        self._globals.update(names.found)
        exec(compile(text, f"<{type_}>", "exec"), self._globals)  # noqa: S102 our own text: see `source`


_VALUES = ("NOTHING", "primitive", "primitives", "unlisted", "no_object", "choice")
_FAULTS = ("note", "EMPTY", "REQUIRED", "CODING", "EXTENSION")
