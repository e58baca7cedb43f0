"""How a block's resources are told: labels and places, in the order of its rows, grouped as the record groups them.

Made once for each block from its rows. Told is what rows bring from fields of the left side. Left out are constants,
keys and what only links resources, addresses of systems, and a field that was told already.
Laws of this file: a place is one that a row writes; a list of the record is a list here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fhirbridge.fhir.elements import find_element
from fhirbridge.fhir.narrative.xhtml import escape
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.narrative.labels import label_of, words_of
from fhirbridge.mapping.shapes import Shape, fhir_shape
from fhirbridge.mapping.steps import Steps

DIRECTORY = "D0"
PATIENT = "Patient"
TECHNICAL = frozenset({"uri", "canonical", "oid", "uuid", "id", "Narrative"})
"""Types of places that tell a person nothing."""
WHOLE = frozenset({"Coding", "Quantity", "Duration", "Age", "Money", "Reference", "Identifier", "ContactPoint"})
"""Types that are told whole, also where rows write only a part."""
COVERING = WHOLE | {"CodeableConcept", "HumanName", "Address", "Attachment", "Period"}
"""Types of which a part is not told again, once the whole is."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a resource, or in an item of the list around it, and the FHIR type that stands there."""

    steps: Steps
    type: str


@dataclass(frozen=True, slots=True)
class Line:
    """A label, as XHTML, and the places it is told from: the first of them in which something stands.

    Attributes:
        label: "" for what is told of an item as a whole.
        is_subject: it names the client, whom everything here is about.
    """

    label: str
    spots: tuple[Spot, ...]
    is_subject: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A label, and what is told below it: of each item of a list at `steps`, or of one object where there are none."""

    label: str
    steps: Steps
    parts: tuple[Line | Group, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the resources of one block are told: a title, and the parts below it."""

    title: str
    parts: tuple[Line | Group, ...]


def plan_of(map_: Map, block: Block) -> Plan:
    """Return how a block's resources are told.

    A directory entry is told by its type: the same entry is made by many blocks, and must not change with them.
    """
    title = words_of(block.type if block.data_class == DIRECTORY else block.name)
    return Plan(title, tuple(_parts(_distinct(_entries(map_, block)))))


# -- which rows are told


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row on its way into the plan: the names of its field with the shapes they lead to, and what is left of both
    its paths below the groups that it already stands in.
    """

    row: Row
    shape: Shape
    left: Steps
    right: Steps
    type: str
    where: str = ""

    @property
    def place(self) -> tuple[str, Steps]:
        """The field that it brings."""
        return self.where, self.left


def _entries(map_: Map, block: Block) -> Iterator[_Entry]:
    keys = {(each.variable, each.key) for each in map_.blocks}
    for row in block.rows:
        is_link = row.arrow == "=>" and (row.variable, row.left) in keys and row.codec.reference is not None
        is_elsewhere = block.type == "Composition" and row.right[0].name in ("section", "title")
        if row.goes_right and row.arrow != ":=" and not is_link and not is_elsewhere:
            entry = _entry(map_, block, row)
            if entry.type not in TECHNICAL and entry.right[-1].name not in ("id", "system"):
                yield entry


def _entry(map_: Map, block: Block, row: Row) -> _Entry:
    steps, type_ = _whole(block.type, row.right, row.codec.right_type)
    if row.expression is not None:
        return _of_expression(map_, block, row, (steps, type_))
    is_item = block.is_loop and row.variable == block.variable
    shape = _at(map_.left_shape, block.loop) if is_item else map_.left_shape
    return _Entry(row, shape, row.left, steps, type_, "item" if is_item else "root")


def _of_expression(map_: Map, block: Block, row: Row, target: tuple[Steps, str]) -> _Entry:
    """Return the entry of a computed value: of one field under that field's name, else under the element's."""
    paths = row.expression.paths() if row.expression else ()
    fields = {(path.variable, path.steps) for path in paths}
    where = f"expression {row.place}"
    if len(fields) == 1:
        ((variable, left),) = fields
        is_item = block.is_loop and variable == block.variable
        shape = _at(map_.left_shape, block.loop) if is_item else map_.left_shape
        shape = _at(shape, left[:-1]) if left else shape
        return _Entry(row, shape, tuple(replace(step, each=False) for step in left[-1:]), *target, where)
    return _Entry(row, map_.left_shape, (), *target, where)


def _whole(type_: str, steps: Steps, end: str) -> tuple[Steps, str]:
    """Return the path up to the first place that is told whole, and the type there; the path as it is if none is."""
    shape: Shape | None = fhir_shape(type_)
    for position, step in enumerate(steps):
        shape = shape.find_child(step.name) if shape else None
        if shape is not None and shape.type in WHOLE:
            return steps[: position + 1], shape.type
    return steps, end


def _at(shape: Shape, steps: Steps) -> Shape:
    for step in steps:
        shape = shape.find_child(step.name) or shape
    return shape


def _distinct(entries: Iterable[_Entry]) -> list[_Entry]:
    """Return the entries without those whose field, or whose place, is told by another.

    Of several rows for one field, one that goes both ways knows best what the field says.
    """
    kept: list[_Entry] = []
    for entry in _best_first(list(entries)):
        told = [each for each in kept if each.place == entry.place]
        is_other_way = bool(told) and all(each.row.when is not None for each in told)
        if (is_other_way or not told) and all(each.right != entry.right for each in kept):
            kept.append(entry)
    return [entry for entry in kept if not any(_covers(other, entry) for other in kept)]


def _best_first(entries: list[_Entry]) -> list[_Entry]:
    """Return the entries in the order of their fields, of one field those that go both ways first."""
    order = {place: number for number, place in reversed(list(enumerate(each.place for each in entries)))}
    return sorted(entries, key=lambda each: (order[each.place], not each.row.goes_left))


def _covers(other: _Entry, entry: _Entry) -> bool:
    size = len(other.right)
    return other.type in COVERING and size < len(entry.right) and entry.right[:size] == other.right


# -- grouped as the record is


def _parts(entries: Sequence[_Entry]) -> Iterator[Line | Group]:
    """Yield the parts that entries make, by the first name of their fields, in the order of its first row.

    What is told of an item as a whole has no label: the list has one.
    """
    for entry in dict.fromkeys((each.where, each.left[:1]) if each.left else each.place for each in entries):
        where, first = entry
        own = [each for each in entries if each.where == where and each.left[:1] == first]
        ends, below = [each for each in own if len(each.left) <= 1], [each for each in own if len(each.left) > 1]
        if ends and below and first[0].each:
            yield from _below([*ends, *below])
            continue
        if ends:
            yield _line(ends)
        groups = _below(below) if below else []
        yield from (part for group in groups for part in group.parts) if ends else groups


def _line(entries: Sequence[_Entry]) -> Line:
    entry = entries[0]
    spots = tuple(Spot(each.right, each.type) for each in entries)
    reference = entry.row.codec.reference
    return Line(_label(entry), spots, reference is not None and reference.type == PATIENT)


def _label(entry: _Entry) -> str:
    if not entry.left:
        return escape(_element_name(entry)) if not entry.row.left else ""
    child = entry.shape.find_child(entry.left[0].name)
    return escape(label_of(entry.left[0].name, child.told if child else ""))


def _element_name(entry: _Entry) -> str:
    """Return what the element is called that a value as a whole, or of several fields, goes to."""
    suffix = f"{entry.type[:1].upper()}{entry.type[1:]}"
    return words_of(entry.right[-1].name.removesuffix(suffix) or entry.right[-1].name)


def _below(entries: Sequence[_Entry]) -> list[Group]:
    """Return the group of an object's fields, or of a list's: one for each list of the resource that they go to."""
    label = _label(entries[0])
    inner = [_inside(each) for each in entries]
    lists = dict.fromkeys(steps for steps, _ in inner)
    return [Group(label, steps, tuple(_parts([each for at, each in inner if at == steps]))) for steps in lists]


def _inside(entry: _Entry) -> tuple[Steps, _Entry]:
    """Return the list of the resource that an entry goes to, and the entry below it."""
    first, rest = entry.left[0], entry.left[1:]
    shape = entry.shape.find_child(first.name) or entry.shape
    size = next((n + 1 for n, step in enumerate(entry.right) if step.each), 0) if first.each else 0
    below = replace(entry, shape=shape, left=rest, right=entry.right[size:])
    return entry.right[:size], below


def is_told(type_: str) -> bool:
    """Say whether a resource of a type has a narrative at all."""
    element = find_element(type_, "text")
    return element is not None and element.type == "Narrative"
