"""How much of the maps their tests touch: rows, source fields, elements that count, lines of code tables.

What a profile marks as must-support or required counts, and what R4 or a record's schema requires.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.proving.covered import Point, PointKind, Ran, made_by, points_of
from fhirbridge.validation.matching import contains

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


def coverage_of(map_: Map, runs: Sequence[Ran], profiles: Mapping[str, Any]) -> MapCoverage:
    """Return what the runs of a map's tests touch.

    Args:
        profiles: StructureDefinition by canonical URL.
    """
    points = {(p.kind, p.name, p.place): p for p in (*points_of(map_, runs), *_supported(map_, runs, profiles))}
    return MapCoverage(map_.name, tuple(points.values()))


def read_definitions(folder: Path) -> dict[str, Any]:
    """Return the StructureDefinitions of all packages of a profiles folder, by canonical URL."""
    files = (
        file for package in sorted(folder.iterdir()) if package.is_dir() for file in sorted(package.glob("*.json"))
    )
    trees = (json.loads(file.read_text("utf-8")) for file in files)
    return {str(tree["url"]): tree for tree in trees if tree.get("resourceType") == "StructureDefinition"}


# -- what profiles ask for -------------------------------------------------------------------------------------------


def _supported(map_: Map, runs: Sequence[Ran], profiles: Mapping[str, Any]) -> Iterator[Point]:
    for block in map_.blocks:
        definition = profiles.get(block.profile.partition("|")[0])
        elements = definition["differential"]["element"] if definition else []
        bodies = made_by(map_, block, runs) if elements else []
        for element in elements:
            if "." in element["path"] and (element.get("mustSupport") or element.get("min", 0) > 0):
                yield _point(block, element, bodies)


def _point(block: Block, element: Mapping[str, Any], bodies: Sequence[Any]) -> Point:
    names = element["path"].split(".")[1:]
    is_filled = any(_is_meant(element, value) for body in bodies for value in _at(body, names))
    return Point("element", f"{block.name}: {element['id']}", f"{block.place.file}:{block.place.line}", is_filled)


def _at(node: Any, names: Sequence[str]) -> Iterator[Any]:
    """Yield every value at an element's path; `value[x]` is any of its types."""
    if isinstance(node, list):
        for item in node:
            yield from _at(item, names)
    elif not names:
        yield node
    elif isinstance(node, dict):
        stem = names[0].removesuffix("[x]")
        is_choice = names[0].endswith("[x]")
        found = [
            v for k, v in node.items() if k == stem or (is_choice and k.startswith(stem) and k[len(stem)].isupper())
        ]
        for value in found:
            yield from _at(value, names[1:])


def _is_meant(element: Mapping[str, Any], value: Any) -> bool:
    """Say whether a value is of the slice that an element stands for: its extension, its pattern, its fixed value."""
    urls = [url for type_ in element.get("type", ()) for url in type_.get("profile", ())]
    if urls and not (isinstance(value, dict) and value.get("url") in urls):
        return False
    demands = [element[key] for key in element if key.startswith(("pattern", "fixed"))]
    return value not in (None, [], {}) and all(contains(value, demand) for demand in demands)
