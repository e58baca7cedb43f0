"""The codes of a value set, counted out.

Laws of this file: what cannot be counted out whole is refused with its reason, it is never cut short without a word;
work grows with the codes looked at, of which there is a most.
Source: http://hl7.org/fhir/R4/valueset-operation-expand.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhirbridge.terminology.answers import (
    EMPTY,
    NOT_LISTED,
    TOO_COSTLY,
    WITHHELD,
    Coding,
    Known,
    NotKnown,
)
from fhirbridge.terminology.membership import Clause, Filtered, Members, Named, Unknowable
from fhirbridge.terminology.systems import Concept, ListedSystem

MAX_LOOKED_AT = 500_000
"""No expansion looks at more codes."""
MAX_PAGE = 1_000
"""No answer lists more codes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A code of an expansion, and the version of its system where that is known."""

    system: str
    concept: Concept
    version: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A page of the codes of a value set.

    Attributes:
        total: the codes that fit, on all pages.
        is_closed: False: the code system is loaded in part only, and may have more of them.
    """

    entries: tuple[Entry, ...]
    total: int
    offset: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of an expansion: words to look for, a page, only codes in use."""

    text: str = ""
    offset: int = 0
    count: int | None = None
    active_only: bool = False


def expand(members: Members, wish: Wish) -> Expansion:
    """Return the codes of a value set that fit, in the order of its definition.

    Raises:
        NotKnown: they cannot be counted out, or are too many for one answer and no page was asked for.
    """
    words = wish.text.casefold().split()
    fitting = [each for each in _iter_entries(members) if _fits(each.concept, words, wish.active_only)]
    if wish.count is None and len(fitting) - wish.offset > MAX_PAGE:
        raise NotKnown(TOO_COSTLY)
    end = wish.offset + min(MAX_PAGE if wish.count is None else wish.count, MAX_PAGE)
    return Expansion(tuple(fitting[wish.offset : end]), len(fitting), wish.offset, _is_closed(members))


def _fits(concept: Concept, words: list[str], active_only: bool) -> bool:
    if active_only and concept.is_inactive:
        return False
    text = f"{concept.code} {concept.display}".casefold() if words else ""
    return all(word in text for word in words)


def _iter_entries(members: Members) -> Iterator[Entry]:
    """Yield each code of a value set once."""
    seen: set[tuple[str, str]] = set()
    for looked_at, entry in enumerate(_iter_candidates(members)):
        if looked_at >= MAX_LOOKED_AT:
            raise NotKnown(TOO_COSTLY)
        key = (entry.system, entry.concept.code)
        if key not in seen:
            seen.add(key)
            yield entry


def _iter_candidates(members: Members) -> Iterator[Entry]:
    try:
        if members.reason or not members.include:
            raise NotKnown(members.reason or EMPTY)
        found = [entry for clause in members.include for entry in _iter_clause(clause)]
        yield from (entry for entry in found if _must_know(members.contains(_coding(entry))))
    except NotKnown:
        source = members.source
        if source is None or source.expansion is None or not source.is_expansion_whole:
            raise
        yield from (Entry(each.system, Concept(each.code, each.display)) for each in source.expansion)


def _must_know(answer: Known) -> bool:
    if isinstance(answer, str):
        raise NotKnown(answer)
    return answer


def _coding(entry: Entry) -> Coding:
    return Coding(entry.system, entry.concept.code)


def _iter_clause(clause: Clause) -> Iterator[Entry]:
    """Yield the codes that one part names; which of them the whole set keeps is asked of the set."""
    test, system = clause.test, clause.part.system
    if test is None:
        yield from _iter_entries(clause.nested[0])
    elif isinstance(test, Named):
        if clause.part.is_withheld:
            raise NotKnown(WITHHELD)
        yield from _iter_named(test, system)
    elif isinstance(test, Filtered):
        concepts = (each for each in test.system.iter_concepts() if test.system.folded(each.code) in test.codes)
        yield from (Entry(system, each, test.system.version) for each in concepts)
    elif isinstance(test, ListedSystem):
        yield from (Entry(system, each, test.version) for each in test.iter_concepts())
    else:
        raise NotKnown(test.reason if isinstance(test, Unknowable) else NOT_LISTED)


def _iter_named(test: Named, system: str) -> Iterator[Entry]:
    for code, text in test.codes.items():
        concept = test.system.find(code) if test.system else None
        shown = concept if concept and not text else _shown(concept, code, text)
        yield Entry(system, shown, test.system.version if test.system else "")


def _shown(concept: Concept | None, code: str, text: str) -> Concept:
    """Return the concept under the display that the value set gives it."""
    if concept is None:
        return Concept(code, text)
    return Concept(
        code, text, is_abstract=concept.is_abstract, is_inactive=concept.is_inactive, designations=concept.designations
    )


def _is_closed(members: Members) -> bool:
    systems = [clause.test for clause in members.include if isinstance(clause.test, ListedSystem)]
    systems += [clause.test.system for clause in members.include if isinstance(clause.test, Filtered)]
    return all(each.is_whole for each in systems)
