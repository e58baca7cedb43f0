"""A page of Markdown for each record kind: every field, what it becomes in FHIR, and an example of both sides.

Laws of this file: everything said of FHIR comes from the maps, everything said of a field from its schema; the same
maps give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.mapping.lineage import Edge, Graph
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.naming import codec_text
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.spelling import literal_text
from fhirbridge.records import KINDS, Record
from fhirbridge.records.sources import SOURCES
from fhirbridge.services.maps.lineage import maps_of
from fhirbridge.services.maps.rules import Field, field_of
from fhirbridge.services.maps.samples import made_of_sample, sample_file

Tree = dict[str, Any]

MADE = "Made by `fhirbridge docs records`; a test compares. Change the record or the map, not this page."
ARROWS: Mapping[str, str] = {"<=>": "both ways", "=>": "out only", "<=": "in only"}
INDEX = "README.md"


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a record: its definition, who asks for it, what rows make of it, why one leaves it aside.

    `keys` are the blocks whose business key it is.
    """

    field: Field
    source: str
    keys: tuple[Block, ...]
    rows: tuple[tuple[Block, Row], ...]
    ignored: str


def record_pages(folder: Path) -> dict[str, str]:
    """Return the pages by file name, with an index; `folder` holds maps with a `records` and a `tests` folder.

    Raises:
        MapError: a map of the folder does not pass its checks.
    """
    maps = {each.root: each for each in maps_of(folder) if each.left.kind == "record" and each.name == each.root}
    pages = {f"{kind}.md": _page(KINDS[kind], map_, folder) for kind, map_ in sorted(maps.items())}
    return {INDEX: _index(maps), **pages}


def write_pages(folder: Path, target: Path) -> tuple[str, ...]:
    """Write the pages into a folder and return their names; see `record_pages`."""
    pages = record_pages(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (target / name).write_text(text, encoding="utf-8")
    return tuple(pages)


def _index(maps: Mapping[str, Map]) -> str:
    lines = [
        f"| [{kind}]({kind}.md) | {_sentence(KINDS[kind])} | {_types(map_)} |" for kind, map_ in sorted(maps.items())
    ]
    sources = [f"| {key} | {text} |" for key, text in SOURCES.items()]
    return _text(
        "# Records and FHIR",
        MADE,
        "What the bridge holds, and what each field becomes in FHIR R4. The same rows read it back.",
        _table("| record | is | resources |", lines),
        "## Sources of the fields",
        _table("| source | is |", sources),
    )


def _types(map_: Map) -> str:
    return ", ".join(dict.fromkeys(block.type for block in map_.blocks))


def _sentence(record: type[Record]) -> str:
    return (record.__doc__ or "").strip().partition("\n")[0]


def _page(record: type[Record], map_: Map, folder: Path) -> str:
    lines = tuple(_lines(record, map_))
    return _text(
        f"# {record.kind}",
        MADE,
        f"{_sentence(record)} Map: `records/{Path(map_.file).name}`, version {map_.version}. "
        f"Fields that name no class have {record.sensitivity.value}.",
        "## What it becomes",
        _table("| block | resource | profile | class |", [_block_line(block) for block in map_.blocks]),
        "## Fields",
        _table("| field | type | class | source | FHIR element | how |", [_line(line) for line in lines]),
        "## Always written",
        _table("| element | value |", list(_constants(map_))),
        "## Example",
        *_example(record.kind, folder),
    )


def _block_line(block: Block) -> str:
    return f"| {block.name} | {block.type} | {block.profile.rpartition('/')[2]} | {block.data_class} |"


# -- fields


def _lines(record: type[Record], map_: Map) -> Iterator[Line]:
    graph = Graph.of([map_])
    sources = dict(_sources(record.published_schema()))
    for field in _fields(map_.left_shape, map_.root):
        path = field.name.partition(".")[2]
        edges = [hop.edge for hop in graph.downstream(field.name) if hop.depth == 1]
        keys = tuple(edge.block for edge in edges if edge.kind == "key" and edge.source == field.name)
        yield Line(field, sources.get(path, ""), keys, tuple(_rows(edges, field)), _reason(map_, field.name))


def _rows(edges: Iterable[Edge], field: Field) -> Iterator[tuple[Block, Row]]:
    """Yield the rows that read the field itself or, of an object that a codec takes whole, the object."""
    for edge in edges:
        if edge.row is not None and edge.kind == "value" and _is_below(field.name, edge.source):
            yield edge.block, edge.row


def _is_below(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def _reason(map_: Map, name: str) -> str:
    return next((reason for path, reason in map_.ignore.items() if _is_below(name, path)), "")


def _fields(shape: Shape, name: str) -> Iterator[Field]:
    for child_name in shape.child_names():
        child = shape.find_child(child_name)
        if child is not None:
            yield field_of(f"{name}.{child_name}", child)
            yield from _fields(child, f"{name}.{child_name}")


def _sources(schema: Tree) -> Iterator[tuple[str, str]]:
    """Yield the path of each field of a record's schema with who asks for it."""
    yield from _sources_of(schema, schema.get("$defs", {}), "")


def _sources_of(part: Tree, parts: Tree, path: str) -> Iterator[tuple[str, str]]:
    for name, field in part.get("properties", {}).items():
        yield f"{path}{name}", field.get("x-source", "")
        for inner in _parts(field, parts):
            yield from _sources_of(inner, parts, f"{path}{name}.")


def _parts(field: Tree, parts: Tree) -> Iterator[Tree]:
    """Yield the parts that a field holds: one, or the items of a list, or nothing for a plain value."""
    for each in (field, field.get("items", {}), *field.get("anyOf", ()), *field.get("allOf", ())):
        if "$ref" in each:
            yield parts[each["$ref"].rpartition("/")[2]]


def _line(line: Line) -> str:
    field = line.field
    name = field.name.partition(".")[2]
    type_ = " | ".join(field.codes) if field.codes else field.type
    words = f"{type_}{', list' if field.is_list else ''}{', required' if field.is_required else ''}"
    written = [(f"{block.type}.identifier", f"key of {block.name}, both ways") for block in line.keys]
    written += [(f"{block.type}.{row.right_text}", _how(row)) for block, row in line.rows]
    elements = "<br>".join(f"`{element}`" for element, _ in written)
    how = "<br>".join(how for _, how in written)
    if not written and line.ignored:
        elements, how = "none", line.ignored
    cells = (f"`{name}`: {field.description}", words, field.data_class, line.source, elements, how)
    return f"| {' | '.join(map(_cell, cells))} |"


def _how(row: Row) -> str:
    way = ARROWS.get(row.arrow, row.arrow)
    lossy = f" (lossy: {row.lossy})" if row.lossy else ""
    codec = codec_text(row)
    systems = f"; {', '.join(_systems(row))}" if row.codec.table else ""
    return f"{codec or 'copy'}{systems}, {way}{lossy}"


def _systems(row: Row) -> list[str]:
    table = row.codec.table
    return sorted({each.system for each in table.rows if each.system}) if table else []


def _constants(map_: Map) -> Iterator[str]:
    for block in map_.blocks:
        for row in block.rows:
            if row.constant is not None:
                yield f"| `{block.type}.{_cell(row.right_text)}` ({block.name}) | {_cell(literal_text(row.constant))} |"


# -- examples


def _example(kind: str, folder: Path) -> Iterator[str]:
    record = json.loads(sample_file(kind, folder).read_text(encoding="utf-8"))
    yield "The record, with every field:"
    yield _json(record)
    yield "What it becomes:"
    yield from (_json(_without_text(resource)) for resource in made_of_sample(kind, folder))


def _without_text(resource: Tree) -> Tree:
    """Return a resource without its narrative, which says the same once more."""
    return {name: value for name, value in resource.items() if name != "text"}


def _json(tree: Tree) -> str:
    return f"```json\n{json.dumps(tree, indent=2, ensure_ascii=False)}\n```"


# -- Markdown


def _table(head: str, lines: Sequence[str]) -> str:
    if not lines:
        return "Nothing."
    rule = "|" + "---|" * (head.count("|") - 1)
    return "\n".join([head, rule, *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _text(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
