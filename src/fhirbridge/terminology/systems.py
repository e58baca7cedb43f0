"""What a code system is: concepts and whose children they are, ready to look up.

Laws of this file: every walk over concepts is linear and ends, whatever the parents say; the first concept with a
code is the one. The structs are what the committed table of R4 holds, so their short names are its file format.
Source: http://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Protocol

import msgspec

from fhirbridge.terminology.answers import FRAGMENT, Known

WHOLE = "complete"
"""The content of a code system whose every code is loaded."""


class Designation(msgspec.Struct, frozen=True, array_like=True):
    """Another word for a concept: its language and use where they are known."""

    value: str
    language: str = ""
    use: str = ""


class Property(msgspec.Struct, frozen=True, array_like=True):
    """A property of a concept: `kind` is the element that FHIR has it in, such as `valueCode`."""

    code: str
    kind: str
    value: str | bool | int | float


class Concept(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "code": "c",
        "display": "d",
        "parents": "p",
        "is_abstract": "a",
        "is_inactive": "i",
        "definition": "t",
        "designations": "n",
        "properties": "v",
    },
):
    """One concept; `is_abstract` says that it is not to be chosen, `is_inactive` that it is no longer in use."""

    code: str
    display: str = ""
    parents: tuple[str, ...] = ()
    is_abstract: bool = False
    is_inactive: bool = False
    definition: str = ""
    designations: tuple[Designation, ...] = ()
    properties: tuple[Property, ...] = ()


class CodeSystem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code system as it was published; `content` is `complete`, `fragment`, `example` or `not-present`."""

    url: str
    version: str = ""
    name: str = ""
    content: str = WHOLE
    is_case_sensitive: bool = True
    concepts: tuple[Concept, ...] = ()


class System(Protocol):
    """What can be asked of a code system, be it a list of concepts or a grammar."""

    @property
    def url(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def name(self) -> str: ...

    def has(self, code: str) -> Known:
        """Say whether the code is one of this system."""
        ...

    def find(self, code: str) -> Concept | None:
        """Return the concept of a code, where it is listed."""
        ...

    @property
    def has_own_displays(self) -> bool:
        """Whether its displays are the only right ones."""
        ...


class ListedSystem:
    """A code system whose concepts are listed, with their family."""

    def __init__(self, source: CodeSystem) -> None:
        self.url, self.version, self.name = source.url, source.version, source.name
        self.is_whole = source.content == WHOLE
        self.has_own_displays = True
        self._is_case_sensitive = source.is_case_sensitive
        self._concepts: dict[str, Concept] = {}
        for concept in source.concepts:
            self._concepts.setdefault(self.folded(concept.code), concept)

    def folded(self, code: str) -> str:
        """Return the code as it is looked up: lower case where the system makes no difference."""
        return code if self._is_case_sensitive else code.casefold()

    def has(self, code: str) -> Known:
        """Say whether the code is listed; where only a part of the system is, a code that is not stays unknown."""
        return self.folded(code) in self._concepts or (FRAGMENT if not self.is_whole else False)

    def find(self, code: str) -> Concept | None:
        """Return the concept of a code."""
        return self._concepts.get(self.folded(code))

    def iter_concepts(self) -> Iterator[Concept]:
        """Return the concepts in the order of the definition."""
        return iter(self._concepts.values())

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Folded code of a parent -> folded codes of its children, in order."""
        found: dict[str, list[str]] = {}
        for code, concept in self._concepts.items():
            for parent in dict.fromkeys(map(self.folded, concept.parents)):
                found.setdefault(parent, []).append(code)
        return found

    def descendants(self, code: str) -> frozenset[str]:
        """Return the folded codes of all that stands below a concept, the concept itself left out."""
        return frozenset(_reached(self.folded(code), lambda each: self.children.get(each, ())))

    def ancestors(self, code: str) -> frozenset[str]:
        """Return the folded codes of all that stands above a concept, the concept itself left out."""
        return frozenset(_reached(self.folded(code), self._parents))

    def _parents(self, code: str) -> Iterable[str]:
        concept = self._concepts.get(code)
        return map(self.folded, concept.parents) if concept else ()


class _Step(Protocol):
    def __call__(self, code: str, /) -> Iterable[str]: ...


def _reached(start: str, step: _Step) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = [each for each in step(waiting.pop()) if each not in found and each != start]
        found.update(new)
        waiting.extend(new)
    return found
