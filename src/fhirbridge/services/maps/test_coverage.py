"""How much of the maps their tests touch: rows, source fields, elements that count, lines of code tables.

What a profile marks as must-support or required counts, and what R4 or a record's schema requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.covered import Point, PointKind, Ran, made_by, points_of
from fhirbridge.validation.profiles import Profiles
from fhirbridge.validation.profiles import coverage_of as filled_elements

KINDS: Mapping[PointKind, str] = {
    "row": "rows executed",
    "field": "source fields read",
    "element": "required and must-support elements filled",
    "code": "code table lines hit",
}
"""Kind of point -> what it is when a test touched it."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many points of a kind a map has, and how many of them the tests touch."""

    hit: int
    all: int

    @property
    def percent(self) -> float:
        """The share in percent, rounded down to a tenth; 100 where there is nothing to touch."""
        return int(self.hit * 1000 / self.all) / 10 if self.all else 100.0


@dataclass(frozen=True, slots=True)
class MapCoverage:
    """What the tests of one map touch."""

    map: str
    points: tuple[Point, ...]

    @property
    def total(self) -> Share:
        """The share of all points."""
        return share_of(self.points)

    def by_kind(self) -> dict[PointKind, Share]:
        """Return the share of each kind of point."""
        return {kind: share_of(point for point in self.points if point.kind == kind) for kind in KINDS}

    def missed(self) -> tuple[Point, ...]:
        """Return the points that no test touches, in the order of the map."""
        return tuple(point for point in self.points if not point.is_hit)


def share_of(points: Iterable[Point]) -> Share:
    """Return how many points there are and how many are touched."""
    hits = [point.is_hit for point in points]
    return Share(sum(hits), len(hits))


def coverage_of(map_: Map, runs: Sequence[Ran], profiles: Profiles) -> MapCoverage:
    """Return what the runs of a map's tests touch, of the rows and of what the blocks' profiles ask for."""
    points = {(p.kind, p.name, p.place): p for p in (*points_of(map_, runs), *_supported(map_, runs, profiles))}
    return MapCoverage(map_.name, tuple(points.values()))


def _supported(map_: Map, runs: Sequence[Ran], profiles: Profiles) -> Iterator[Point]:
    for block in map_.blocks:
        profile = profiles.index.get(block.profile)
        if profile is not None:
            place = f"{block.place.file}:{block.place.line}"
            for each in filled_elements(profile, made_by(map_, block, runs)):
                yield Point("element", f"{block.name}: {each.id}", place, each.is_filled)
