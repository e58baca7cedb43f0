"""One map tried on one message, each element told: source field, row, codec, table line, default, or why it is absent.

Laws of this file: paths, rows and lines are told, never values; what is told of an element is what the run kept of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fhirbridge.errors import Issue, MalformedInput, NotFound
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.reasons import (
    Instance,
    Reason,
    instances,
    rows_writing,
    why_absent,
)
from fhirbridge.mapping.run import Item, Mapped
from fhirbridge.mapping.spelling import path_text
from fhirbridge.services.maps import trying
from fhirbridge.services.maps.telling import Told, explain_entry, has_path
from fhirbridge.services.reading import nearest

_SELECTOR = re.compile(r"\[[^\]\d][^\]]*\]")
_ASKED = re.compile(r"(?P<head>[A-Za-z][\w-]*)(?:\[(?P<index>\d+)\])?(?:\.(?P<path>.+))?")


@dataclass(frozen=True, slots=True)
class Explained:
    """What a map made of one message, what was found, and what is told of its elements."""

    output: object
    issues: tuple[Issue, ...]
    elements: tuple[Told, ...]

    def to_tree(self) -> dict[str, Any]:
        """Return output and explanation as one JSON tree."""
        return {"output": self.output, "explain": [each.to_tree() for each in self.elements]}

    def to_lines(self) -> Iterator[str]:
        """Yield the explanation as text."""
        return (line for each in self.elements for line in each.to_lines())


def explain_file(folder: Path, name: str, body: bytes, *, element: str = "", source: str = "local") -> Explained:
    """Run one map on a body, left to right, and tell of every element, or of the one that is named.

    Args:
        element: `goal[0].target[0].dueDate`: block or type, which item of it, path. Without a number: every item.

    Raises:
        NotFound: no such map, block or type.
        MapError: a map of the folder does not pass its checks.
        MalformedInput: the body cannot be read.
    """
    tried = trying.map_file(folder, name, body, source=source)
    if tried.run is None:
        raise MalformedInput(
            "Expected a file with one document; this one has several, so its elements have no one path. "
            "Make a copy with one of them (in CSV the header and its lines) and ask again."
        )
    run = Run(tried.run.map, tried.run.tree, tried.run.mapped, Context(source=source))
    told = _one(run, element) if element else _all(run)
    return Explained(tried.output, tried.issues, tuple(told))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a map: what went in, what came out, and which item of the left each thing was made of."""

    map: Map
    tree: Tree
    mapped: Mapped
    context: Context
    instances: tuple[Instance, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = (each for block in self.map.blocks for each in instances(self.map, block, self.tree))
        object.__setattr__(self, "instances", tuple(found))

    def find_item(self, instance: Instance) -> Item | None:
        """Return what was made of an item of the left, or None."""
        type_, key = instance.block.type, instance.key
        return next((item for item in self.mapped.items if (item.type, item.key) == (type_, key)), None)

    def label(self, item: Item) -> str:
        """Return the type of a thing and its number among those of its type: `Goal[0]`."""
        same = [each for each in self.mapped.items if each.type == item.type]
        return f"{item.type}[{next(number for number, each in enumerate(same) if each is item)}]"


def _all(run: Run) -> Iterator[Told]:
    for item in run.mapped.items:
        elements = item.trace["elements"]
        for path, entry in elements.items():
            if not _is_repeated(path, entry, elements):
                yield _told(run, item, path, entry)


def _is_repeated(path: str, entry: Mapping[str, Any], elements: Mapping[str, Mapping[str, Any]]) -> bool:
    """Say whether an element is only a list item on the way to one that tells the same."""
    return any(other.startswith(f"{path}.") and elements[other] == entry for other in elements)


def _told(run: Run, item: Item, path: str, entry: Mapping[str, Any]) -> Told:
    told = explain_entry(run.map, entry, run.tree, type_=item.type, path=path)
    return replace(told, target=f"{run.label(item)}.{path}")


# -- one element, present or absent


def _one(run: Run, element: str) -> list[Told]:
    """Return what is told of a named element: of each item that has it, or why no item does."""
    asked = _ASKED.fullmatch(element)
    blocks = _blocks(run.map, asked["head"] if asked else element)
    path = (asked["path"] if asked else "") or ""
    chosen = _chosen(run, blocks, asked["head"] if asked else "", asked["index"] if asked else None)
    allowed = _selected(blocks, path)
    found = (told for item in _items(run, chosen) for told in _present(run, item, _SELECTOR.sub("", path)))
    present = [told for told in found if allowed is None or told.location in allowed]
    return present or [Told(element, absent=_absent(run, blocks, chosen, path))]


def _selected(blocks: Sequence[Block], path: str) -> frozenset[str] | None:
    """Return the places of the rows that a path with a selector means, None for a path without."""
    if not _SELECTOR.search(path):
        return None
    return frozenset(f"{row.place.file}:{row.place.line}" for _, row in rows_writing(blocks, path))


def _blocks(map_: Map, head: str) -> list[Block]:
    named = [block for block in map_.blocks if block.name == head]
    found = named or [block for block in map_.blocks if block.type == head]
    if not found:
        known = sorted({name for block in map_.blocks for name in (block.name, block.type)})
        hint = did_you_mean(head, known) or f"it makes {', '.join(known)}."
        raise NotFound(f"Map {map_.name} makes no `{head}`; {hint}")
    return found


def _chosen(run: Run, blocks: Sequence[Block], head: str, index: str | None) -> list[Instance]:
    """Return the items of the left that are asked about: those of a block by number, of a type by number of output."""
    own = [each for each in run.instances if any(each.block is block for block in blocks)]
    if index is None:
        return own
    if any(block.name == head for block in blocks):
        return own[int(index) : int(index) + 1]
    made = [item for item in run.mapped.items if item.type == head][int(index) : int(index) + 1]
    return [each for each in own if any(run.find_item(each) is item for item in made)]


def _items(run: Run, chosen: Iterable[Instance]) -> list[Item]:
    found = [item for each in chosen if (item := run.find_item(each))]
    return [item for number, item in enumerate(found) if not any(item is other for other in found[:number])]


def _present(run: Run, item: Item, path: str) -> Iterator[Told]:
    """Yield what is told of an element of an item: of itself, else of each part of it; nothing when it is absent."""
    elements = item.trace["elements"]
    plain = path.split(".")
    below = [each for each in elements if _matches(each, plain) and not _is_repeated(each, elements[each], elements)]
    for each in below:
        yield _told(run, item, each, elements[each])
    if not below and path and has_path(item.body, path):
        entry, _ = nearest(elements, path)
        if entry:
            yield _told(run, item, path, entry)


def _matches(path: str, asked: Sequence[str]) -> bool:
    """Say whether a path is what was asked about or below it; a name asked without a number stands for every item."""
    names = path.split(".")
    pairs = zip(names, asked, strict=False)
    return asked == [""] or (
        len(names) >= len(asked) and all(own == want or own.partition("[")[0] == want for own, want in pairs)
    )


def _absent(run: Run, blocks: Sequence[Block], chosen: Sequence[Instance], path: str) -> tuple[Reason, ...]:
    if chosen:
        return why_absent(run.map, chosen, path, run.mapped.issues, run.context)
    block, made = blocks[0], sum(1 for each in run.instances if any(each.block is block for block in blocks))
    loop = path_text(block.loop)
    place = f"`{run.map.root}{'.' if loop else ''}{loop}`"
    text = f"{place} has {made} items, and none with this number." if made else f"{place} is empty."
    return (Reason(f"Block {block.name}: {text}", location=f"{block.place.file}:{block.place.line}"),)
