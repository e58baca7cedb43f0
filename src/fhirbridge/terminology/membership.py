"""Whether a code is in a value set. A set is compiled when it is first asked for; then a question is a look-up.

Laws of this file: an answer is true, false or a reason; what a part of the set cannot tell spoils only the answers
that depend on it; a set that includes itself, or others without end, is found and said, whichever is asked first.
Source: http://hl7.org/fhir/R4/valueset.html#compositions, #expansion
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fhirbridge.terminology.answers import (
    CYCLE,
    EMPTY,
    FILTER,
    NOT_READABLE,
    PATTERN,
    SYSTEM_UNKNOWN,
    TOO_DEEP,
    VALUE_SET_UNKNOWN,
    VERSION_UNKNOWN,
    WITHHELD,
    Coding,
    Known,
    NotKnown,
    all_known,
    any_known,
    negated,
)
from fhirbridge.terminology.filters import CODE, filtered
from fhirbridge.terminology.patterns import NotSupported, Pattern, compile_pattern
from fhirbridge.terminology.shelf import Shelf
from fhirbridge.terminology.systems import ListedSystem, System
from fhirbridge.terminology.value_sets import Filter, Part, ValueSet

MAX_NESTED = 32
"""Value sets include each other no deeper."""


class Test(Protocol):
    """Says of a code whether it is in."""

    def has(self, code: str) -> Known: ...


@dataclass(frozen=True, slots=True)
class Unknowable:
    """Knows of no code, and why."""

    reason: str

    def has(self, code: str) -> Known:
        """Return the reason."""
        return self.reason


@dataclass(frozen=True, slots=True)
class Named:
    """Codes that are named one by one; `rest` is the answer for any other."""

    codes: Mapping[str, str]
    system: ListedSystem | None
    rest: Known

    def has(self, code: str) -> Known:
        """Say whether the code is named, as its system compares codes."""
        if code in self.codes:
            return True
        concept = self.system.find(code) if self.system else None
        return True if concept and concept.code in self.codes else self.rest


@dataclass(frozen=True, slots=True)
class Filtered:
    """Codes of a system that its filters leave."""

    codes: frozenset[str]
    system: ListedSystem

    def has(self, code: str) -> Known:
        """Say whether the code is left; of a code that the system cannot tell, that it cannot."""
        if self.system.folded(code) in self.codes:
            return True
        known = self.system.has(code)
        return False if known is True else known


@dataclass(frozen=True, slots=True)
class Shaped:
    """Codes of a grammar that a pattern fits."""

    pattern: Pattern
    system: System

    def has(self, code: str) -> Known:
        """Say whether the code fits and is one of the system."""
        return self.system.has(code) if self.pattern.matches(code) else False


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A code system of another version than was meant: a code it lacks may be in the one that was meant."""

    system: System

    def has(self, code: str) -> Known:
        """Say whether the code is there."""
        return self.system.has(code) is True or VERSION_UNKNOWN


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a value set: a test for codings of its system, and value sets that they have to be in too."""

    part: Part
    test: Test | None
    nested: tuple[Members, ...]

    def contains(self, coding: Coding) -> Known:
        """Say whether a coding is in this part; a coding without a system is taken to have the part's."""
        if self.test is None:
            return all_known(each.contains(coding) for each in self.nested)
        if coding.system not in ("", self.part.system):
            return False
        found = self.test.has(coding.code)
        if not self.nested or found is False:
            return found
        return all_known([found, *(each.contains(coding) for each in self.nested)])


@dataclass(slots=True)
class Members:
    """A compiled value set.

    Attributes:
        source: the value set; None: there is none.
        reason: why nothing is known of it; empty: something is.
    """

    source: ValueSet | None = None
    reason: str = ""
    include: tuple[Clause, ...] = ()
    exclude: tuple[Clause, ...] = ()
    _listed: frozenset[tuple[str, str]] | None = None
    _last: tuple[str, str, Known] | None = field(default=None, init=False)
    _systems: tuple[str, ...] | None = field(default=None, init=False)

    def contains(self, coding: Coding) -> Known:
        """Say whether a coding is in the set. The last answer is kept: sets that share parts ask the same again."""
        last = self._last
        if last and last[0] == coding.code and last[1] == coding.system:
            return last[2]
        found = self.reason or self._found(coding)
        self._last = (coding.code, coding.system, found)
        return found

    def systems(self) -> tuple[str, ...]:
        """Return the code systems that the set names, those of sets it includes too, each once."""
        if self._systems is None:
            parts = (clause.part.system for each in self._all() for clause in each.include)
            listed = (each.system for own in self._all() if own.source for each in own.source.expansion or ())
            self._systems = tuple(dict.fromkeys(filter(None, (*parts, *listed))))
        return self._systems

    def displays(self, coding: Coding) -> list[str]:
        """Return the displays that the set, or one it includes, gives a code by itself."""
        parts = (clause.part for each in self._all() for clause in each.include)
        named = [part.codes.get(coding.code, "") for part in parts if coding.system in ("", part.system)]
        sources = (each.source for each in self._all() if each.source)
        listed = [each for source in sources for each in source.expansion or () if each.code == coding.code]
        return [text for text in (*named, *(e.display for e in listed if coding.system in ("", e.system))) if text]

    def _all(self) -> list[Members]:
        """Return this set and every one it includes, each once."""
        found: dict[int, Members] = {}
        waiting = [self]
        while waiting:
            each = waiting.pop()
            if id(each) not in found:
                found[id(each)] = each
                waiting.extend(nested for clause in each.include for nested in clause.nested)
        return list(found.values())

    def _found(self, coding: Coding) -> Known:
        found = any_known(clause.contains(coding) for clause in self.include) if self.include else EMPTY
        if self.exclude and found is not False:
            found = all_known([found, negated(any_known(clause.contains(coding) for clause in self.exclude))])
        if isinstance(found, str) and self._listed is not None:
            return self._by_expansion(coding, self._listed, found)
        return found

    def _by_expansion(self, coding: Coding, listed: frozenset[tuple[str, str]], found: Known) -> Known:
        if (coding.system, coding.code) in listed:
            return True
        return False if self.source and self.source.is_expansion_whole else found


class Compiler:
    """Compiles the value sets of a shelf, each once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._done: dict[str, Members] = {}

    def members(self, canonical: str) -> Members:
        """Return the compiled value set of a canonical URL, with or without version."""
        return self._done.get(canonical) or self._members(canonical, ())

    def _members(self, canonical: str, path: tuple[str, ...]) -> Members:
        if canonical in path:
            return Members(reason=CYCLE)
        if len(path) > MAX_NESTED:
            return Members(reason=TOO_DEEP)
        if canonical not in self._done:
            found = self._compiled(canonical, (*path, canonical))
            if found.reason == TOO_DEEP:  # from here; asked for by itself it may not be
                return found
            self._done[canonical] = found
        return self._done[canonical]

    def _compiled(self, canonical: str, path: tuple[str, ...]) -> Members:
        url, _, version = canonical.partition("|")
        source = self._shelf.value_sets.find(url, version)
        if source is None:
            return Members(reason=VERSION_UNKNOWN if self._shelf.value_sets.has(url) else VALUE_SET_UNKNOWN)
        if not source.is_readable:
            return Members(source, NOT_READABLE)
        include, exclude = self._clauses(source.include, path), self._clauses(source.exclude, path)
        return Members(source, _spoilt(include) or _spoilt(exclude), include, exclude, _listed(source))

    def _clauses(self, parts: Iterable[Part], path: tuple[str, ...]) -> tuple[Clause, ...]:
        return tuple(
            Clause(
                part,
                self._test(part) if part.system else None,
                tuple(self._members(url, path) for url in part.value_sets),
            )
            for part in parts
        )

    def _test(self, part: Part) -> Test:
        exact = self._shelf.find_system(part.system, part.version)
        system = exact or self._shelf.find_system(part.system)
        if part.codes or part.is_withheld:
            listed = system if isinstance(system, ListedSystem) else None
            return Named(part.codes, listed, WITHHELD if part.is_withheld else False)
        if system is None:
            return Unknowable(SYSTEM_UNKNOWN)
        if part.filters:
            return _filter(system, part.filters) if exact else Unknowable(VERSION_UNKNOWN)
        return system if exact else OtherVersion(system)


def _spoilt(clauses: Iterable[Clause]) -> str:
    """Return why a set is not well defined, when one that it includes is not."""
    reasons = {nested.reason for clause in clauses for nested in clause.nested}
    return next((each for each in (CYCLE, TOO_DEEP) if each in reasons), "")


def _listed(source: ValueSet) -> frozenset[tuple[str, str]] | None:
    """Return (system, code) of an expansion, and each code without its system for values of the type code."""
    if source.expansion is None:
        return None
    return frozenset(pair for each in source.expansion for pair in ((each.system, each.code), ("", each.code)))


def _filter(system: System, filters: tuple[Filter, ...]) -> Test:
    if isinstance(system, ListedSystem):
        try:
            return Filtered(filtered(system, filters), system)
        except NotKnown as error:
            return Unknowable(str(error))
    if len(filters) != 1 or filters[0].op != "regex" or filters[0].property not in CODE:
        return Unknowable(FILTER)
    try:
        return Shaped(compile_pattern(filters[0].value), system)
    except NotSupported:
        return Unknowable(PATTERN)
