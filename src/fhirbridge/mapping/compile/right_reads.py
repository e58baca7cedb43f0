"""A walk over one item on the way back: whether every element of it is read by some row of its block.

Laws of this file: the walk is a quick look. Where it says yes, each leaf is read; where it is not sure it says no, and
the leaves are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from fhirbridge.mapping.compile.picking import Values, first_at
from fhirbridge.mapping.compile.reads import bounded
from fhirbridge.mapping.compile.surprise import Surprise
from fhirbridge.mapping.coverage import MAX_ITEMS
from fhirbridge.mapping.interpret.back import ENGINE_MADE
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.steps import Scalar, Step, Steps

ALWAYS = -1
"""Stands for a row without a condition among the rows that read an element."""


@dataclass(slots=True, eq=False)
class Seen:
    """What rows read at one element and below it.

    Attributes:
        rows: numbers of the conditional rows that read it whole; ALWAYS if one without a condition does.
        slots: for a list, what is read of the items that each step picks.
        single, placed, picked: the same, ready to be asked: of every item, by position, by the value that `first`
            finds in an item.
    """

    rows: set[int] = field(default_factory=set)
    is_always: bool = False
    fields: dict[str, Seen] = field(default_factory=dict)
    slots: dict[Step, Seen] = field(default_factory=dict)
    single: Seen | None = None
    placed: dict[int, Seen] = field(default_factory=dict)
    picked: dict[Scalar | None, Seen] = field(default_factory=dict)
    first: Values | None = None


def seen_of(map_: Map, block: Block) -> Seen:
    """Return what the rows of a block read of its items."""
    top = Seen()
    for number, row in enumerate(block.rows):
        _mark(top, row.right, ALWAYS if row.when is None else number)
    for name in ENGINE_MADE if map_.right.kind == "fhir" else ():
        top.fields.setdefault(name, Seen()).rows.add(ALWAYS)
    _settle(top)
    return top


def _mark(seen: Seen, steps: Steps, number: int) -> None:
    for step in steps:
        seen = seen.fields.setdefault(step.name, Seen())
        if step.is_many:
            seen = seen.slots.setdefault(step, Seen())
            for where in step.where:
                _mark(seen, where.steps, ALWAYS)
    seen.rows.add(number)


def _settle(seen: Seen) -> None:
    """Make ready how the items of lists are told apart; a list of which that is not known is left unread."""
    seen.is_always = ALWAYS in seen.rows
    for step, slot in seen.slots.items():
        if step.where and len(step.where) == 1 and step.index is None:
            _pick(seen, step, slot)
        elif step.where:
            continue
        elif step.each and step.index is None:
            seen.single = slot
        elif step.index is not None:
            seen.placed[step.index] = slot
    for child in (*seen.fields.values(), *seen.slots.values()):
        _settle(child)


def _pick(seen: Seen, step: Step, slot: Seen) -> None:
    compared = [each.where[0].steps for each in seen.slots if each.where]
    where = step.where[0]
    if all(each == where.steps for each in compared) and where.value not in seen.picked:
        seen.first = seen.first or first_at(where.reads)
        seen.picked[where.value] = slot


def is_all_read(item: Tree, seen: Seen, held: AbstractSet[int], depth: int) -> bool:
    """Say whether every leaf of an object is surely read.

    Args:
        held: numbers of the conditional rows that have run.

    Raises:
        Surprise: the object is larger than a map takes on.
    """
    fields = seen.fields
    for name, value in item.items():
        known = fields.get(name)
        if known is None:
            if value is not None:
                return False
        elif known.is_always or not known.rows.isdisjoint(held):
            if type(value) is not str:
                bounded(value, depth + 1)
        elif not _is_read(value, known, held, depth + 1):
            return False
    return True


def _is_read(value: Tree, seen: Seen, held: AbstractSet[int], depth: int) -> bool:
    if type(value) is dict:
        return is_all_read(value, seen, held, depth)
    if type(value) is not list:
        return value is None
    if len(value) > MAX_ITEMS:
        raise Surprise
    for position, item in enumerate(value):
        slot = seen.single or seen.placed.get(position) or _picked(item, seen)
        if slot is None or not _is_item_read(item, slot, held, depth + 1):
            return False
    return True


def _is_item_read(item: Tree, slot: Seen, held: AbstractSet[int], depth: int) -> bool:
    if slot.is_always or not slot.rows.isdisjoint(held):
        bounded(item, depth)
        return True
    return type(item) is dict and is_all_read(item, slot, held, depth)


def _picked(item: Tree, seen: Seen) -> Seen | None:
    value = seen.first(item) if seen.first is not None else None
    return None if type(value) is dict or type(value) is list else seen.picked.get(value)
