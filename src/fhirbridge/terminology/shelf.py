"""Where code systems, value sets and concept maps are found: by canonical URL, with or without a version.

Laws of this file: a resource is read when it is first asked for, and once; of one URL the first that was added is
taken, and what was added stands before what was there below, unless a version is asked for; what is not well formed
is there and says nothing, it is never passed over for another of its name.
Source: http://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from fhirbridge.terminology.grammars import Grammars
from fhirbridge.terminology.resources import NotReadable, read_code_system, read_value_set
from fhirbridge.terminology.systems import CodeSystem, ListedSystem, System
from fhirbridge.terminology.translation import ConceptMap, map_of_tree
from fhirbridge.terminology.value_sets import ValueSet

Tree = Any
Made = TypeVar("Made")

_UNREADABLE = "not-readable"
_WITHOUT_CODES = frozenset({"supplement", "not-present"})


class Source(NamedTuple):
    """A resource that may not be parsed yet: what it says of itself, and how its tree is read."""

    type: str
    url: str
    version: str
    read: Callable[[], Tree]


def source_of(tree: Tree) -> Source:
    """Return a tree as a source; one that is no resource has no type."""
    head = tree if isinstance(tree, Mapping) else {}
    type_, url, version = (each if isinstance(each := head.get(key), str) else "" for key in HEAD)
    return Source(type_, url, version, lambda: tree)


HEAD = ("resourceType", "url", "version")


class Entry(Generic[Made]):
    """A resource that is read when it is first asked for."""

    def __init__(self, version: str, read: Callable[[], Made]) -> None:
        self.version = version
        self._read: Callable[[], Made] | None = read
        self._made: list[Made] = []

    def get(self) -> Made:
        """Return the resource. Two threads may read it at once; both get the same thing."""
        if self._read is not None:
            self._made = [self._read()]
            self._read = None
        return self._made[0]


class Rack(Generic[Made]):
    """Resources of one type by URL; of one URL, in the order they were added. One that reads as None is not there."""

    def __init__(self, below: Rack[Made] | None = None) -> None:
        self._entries: dict[str, list[Entry[Made | None]]] = {}
        self._below = below

    def add(self, url: str, entry: Entry[Made | None]) -> None:
        """Put a resource behind those of its URL that were added."""
        self._entries.setdefault(url, []).append(entry)

    def find(self, url: str, version: str = "") -> Made | None:
        """Return the first resource of a URL, or the one with this version."""
        fitting = (each.get() for each in self._iter_entries(url) if version in ("", each.version))
        return next((each for each in fitting if each is not None), None)

    def has(self, url: str) -> bool:
        """Say whether there is a resource of this URL, without reading it."""
        return next(self._iter_entries(url), None) is not None

    def iter_urls(self) -> Iterator[str]:
        """Return each URL once, those added last before those that were there."""
        yield from self._entries
        if self._below:
            yield from (url for url in self._below.iter_urls() if url not in self._entries)

    def _iter_entries(self, url: str) -> Iterator[Entry[Made | None]]:
        yield from self._entries.get(url, ())
        if self._below:
            yield from self._below._iter_entries(url)


class Shelf:
    """Code systems, value sets and concept maps, upon those of another shelf."""

    def __init__(self, below: Shelf | None = None) -> None:
        self.systems: Rack[ListedSystem] = Rack(below.systems if below else None)
        self.value_sets: Rack[ValueSet] = Rack(below.value_sets if below else None)
        self.concept_maps: Rack[ConceptMap] = Rack(below.concept_maps if below else None)
        self._grammars = Grammars(self._named_codes)

    def add(self, source: Source) -> None:
        """Take a resource in; what is none of the three, or has no URL, is passed over."""
        read, url, version = source.read, source.url, source.version
        if source.type == "CodeSystem" and url:
            self.systems.add(url, Entry(version, lambda: _code_system(read(), url, version)))
        elif source.type == "ValueSet" and url:
            self.value_sets.add(url, Entry(version, lambda: _value_set(read(), url, version)))
        elif source.type == "ConceptMap" and url:
            self.concept_maps.add(url, Entry(version, lambda: map_of_tree(read())))

    def find_system(self, url: str, version: str = "") -> System | None:
        """Return a code system: the grammar where it is one, else its list of concepts."""
        return self._grammars.find(url) or self.systems.find(url, version)

    def _named_codes(self, url: str) -> Mapping[str, str]:
        """Return the codes that a value set names one by one."""
        found = self.value_sets.find(url)
        return {code: text for part in found.include for code, text in part.codes.items()} if found else {}


def _code_system(tree: Tree, url: str, version: str) -> ListedSystem | None:
    """Return the code system; None where the resource only speaks of codes that it does not hold."""
    try:
        found = read_code_system(tree)
    except NotReadable:
        found = CodeSystem(url, version, content=_UNREADABLE)
    return None if found.content in _WITHOUT_CODES else ListedSystem(found)


def _value_set(tree: Tree, url: str, version: str) -> ValueSet:
    try:
        return read_value_set(tree)
    except NotReadable:
        return ValueSet(url, version, is_readable=False)
