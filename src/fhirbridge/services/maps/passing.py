"""One message through all the maps it meets: to records, on to resources, and out in the partners' own forms.

Laws of this file: nothing is stored and nothing leaves; what a message does to two sets of maps is told as changes
without values, unless values are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from fhirbridge.errors import BridgeError, Issue
from fhirbridge.formats.document import Document
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.compare import Change, Made, compare, compare_issues, made_of_item, made_of_tree
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Item, to_left, to_right
from fhirbridge.records import KINDS
from fhirbridge.services import sides
from fhirbridge.services.reading import find_record_issues, unnamed

Routes = Mapping[str, Sequence[str]]
"""Record kind -> the maps through which records of that kind are sent."""
MapChange = tuple[str, Change]
"""The map that makes an element, and how the element changed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One message to try: the map it meets first, who sent it, and its body as it came.

    With `items`, (type, body) pairs stand on the map's right side and the map is run backwards.
    """

    map: str
    source: str
    body: bytes = b""
    items: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(slots=True)
class Passage:
    """What one map made of one message."""

    made: list[Made] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sets of maps to compare, and where records go."""

    old: MapLibrary
    new: MapLibrary
    routes: Routes = field(default_factory=dict)
    values: bool = False

    def changed(self) -> frozenset[str]:
        """Return the names of the maps that are not made of the same files in both."""
        names = {*self.old.names(), *self.new.names()}
        return frozenset(name for name in names if _origin(self.old, name) != _origin(self.new, name))

    def concerns(self, sample: Sample, changed: frozenset[str]) -> bool:
        """Say whether one of the changed maps has a part in what becomes of a message."""
        kinds = {kind for maps in (self.old, self.new) for kind in _kinds(maps, sample.map)}
        return bool(changed & {sample.map, *kinds, *(name for kind in kinds for name in self.routes.get(kind, ()))})


def differences(pair: Pair, sample: Sample) -> Iterator[MapChange]:
    """Yield how a message fares differently: elements and findings, the way there and the way back."""
    old, new = (_guarded(maps, sample, pair.routes) for maps in (pair.old, pair.new))
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, Passage()), new.get(name, Passage())
        for change in _between(one, other, values=pair.values):
            yield name, change
        for change in _way_back(pair, name, one.items or other.items, sample.source):
            yield name, change


def outbound_differences(pair: Pair, sample: Sample) -> Iterator[MapChange]:
    """Yield what is different in what a partner is sent; `items` of the sample is the record that goes out."""
    found: list[Passage] = []
    for maps in (pair.old, pair.new):
        passages: dict[str, Passage] = {}
        with _told(sample.map, passages):
            _send_out(maps, sample, passages)
        found.append(passages.get(sample.map, Passage()))
    for change in _between(*found, values=pair.values):
        yield sample.map, change


def pass_through(maps: MapLibrary, sample: Sample, routes: Routes) -> dict[str, Passage]:
    """Return what each map made of a message; nothing for a message whose map is not there.

    Raises:
        MalformedInput: the body cannot be read.
    """
    passages: dict[str, Passage] = {}
    if sample.map not in maps.names():
        return passages
    if sample.items:
        _restore(maps, sample, passages)
        return passages
    map_ = maps.get(sample.map)
    for document in sides.read(sides.left_of(map_), sample.body):
        items = _forward(map_, sample.source, document, passages)
        for kind, tree in _records(map_, document.tree, items):
            _pass_on(maps, (kind, tree), sample, passages)
            for name in routes.get(kind, ()):
                _send_out(maps, Sample(name, sample.source, items=((kind, tree),)), passages)
    return passages


def _pass_on(maps: MapLibrary, record: tuple[str, Any], sample: Sample, passages: dict[str, Passage]) -> None:
    """Send a record that a message became through the map of its kind."""
    kind, tree = record
    if kind in maps.names() and kind != sample.map:
        _forward(maps.get(kind), sample.source, Document(tree), passages)


def _forward(map_: Map, source: str, document: Document, passages: dict[str, Passage]) -> tuple[Item, ...]:
    mapped = to_right(map_, document.tree, Context(source=source))
    passage = passages.setdefault(map_.name, Passage())
    passage.items += mapped.items
    passage.made += [made_of_item(item) for item in mapped.items]
    passage.issues += [*document.issues, *mapped.issues]
    if map_.right.kind == "record":
        found = [i for item in mapped.items for i in find_record_issues(item.type, item.body, map_, item.trace)]
        passage.issues += unnamed(found, mapped.issues)
    return mapped.items


def _send_out(maps: MapLibrary, sample: Sample, passages: dict[str, Passage]) -> None:
    """Send a record through the map that writes a partner's format, whichever way it stands."""
    if sample.map not in maps.names():
        return
    map_, (kind, tree) = maps.get(sample.map), sample.items[0]
    if map_.left.kind == "record" and kind in map_.left.names:
        _forward(map_, sample.source, Document(tree), passages)
    else:
        _restore(maps, sample, passages)


def _restore(maps: MapLibrary, sample: Sample, passages: dict[str, Passage]) -> None:
    map_ = maps.get(sample.map)
    restored = to_left(map_, list(sample.items), Context(source=sample.source))
    passage = passages.setdefault(sample.map, Passage())
    passage.made.append(made_of_tree(map_, restored.tree))
    passage.issues += restored.issues


def _records(map_: Map, tree: Any, items: Sequence[Item]) -> Iterator[tuple[str, Any]]:
    """Yield kind and tree of each record that a document is or becomes, as it would be kept."""
    if map_.left.kind == "record":
        yield map_.left.names[0], tree
    for item in items if map_.right.kind == "record" else ():
        with suppress(ValidationError):
            yield item.type, KINDS[item.type].model_validate(item.body).model_dump(mode="json", exclude_none=True)


def _way_back(pair: Pair, name: str, items: Sequence[Item], source: str) -> Iterator[Change]:
    """Yield what both maps make differently of the same items on the way back; what one has no row for is left out."""
    if items and name in pair.old.names() and name in pair.new.names():
        sample = Sample(name, source, items=tuple((item.type, item.body) for item in items))
        old, new = (_guarded(maps, sample, {}).get(name, Passage()) for maps in (pair.old, pair.new))
        yield from compare(old.made, new.made, values=pair.values)


def _between(old: Passage, new: Passage, *, values: bool) -> Iterator[Change]:
    yield from compare(old.made, new.made, values=values)
    yield from compare_issues(old.issues, new.issues)


def _guarded(maps: MapLibrary, sample: Sample, routes: Routes) -> dict[str, Passage]:
    """Return what each map made of a message, and what hindered it."""
    passages: dict[str, Passage] = {}
    with _told(sample.map, passages):
        passages |= pass_through(maps, sample, routes)
    return passages


@contextmanager
def _told(name: str, passages: dict[str, Passage]) -> Iterator[None]:
    """Turn what cannot be read, or a fault of the program, into a finding of a map."""
    try:
        yield
    except BridgeError as error:
        passages.setdefault(name, Passage()).issues.extend(error.issues)
    except Exception as error:  # told by its class alone: its text may hold data
        fault = type(error).__name__
        passages.setdefault(name, Passage()).issues.append(Issue(BridgeError.code, fault, fault))


def _origin(maps: MapLibrary, name: str) -> object:
    if name not in maps.names():
        return None
    map_ = maps.get(name)
    return maps.origins.get(map_.file, map_.hash)


def _kinds(maps: MapLibrary, name: str) -> tuple[str, ...]:
    """Return the record kinds that a map reads or makes."""
    if name not in maps.names():
        return ()
    map_ = maps.get(name)
    return tuple(kind for side in (map_.left, map_.right) if side.kind == "record" for kind in side.names)
