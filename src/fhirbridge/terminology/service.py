"""The terminology service: what is loaded answers about codes, and says when it cannot.

Cheap to make and safe to share between threads: resources are read and value sets compiled when they are first asked
for. Knows no file but the table that ships, and no network.
Laws of this file: not loaded is never taken for right or wrong.
Source: http://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, Literal

from fhirbridge.terminology.answers import (
    ABSTRACT,
    CODE_UNKNOWN,
    INACTIVE,
    NOT_IN_SET,
    NOT_LISTED,
    SYSTEM_NOT_IN_SET,
    SYSTEM_UNKNOWN,
    VERSION_UNKNOWN,
    Coding,
    NotKnown,
    Verdict,
    is_same_display,
)
from fhirbridge.terminology.core import core_shelf
from fhirbridge.terminology.expansion import Expansion, Wish, expand
from fhirbridge.terminology.membership import Compiler, Members
from fhirbridge.terminology.model import CodeTable
from fhirbridge.terminology.shelf import Entry, Shelf, Source, source_of
from fhirbridge.terminology.systems import Concept, ListedSystem, System
from fhirbridge.terminology.translation import ConceptMap, Match, map_of_table, translate, translate_back

__all__ = ["Coding", "NotKnown", "Source", "Terminology", "Verdict"]

EVERYTHING = Wish()
Subsumption = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]


class Terminology:
    """Code systems, value sets and concept maps, and the questions that can be asked of them."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._compiler = Compiler(shelf)

    @classmethod
    def core(cls) -> Terminology:
        """Return the terminology that ships: R4's own, as far as it may be shipped."""
        return _core()

    def with_resources(self, trees: Iterable[Any]) -> Terminology:
        """Return a terminology with these resources before its own; what is no terminology is passed over."""
        return self.with_sources(map(source_of, trees))

    def with_sources(self, sources: Iterable[Source]) -> Terminology:
        """Return a terminology with these resources, not parsed yet, before its own; of one URL the first is taken."""
        shelf = Shelf(self._shelf)
        for source in sources:
            shelf.add(source)
        return Terminology(shelf)

    def with_tables(self, tables: Iterable[CodeTable]) -> Terminology:
        """Return a terminology with code tables as concept maps before its own; of one URL the first is taken."""
        shelf = Shelf(self._shelf)
        for map_ in map(map_of_table, tables):
            shelf.concept_maps.add(map_.url, Entry(map_.version, partial(_same, map_)))
        return Terminology(shelf)

    # -- codes

    def is_known(self, value_set: str) -> bool:
        """Say whether a value set is loaded, in the version that its canonical names if it names one."""
        return self._compiler.members(value_set).source is not None

    def validate(self, value_set: str, coding: Coding) -> Verdict:
        """Return whether a coding is in a value set (canonical URL, with or without `|version`), display included."""
        members = self._compiler.members(value_set)
        found = members.contains(coding)
        if found is True:
            return self._judged("in", coding, members)
        if found is False:
            reason = self._why_out(coding, members)
            return Verdict("not-checked" if reason == VERSION_UNKNOWN else "out", reason)
        return Verdict("not-checked", found)

    def validate_in_system(self, coding: Coding) -> Verdict:
        """Return whether a coding's code is one of its system, display included."""
        system = self._system_of(coding)
        found = system.has(coding.code) if system else SYSTEM_UNKNOWN
        if found is True:
            return self._judged("in", coding, None)
        if found is False:
            is_other = self._is_other_version(coding, system)
            return Verdict("not-checked", VERSION_UNKNOWN) if is_other else Verdict("out", CODE_UNKNOWN)
        return Verdict("not-checked", found)

    def find_system(self, url: str, version: str = "") -> System | None:
        """Return a code system that is loaded."""
        return self._shelf.find_system(url, version)

    def find_concept(self, coding: Coding) -> Concept | None:
        """Return the concept of a coding, where its system is loaded and lists it."""
        system = self._system_of(coding)
        return system.find(coding.code) if system else None

    def subsumes(self, system: str, code_a: str, code_b: str) -> Subsumption:
        """Return how two codes of a system stand to each other.

        Raises:
            NotKnown: the system is not loaded, has no such codes or no order between them.
        """
        found = self._shelf.find_system(system)
        if found is None:
            raise NotKnown(SYSTEM_UNKNOWN)
        for answer in map(found.has, (code_a, code_b)):
            if answer is not True:
                raise NotKnown(answer or CODE_UNKNOWN)
        if not isinstance(found, ListedSystem):
            raise NotKnown(NOT_LISTED)
        one, other = found.folded(code_a), found.folded(code_b)
        if one == other:
            return "equivalent"
        if other in found.descendants(one):
            return "subsumes"
        return "subsumed-by" if one in found.descendants(other) else "not-subsumed"

    # -- value sets

    def expand(self, value_set: str, wish: Wish = EVERYTHING) -> Expansion:
        """Return the codes of a value set that fit a wish.

        Raises:
            NotKnown: they cannot be counted out, or are too many for one answer.
        """
        return expand(self._compiler.members(value_set), wish)

    # -- concept maps

    def find_map(self, url: str) -> ConceptMap | None:
        """Return the concept map of a canonical URL, with or without version."""
        plain, _, version = url.partition("|")
        return self._shelf.concept_maps.find(plain, version)

    def translate(self, map_: ConceptMap, coding: Coding) -> list[Match]:
        """Return what a code becomes by a map, the nearest first."""
        return translate(map_, coding, self.find_map)

    def translate_back(self, map_: ConceptMap, coding: Coding) -> list[Match]:
        """Return which codes become this one by a map."""
        return translate_back(map_, coding)

    def maps_from(self, system: str) -> list[ConceptMap]:
        """Return the maps that translate codes of a system."""
        found = (self._shelf.concept_maps.find(url) for url in self._shelf.concept_maps.iter_urls())
        return [each for each in found if each and each.is_from(system)]

    # -- what is said about a code that is in or out

    def _system_of(self, coding: Coding) -> System | None:
        """Return a coding's system, in its version if that is loaded."""
        return self._shelf.find_system(coding.system, coding.version) or self._shelf.find_system(coding.system)

    def _is_other_version(self, coding: Coding, system: System | None) -> bool:
        return bool(system and coding.version and system.version and coding.version != system.version)

    def _why_out(self, coding: Coding, members: Members) -> str:
        system = self._system_of(coding)
        if system and system.has(coding.code) is False:
            return VERSION_UNKNOWN if self._is_other_version(coding, system) else CODE_UNKNOWN
        return NOT_IN_SET if coding.system in {"", *members.systems()} else SYSTEM_NOT_IN_SET

    def _judged(self, outcome: Literal["in"], coding: Coding, members: Members | None) -> Verdict:
        """Return the verdict on a code that is in, with what its display is worth."""
        system, concept = self._concept_in(coding, members)
        reason = (ABSTRACT if concept.is_abstract else INACTIVE if concept.is_inactive else "") if concept else ""
        expected = concept.display if concept else ""
        if expected and not coding.display:
            return Verdict(outcome, reason, "none", expected)
        named = members.displays(coding) if members else []
        if any(is_same_display(coding.display, each) for each in (*named, *_displays(concept))):
            return Verdict(outcome, reason, "ok", expected or named[0])
        is_wrong = coding.display and expected and system and system.has_own_displays
        return Verdict(outcome, reason, "wrong" if is_wrong else "none", expected or next(iter(named), ""))

    def _concept_in(self, coding: Coding, members: Members | None) -> tuple[System | None, Concept | None]:
        """Return the concept of a coding; one without a system is looked for in the systems of the value set."""
        if coding.system or members is None:
            system = self._system_of(coding)
            return system, system.find(coding.code) if system else None
        systems = (self._shelf.find_system(url) for url in members.systems())
        found = ((each, each.find(coding.code)) for each in systems if each)
        return next((pair for pair in found if pair[1]), (None, None))


def _same(map_: ConceptMap) -> ConceptMap:
    return map_


def _displays(concept: Concept | None) -> list[str]:
    if concept is None:
        return []
    return [text for text in (concept.display, *(each.value for each in concept.designations)) if text]


@cache
def _core() -> Terminology:
    return Terminology(core_shelf())
