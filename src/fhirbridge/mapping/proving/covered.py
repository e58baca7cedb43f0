"""What the tests of a map have touched: rows, source fields, elements of the right side, lines of code tables.

Laws of this file: what ran is known from the traces of what was made and from what was found on the way back, from
nothing inside the engine; every point that was not touched names its file and line; no point holds a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fhirbridge.errors import Issue
from fhirbridge.ids import key_system
from fhirbridge.mapping.business_keys import iter_keys
from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.interpret.back import is_anothers
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.paths import Tree, node_at, read, without_indices
from fhirbridge.mapping.proving.trees import shape_of
from fhirbridge.mapping.proving.ways import is_below, leaf_paths, leaf_places, ways_of
from fhirbridge.mapping.run import Item
from fhirbridge.mapping.shapes import Shape

PointKind = Literal["row", "field", "element", "code"]


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a test can touch: what it is called, where the map says it, whether a test touched it."""

    kind: PointKind
    name: str
    place: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Ran:
    """One document that a test sent through a map.

    Attributes:
        tree: the left tree, given or brought back.
        items: what the map made of it; nothing when it ran to the left.
        bodies: (type, body) of what it was brought back from; nothing when it ran to the right.
    """

    tree: Tree
    context: Context
    items: Sequence[Item] = ()
    bodies: Sequence[tuple[str, Any]] = ()
    issues: Sequence[Issue] = ()


def points_of(map_: Map, runs: Sequence[Ran]) -> tuple[Point, ...]:
    """Return every row, source field, required element and table line of a map, and whether a test touched it."""
    rows, codes = _rows_run(map_, runs), _codes_hit(map_, runs)
    return (*_row_points(map_, rows), *_fields(map_, runs), *_required(map_, runs), *_code_points(map_, codes))


# -- rows ------------------------------------------------------------------------------------------------------------


def line_of(row: Row) -> str:
    """Return file and line of a row."""
    return f"{row.place.file}:{row.place.line}"


def _row_points(map_: Map, run: frozenset[str]) -> Iterator[Point]:
    rows = {line_of(row): row for block in map_.blocks for row in block.rows}
    for line, row in rows.items():
        name = f"{row.left_text or row.constant or 'expression'} {row.arrow} {row.right_text}"
        yield Point("row", name, line, line in run)


def _rows_run(map_: Map, runs: Sequence[Ran]) -> frozenset[str]:
    """Return the lines of the rows that made something, or found something to bring back."""
    there = {f"{o['file']}:{o['line']}" for ran in runs for item in ran.items for o in item.trace["elements"].values()}
    back = {line_of(row) for ran in runs for row, _ in _read_back(map_, ran)}
    return frozenset(there | back)


def _read_back(map_: Map, ran: Ran) -> Iterator[tuple[Row, Any]]:
    """Yield each row with each value that it finds on the way back."""
    for block in map_.blocks:
        for type_, body in ran.bodies:
            if type_ == block.type and _is_of(map_, block, body, ran.context):
                for row in block.rows:
                    yield from ((row, value) for _, _, value in read(body, row.right) if row.arrow != "=>")


def _is_of(map_: Map, block: Block, body: Any, context: Context) -> bool:
    """Say whether a body goes back by this block: its identifier says so, or nothing else could make it."""
    if map_.right.kind != "fhir":
        return True
    systems = {system for system, _ in iter_keys(body)}
    if key_system(context.source, block.keyed) in systems:
        return True
    return not block.is_loop and not is_anothers(map_, block, body, context)


# -- source fields ---------------------------------------------------------------------------------------------------


def _fields(map_: Map, runs: Sequence[Ran]) -> Iterator[Point]:
    """Yield each left field that is not ignored; it is read when a test holds it and no row was found missing."""
    read_: set[str] = set()
    for ran in runs:
        unread = {issue.expression for issue in ran.issues if issue.code == "FB306"}
        read_.update(without_indices(place) for place in leaf_places(ran.tree, map_.root) if place not in unread)
    readers = {path: line_of(pairs[0][1]) for path, pairs in ways_of(map_).readers.items()}
    for path in leaf_paths(map_):
        if not is_below(path, map_.ignore):
            place = next((line for own, line in readers.items() if is_below(path, [own])), _left_line(map_))
            yield Point("field", path, place, path in read_)


def _left_line(map_: Map) -> str:
    return f"{map_.file}:{map_.left.place.line}"


# -- elements --------------------------------------------------------------------------------------------------------


def made_by(map_: Map, block: Block, runs: Sequence[Ran]) -> list[Tree]:
    """Return the bodies that tests had on the right side of a block, made or brought back."""
    made = [(item.type, item.body, ran.context) for ran in runs for item in ran.items]
    made += [(type_, body, ran.context) for ran in runs for type_, body in ran.bodies]
    return [body for type_, body, context in made if type_ == block.type and _is_of(map_, block, body, context)]


def _required(map_: Map, runs: Sequence[Ran]) -> Iterator[Point]:
    """Yield each element that the right side's own definition asks for in what a block makes."""
    for block in map_.blocks:
        bodies = made_by(map_, block, runs)
        for name in _required_names(shape_of(map_, block)):
            is_filled = any(body.get(name) not in (None, [], {}) for body in bodies)
            yield Point("element", f"{block.name}: {block.type}.{name}", _block_line(block), is_filled)


def _required_names(shape: Shape) -> list[str]:
    return [name for name in shape.child_names() if (child := shape.find_child(name)) and child.is_required]


def _block_line(block: Block) -> str:
    return f"{block.place.file}:{block.place.line}"


# -- code tables -----------------------------------------------------------------------------------------------------


def _code_points(map_: Map, hit: frozenset[tuple[str, str]]) -> Iterator[Point]:
    tables = {row.codec.table.name: row.codec.table for block in map_.blocks for row in block.rows if row.codec.table}
    for name, table in tables.items():
        for line in table.rows:
            file = map_.tables.get(line.table or name, name)
            yield Point("code", f"{name}: {line.source}", f"{file}:{line.line}", (name, line.source) in hit)


def _codes_hit(map_: Map, runs: Sequence[Ran]) -> frozenset[tuple[str, str]]:
    """Return (table, source code) of each line that translated something, either way."""
    rows: dict[str, list[Row]] = {}
    for block in map_.blocks:
        for row in block.rows:
            if row.codec.table is not None:
                rows.setdefault(line_of(row), []).append(row)
    there = (pair for ran in runs for pair in _coded(rows, ran, map_.root))
    back = ((row, _source(row, value, ran.context)) for ran in runs for row, value in _read_back(map_, ran))
    return frozenset(
        (row.codec.table.name, code) for pairs in (there, back) for row, code in pairs if row.codec.table and code
    )


def _coded(rows: Mapping[str, Sequence[Row]], ran: Ran, root: str) -> Iterator[tuple[Row, str]]:
    """Yield each row with a table and the source code that it translated on the way right."""
    for item in ran.items:
        for origin in item.trace["elements"].values():
            for row in rows.get(f"{origin['file']}:{origin['line']}", ()):
                code = node_at({root: ran.tree}, origin["from"]) if origin["from"] else row.default
                if isinstance(code, str) and row.codec.table:
                    yield row, code if code in row.codec.table.forward else row.codec.default


def _source(row: Row, value: Any, context: Context) -> str:
    if row.codec.table is None:
        return ""
    try:
        return str(CODECS[row.codec.name].to_left(value, row.codec, context))
    except CodecError:
        return ""
