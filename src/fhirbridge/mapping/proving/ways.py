"""Which left fields come back from the right side, and why the others do not: read off the rows alone.

Laws of this file: a field is left out of the laws only with a reason and a place; a field that one exact row brings
back is never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.paths import Tree, without_indices
from fhirbridge.mapping.shapes import Shape, leaf_names


def is_below(path: str, names: Iterable[str]) -> bool:
    """Say whether a path without indices is one of the names, or lies below one."""
    return any(path == name or path.startswith(f"{name}.") for name in names)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A left field that the laws do not compare: why, and where the map says so."""

    path: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Ways:
    """The left fields of a map, without indices: what comes back exactly, and what does not.

    Attributes:
        exact: path -> the row that brings it back.
        excluded: path -> why it is not compared.
        guards: paths that conditions read; changing one changes which rows apply.
        readers: path -> every row that reads it on the way right or writes it on the way back.
    """

    exact: Mapping[str, Row]
    excluded: Mapping[str, Excluded]
    guards: frozenset[str]
    readers: Mapping[str, tuple[tuple[Block, Row], ...]] = field(default_factory=dict)

    @property
    def has_way_back(self) -> bool:
        """Whether anything comes back at all."""
        return bool(self.exact)

    def find_row(self, path: str) -> Row | None:
        """Return the row that should have brought a concrete path back, or None."""
        name = without_indices(path)
        return next((row for own, row in self.exact.items() if is_below(name, [own])), None)


def ways_of(map_: Map) -> Ways:
    """Return what comes back of a map's left side."""
    readers: dict[str, list[tuple[Block, Row]]] = {}
    for block in map_.blocks:
        for row in block.rows:
            for path in left_paths(map_, block, row):
                readers.setdefault(path, []).append((block, row))
    exact = {
        path: row for path, pairs in readers.items() for block, row in pairs[::-1] if _brings_back(block, row)
    }  # fmt: skip
    keys = frozenset(key_path(map_, block) for block in map_.blocks) if map_.right.kind == "fhir" else frozenset()
    excluded = {
        leaf: why for leaf in leaf_paths(map_) if (why := _why_not(map_, leaf, exact, keys, readers)) is not None
    }
    pairs = {path: tuple(found) for path, found in readers.items()}
    return Ways(exact, excluded, frozenset(_guards(map_)), pairs)


def _brings_back(block: Block, row: Row) -> bool:
    is_nested = sum(step.each for step in block.loop) > 1 and not block.is_referenced
    return row.arrow == "<=>" and not row.is_weak and not is_nested


def left_paths(map_: Map, block: Block, row: Row) -> Iterator[str]:
    """Yield the left paths of a row without indices: for a reference the fields that make it up."""
    if row.expression is not None:
        for path in row.expression.paths():
            yield _joined(base_of(map_, block, path.variable), [step.name for step in path.steps])
        return
    if row.arrow == ":=":
        return
    at = left_path_of(map_, block, row)
    fields = row.codec.left_fields
    yield from (f"{at}.{name}" for name in fields) if fields else (at,)


def left_path_of(map_: Map, block: Block, row: Row) -> str:
    """Return the path without indices of a row's whole left side."""
    return _joined(base_of(map_, block, row.variable), [step.name for step in row.left])


def base_of(map_: Map, block: Block, variable: str) -> str:
    """Return the path without indices that a variable of a block stands for."""
    if variable == map_.root or not block.is_loop:
        return map_.root
    return _joined(map_.root, [step.name for step in block.loop])


def key_path(map_: Map, block: Block) -> str:
    """Return the path without indices of a block's key."""
    return _joined(base_of(map_, block, block.variable), [step.name for step in block.key])


def leaf_paths(map_: Map) -> Iterator[str]:
    """Yield the path of every field of the left side, without indices."""
    return (".".join(names) for names in leaf_names(map_.left_shape, (map_.root,)))


def find_shape(shape: Shape, names: Sequence[str]) -> Shape | None:
    """Return what stands below a shape along some names, or None."""
    for name in names:
        child = shape.find_child(name)
        if child is None:
            return None
        shape = child
    return shape


def _joined(at: str, names: Iterable[str]) -> str:
    return ".".join([at, *names])


def _why_not(
    map_: Map,
    leaf: str,
    exact: Mapping[str, Row],
    keys: frozenset[str],
    readers: Mapping[str, list[tuple[Block, Row]]],
) -> Excluded | None:
    """Return why a field does not come back, or None when it does."""
    ignored = next((name for name in map_.ignore if is_below(leaf, [name])), None)
    if ignored is not None:
        return Excluded(leaf, f"ignored: {map_.ignore[ignored]}", map_.file)
    if is_below(leaf, exact) or leaf in keys:
        return None
    rows = [row for path, pairs in readers.items() if is_below(leaf, [path]) for _, row in pairs]
    weak = next((row for row in rows if row.lossy), None)
    if weak is not None:
        return Excluded(leaf, f"lossy: {weak.lossy}", str(weak.place))
    place = str(rows[0].place) if rows else map_.file
    return Excluded(leaf, "no row brings it back", place)


def _guards(map_: Map) -> Iterator[str]:
    for block in map_.blocks:
        for condition in (block.when, *(row.when for row in block.rows)):
            for path in condition.paths() if condition else ():
                yield _joined(base_of(map_, block, path.variable), [step.name for step in path.steps])


def without(tree: Tree, names: Iterable[str], at: str) -> Tree:
    """Return a tree without the fields at or below some paths, those given without indices."""
    known = frozenset(names)
    return _without(tree, known, at)


def _without(node: Tree, names: frozenset[str], at: str) -> Tree:
    if isinstance(node, dict):
        fields = ((name, child, f"{at}.{name}") for name, child in node.items())
        return {name: _without(child, names, path) for name, child, path in fields if path not in names}
    return [_without(item, names, at) for item in node] if isinstance(node, list) else node


def without_places(tree: Tree, places: frozenset[str], at: str) -> Tree:
    """Return a tree without what stands at concrete paths, those given with their indices; a list keeps a hole."""
    if isinstance(tree, dict):
        fields = ((name, child, f"{at}.{name}") for name, child in tree.items())
        return {name: without_places(child, places, path) for name, child, path in fields if path not in places}
    if isinstance(tree, list):
        items = ((item, f"{at}[{position}]") for position, item in enumerate(tree))
        return [None if path in places else without_places(item, places, path) for item, path in items]
    return tree


def leaf_places(tree: Tree, at: str) -> Iterator[str]:
    """Yield the concrete path of every scalar in a tree."""
    if isinstance(tree, dict):
        for name, child in tree.items():
            yield from leaf_places(child, f"{at}.{name}" if at else name)
    elif isinstance(tree, list):
        for position, child in enumerate(tree):
            yield from leaf_places(child, f"{at}[{position}]")
    else:
        yield at
