"""What the pages say, gathered from maps and profiles. Knows no HTML.

Laws of this file: everything is in a fixed order, so that the same maps give the same pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fhirbridge.mapping.lineage import Edge, Graph
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.naming import is_touched, left_name, table_file
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.spelling import expression_text, path_text
from fhirbridge.services.maps.demands import defined_path, must_supports
from fhirbridge.services.maps.rules import Field, Rule, field_of, find_field, rules_of
from fhirbridge.terminology.tables import CodeTable, TableRow
from fhirbridge.validation.profiles import Profiles

Touching = Mapping[tuple[str, str], Sequence[str]]
"""(map, place of a row) -> the names of the tests that the row takes part in."""


def slug(name: str) -> str:
    """Return a name as part of a file name or anchor.

    >>> slug("riverside-plan:doc.case.planName")
    'riverside-plan-doc.case.planName'
    """
    return re.sub(r"[^\w.-]+", "-", name).strip("-")


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One block of a map: what it makes, and its rows. `missing`: must-support elements that no row writes."""

    name: str
    type: str
    made: str
    key: str
    keyed: str
    data_class: str
    when: str
    profile: str
    rules: tuple[Rule, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MapPage:
    """One map. `tests`: their names; `ignored`: field and reason."""

    map: Map
    left: str
    right: str
    blocks: tuple[BlockPage, ...]
    tables: tuple[str, ...]
    ignored: tuple[tuple[Field, str], ...]
    tests: tuple[str, ...]

    @property
    def file(self) -> str:
        """The page's file in the site."""
        return f"maps/{slug(self.map.name)}.html"

    @property
    def rules(self) -> Iterator[Rule]:
        """The rows of all blocks."""
        return (rule for block in self.blocks for rule in block.rules)


@dataclass(frozen=True, slots=True)
class TablePage:
    """One code table. `uses`: the rows that translate by it."""

    file_name: str
    table: CodeTable
    uses: tuple[Rule, ...]

    @property
    def lines(self) -> tuple[TableRow, ...]:
        """The table's own lines, as they stand in its file: those that translate, and those that say "no match"."""
        every = (*self.table.rows, *self.table.unmatched.values())
        return tuple(sorted((row for row in every if row.table in ("", self.table.name)), key=lambda row: row.line))

    @property
    def file(self) -> str:
        """The page's file in the site."""
        return f"tables/{slug(self.file_name.rpartition('/')[2].rpartition('.')[0])}.html"


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of a record or partner's format: what fills it, what it becomes, or why it is left aside."""

    field: Field
    sources: tuple[Edge, ...]
    targets: tuple[tuple[int, Edge], ...]
    ignored: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FieldsPage:
    """All fields of one left side."""

    name: str
    title: str
    lines: tuple[FieldLine, ...]

    @property
    def has_sources(self) -> bool:
        """Whether maps fill any of the fields."""
        return any(line.sources for line in self.lines)

    @property
    def file(self) -> str:
        """The page's file in the site."""
        return f"fields/{slug(self.name)}.html"


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the pages say."""

    maps: tuple[MapPage, ...]
    tables: tuple[TablePage, ...]
    fields: tuple[FieldsPage, ...]
    touching: Touching

    def table_page(self, file_name: str) -> str:
        """Return the page of a code table's file."""
        return next(page.file for page in self.tables if page.file_name == file_name)


def site_of(maps: Sequence[Map], profiles: Profiles, touching: Touching) -> Site:
    """Return what the pages of some maps say."""
    pages = tuple(_map_page(map_, profiles) for map_ in maps)
    graph = Graph.of(maps)
    lefts = {_left_title(map_): map_ for map_ in maps}
    fields = tuple(_fields_page(title, map_, maps, graph) for title, map_ in sorted(lefts.items()))
    return Site(pages, tuple(_table_pages(maps, pages)), fields, touching)


# -- maps


def _map_page(map_: Map, profiles: Profiles) -> MapPage:
    rules = tuple(rules_of(map_, profiles))
    return MapPage(
        map=map_,
        left=_left_title(map_),
        right={"fhir": "FHIR R4"}.get(map_.right.kind, ", ".join(map_.right.names)),
        blocks=tuple(_block_page(map_, block, rules, profiles) for block in map_.blocks),
        tables=tuple(sorted({rule.table for rule in rules if rule.table})),
        ignored=tuple((find_field(map_, _named(map_, path)), reason) for path, reason in sorted(map_.ignore.items())),
        tests=tuple(case.name for case in map_.cases),
    )


def _left_title(map_: Map) -> str:
    return map_.left.names[0] if map_.left.kind == "record" else map_.name


def _named(map_: Map, path: str) -> str:
    return path if map_.left.kind == "record" else f"{map_.name}:{path}"


def _block_page(map_: Map, block: Block, rules: Iterable[Rule], profiles: Profiles) -> BlockPage:
    own = tuple(rule for rule in rules if rule.block == block.name)
    loop = f"{map_.root}.{path_text(block.loop)}" if block.loop else map_.root
    many = any(step.each for step in block.loop)
    return BlockPage(
        name=block.name,
        type=block.type,
        made=f"One {block.type} {'for each item of' if many else 'for'} {loop}",
        key=left_name(map_, block, block.variable, block.key),
        keyed=block.keyed,
        data_class=block.data_class,
        when=expression_text(block.when) if block.when else "",
        profile=block.profile,
        rules=own,
        missing=_missing(block, profiles),
    )


def _missing(block: Block, profiles: Profiles) -> tuple[str, ...]:
    """Return the must-support elements of a block's profile that no row writes, nor the bridge itself."""
    written = [defined_path(block.type, row.right) for row in block.rows if row.goes_right]
    given = [f"{block.type}.{name}" for name in ("identifier", "meta", "id")]
    wanted = must_supports(profiles.index.get(block.profile))
    return tuple(path for path in wanted if not any(is_touched(path, each) for each in (*written, *given)))


# -- code tables


def _table_pages(maps: Sequence[Map], pages: Sequence[MapPage]) -> Iterator[TablePage]:
    tables = {
        table_file(map_, row): row.codec.table
        for map_ in maps
        for block in map_.blocks
        for row in block.rows
        if row.codec.table
    }
    for file_name, table in sorted(tables.items()):
        uses = tuple(rule for page in pages for rule in page.rules if rule.table == file_name)
        yield TablePage(file_name, table, uses)


# -- fields


def _fields_page(title: str, map_: Map, maps: Sequence[Map], graph: Graph) -> FieldsPage:
    kind = "record" if map_.left.kind == "record" else "partner's format"
    readers = [each for each in maps if _left_title(each) == title]
    found = _fields(map_.left_shape, _named(map_, map_.root))
    lines = tuple(_field_line(field, readers, graph) for field in found)
    return FieldsPage(title, f"Fields of {kind} {title}", lines)


def _fields(shape: Shape, name: str) -> Iterator[Field]:
    """Yield every field below a shape, objects before what they hold."""
    for child_name in shape.child_names():
        child = shape.find_child(child_name)
        if child is not None:
            yield field_of(f"{name}.{child_name}", child)
            yield from _fields(child, f"{name}.{child_name}")


def _field_line(field: Field, readers: Sequence[Map], graph: Graph) -> FieldLine:
    plain = field.name.rpartition(":")[2]
    ignored = [
        (each.name, reason) for each in readers for path, reason in each.ignore.items() if _is_below(plain, path)
    ]
    targets = [(hop.depth, hop.edge) for hop in graph.downstream(field.name) if hop.edge.kind != "condition"]
    return FieldLine(
        field=field,
        sources=tuple(edge for edge in graph.edges if edge.target == field.name and edge.kind != "condition"),
        targets=tuple(targets) if _is_read(field, targets) else (),
        ignored=tuple(ignored),
    )


def _is_read(field: Field, targets: Sequence[tuple[int, Edge]]) -> bool:
    """Say whether rows read the field itself or the object it is part of; an object is told of by its fields."""
    return any(depth == 1 and _is_below(field.name, edge.source) for depth, edge in targets)


def _is_below(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")
