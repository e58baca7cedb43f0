"""Translating a code by a concept map, one way and the other: FHIR's own maps and the code tables of our maps alike.

Laws of this file: every target that a map has is told, with how near it is; a map that says what is not understood
here (`dependsOn`, `product`) translates nothing, and says so; a chain of maps ends.
Source: http://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fhirbridge.terminology.answers import Coding
from fhirbridge.terminology.concept_maps import Group, read_groups
from fhirbridge.terminology.csv_text import every_row
from fhirbridge.terminology.linking import MAX_CHAIN, canonical_of
from fhirbridge.terminology.model import NEARNESS, NO_MATCH, OPPOSITE, CodeTable, TableError, TableRow, Unmapped

KEPT = "equal"
"""How near a code is that stays as it is; a fixed one stands for any code and is only related to it."""
RELATED = "relatedto"

FindMap = Callable[[str], "ConceptMap | None"]


@dataclass(frozen=True, slots=True)
class Match:
    """A target of a code, how near it is, and the map that says so; without target the map says there is none."""

    equivalence: str
    target: Coding | None
    url: str
    comment: str = ""

    @property
    def is_translation(self) -> bool:
        """Whether it translates the code."""
        return self.equivalence not in NO_MATCH and self.target is not None


@dataclass(frozen=True)
class ConceptMap:
    """A map between code systems, ready to look up; `fault` says why it cannot be used."""

    url: str
    version: str = ""
    groups: tuple[Group, ...] = ()
    fault: str = ""

    @cached_property
    def _forward(self) -> dict[str, list[TableRow]]:
        return _indexed(self.groups, lambda row: row.source)

    @cached_property
    def _backward(self) -> dict[str, list[TableRow]]:
        return _indexed(self.groups, lambda row: row.target)

    def find_targets(self, coding: Coding) -> list[TableRow]:
        """Return the lines of a code, the nearest first."""
        found = [row for row in self._forward.get(coding.code, ()) if _fits(row.source_system, coding.system)]
        return sorted(found, key=_nearness)

    def find_sources(self, coding: Coding) -> list[TableRow]:
        """Return the lines that make a code, those marked as the way back first, then the nearest."""
        found = [row for row in self._backward.get(coding.code, ()) if _fits(row.system, coding.system)]
        return sorted(found, key=lambda row: (not row.back, _nearness(row)))

    def find_end(self, coding: Coding) -> Unmapped | None:
        """Return what becomes of a code that no line has."""
        return next((group.end for group in self.groups if group.end and _fits(group.source, coding.system)), None)

    def is_from(self, system: str) -> bool:
        """Say whether the map translates codes of this system."""
        return any(group.source == system for group in self.groups)


def map_of_tree(tree: Mapping[str, Any]) -> ConceptMap:
    """Return the map of a ConceptMap resource; one that cannot be used has its fault."""
    url, version = str(tree.get("url", "")), str(tree.get("version", ""))
    try:
        return ConceptMap(url, version, tuple(read_groups(url, tree)))
    except TableError as error:
        return ConceptMap(url, version, fault=str(error))


def map_of_table(table: CodeTable) -> ConceptMap:
    """Return the map of a code table, one group for each pair of code systems."""
    rows: dict[tuple[str, str], list[TableRow]] = {}
    for row in every_row(table):
        rows.setdefault((row.source_system, row.system), []).append(row)
    groups = [Group(source, target, tuple(found), None) for (source, target), found in rows.items()]
    end = [Group("", table.unmapped.system, (), table.unmapped)] if table.unmapped else []
    return ConceptMap(table.url or canonical_of(table.name), table.version, tuple([*groups, *end]))


def translate(map_: ConceptMap, coding: Coding, find_map: FindMap) -> list[Match]:
    """Return the targets of a code, the nearest first; `find_map` gives the map that another goes on in."""
    for _ in range(MAX_CHAIN):
        rows = map_.find_targets(coding)
        if rows:
            return [_forward_match(row, map_.url) for row in rows]
        end = map_.find_end(coding)
        if end is None or end.mode != "other-map":
            return [_match_of_end(end, coding, map_.url)] if end else []
        other = find_map(end.target if ":" in end.target else canonical_of(end.target))
        if other is None:
            return []
        map_ = other
    return []


def translate_back(map_: ConceptMap, coding: Coding) -> list[Match]:
    """Return the codes that become a code."""
    rows = (row for row in map_.find_sources(coding) if row.equivalence not in NO_MATCH)
    return [_backward_match(row, map_.url) for row in rows]


def _forward_match(row: TableRow, url: str) -> Match:
    target = Coding(row.system, row.target, row.display) if row.target else None
    return Match(row.equivalence, target, url, row.comment)


def _backward_match(row: TableRow, url: str) -> Match:
    source = Coding(row.source_system, row.source, row.source_display)
    return Match(OPPOSITE.get(row.equivalence, row.equivalence), source, url, row.comment)


def _match_of_end(end: Unmapped, coding: Coding, url: str) -> Match:
    row = end.row(coding.code)
    return Match(KEPT if end.mode == "provided" else RELATED, Coding(row.system, row.target, row.display), url)


def _indexed(groups: Iterable[Group], key: Callable[[TableRow], str]) -> dict[str, list[TableRow]]:
    found: dict[str, list[TableRow]] = {}
    for row in _iter_rows(groups):
        found.setdefault(key(row), []).append(row)
    return found


def _iter_rows(groups: Iterable[Group]) -> Iterator[TableRow]:
    return (row for group in groups for row in group.rows)


def _fits(said: str, asked: str) -> bool:
    """Say whether a code's system is the one of a line; a side that names none is taken for any."""
    return not said or not asked or said == asked


def _nearness(row: TableRow) -> int:
    return NEARNESS.get(row.equivalence, len(NEARNESS))
