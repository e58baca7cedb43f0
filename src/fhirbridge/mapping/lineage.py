"""Which field becomes which element, over all maps: a graph that is known before any message.

Laws of this file: an edge is one row (or key, or condition) of one map and says its place; walking it goes one way
only, so it comes to an end; it knows fields and rows, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fhirbridge.mapping.model import Block, Map, Place, Row
from fhirbridge.mapping.naming import (
    is_touched,
    item_name,
    left_name,
    left_names,
    path_name,
    right_name,
)

Kind = Literal["value", "constant", "key", "condition"]
Way = Literal["right", "left"]


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One field that one element is made from. `source` is empty for a constant; `row` is None for a block's own."""

    source: str
    target: str
    kind: Kind
    map: Map
    block: Block
    row: Row | None

    @property
    def place(self) -> Place:
        """Where the map says so."""
        return self.row.place if self.row else self.block.place


@dataclass(frozen=True, slots=True)
class Hop:
    """One edge as it was come upon: depth 1 is next to what was asked, 2 is next to that."""

    depth: int
    edge: Edge


@dataclass(frozen=True, slots=True)
class Graph:
    """All edges of all maps that go one way, in the order of the maps; to be looked up by what a name begins with."""

    edges: tuple[Edge, ...]
    by_source: Mapping[str, list[Edge]] = field(init=False)
    by_target: Mapping[str, list[Edge]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_source", _by_owner((edge.source, edge) for edge in self.edges))
        object.__setattr__(self, "by_target", _by_owner((edge.target, edge) for edge in self.edges))

    @classmethod
    def of(cls, maps: Iterable[Map], way: Way = "right") -> Graph:
        """Return the graph of some maps: to the right, or back to the left."""
        edges_of = _right_edges if way == "right" else _left_edges
        return cls(tuple(edge for map_ in maps for block in map_.blocks for edge in edges_of(map_, block)))

    def names(self) -> list[str]:
        """Return every name that can be asked about, in order."""
        return sorted({name for edge in self.edges for name in (edge.source, edge.target) if name})

    def downstream(self, name: str) -> Iterator[Hop]:
        """Yield what is made of a field, and of that in turn; each branch to its end before the next."""
        return self._walk(name, 1, frozenset(), forward=True)

    def upstream(self, name: str) -> Iterator[Hop]:
        """Yield what an element is made of, and that in turn."""
        return self._walk(name, 1, frozenset(), forward=False)

    def _walk(self, name: str, depth: int, seen: frozenset[Edge], *, forward: bool) -> Iterator[Hop]:
        for edge in (self.by_source if forward else self.by_target).get(_owner(name), ()):
            near, far = (edge.source, edge.target) if forward else (edge.target, edge.source)
            if edge in seen or not is_touched(name, near):
                continue
            yield Hop(depth, edge)
            if far:
                yield from self._walk(far, depth + 1, seen | {edge}, forward=forward)


def _by_owner(pairs: Iterable[tuple[str, Edge]]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for name, edge in pairs:
        found.setdefault(_owner(name), []).append(edge)
    return found


def _owner(name: str) -> str:
    """Return the record kind, FHIR type or `doc` that a name begins with."""
    return name.partition(":")[2].partition(".")[0] if ":" in name else name.partition(".")[0]


def _right_edges(map_: Map, block: Block) -> Iterator[Edge]:
    key = left_name(map_, block, block.variable, block.key)
    if map_.right.kind == "fhir":
        yield Edge(key, f"{block.type}.identifier", "key", map_, block, None)
    for path in block.when.paths() if block.when else ():
        yield Edge(path_name(map_, block, path), item_name(map_, block), "condition", map_, block, None)
    for row in block.rows:
        if row.goes_right:
            yield from _row_edges(map_, block, row)


def _row_edges(map_: Map, block: Block, row: Row) -> Iterator[Edge]:
    target = right_name(map_, block, row)
    if row.arrow == ":=":
        yield Edge("", target, "constant", map_, block, row)
    for source in left_names(map_, block, row):
        yield Edge(source, target, "value", map_, block, row)
    for path in row.when.paths() if row.when else ():
        yield Edge(path_name(map_, block, path), target, "condition", map_, block, row)


def _left_edges(map_: Map, block: Block) -> Iterator[Edge]:
    key = left_name(map_, block, block.variable, block.key)
    if map_.right.kind == "fhir":
        yield Edge(f"{block.type}.identifier", key, "key", map_, block, None)
    for row in block.rows:
        if row.goes_left:
            for target in left_names(map_, block, row):
                yield Edge(right_name(map_, block, row), target, "value", map_, block, row)
