"""The right side of a block as a tree of spots: what stands under what, and which rows write there.

Rows that share a way share its spots, so that each object on it is made once. What cannot be known before a message
(which items a selector picks among items that other rows make) is refused, and its rows are left to the interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fhirbridge.mapping.compile.code import Parts
from fhirbridge.mapping.model import Row
from fhirbridge.mapping.paths import selected, write
from fhirbridge.mapping.steps import Step, Where

MAX_DEPTH = 32


class Tangled(Exception):
    """The rows of a block that write below one name cannot be compiled; the name is the argument."""


@dataclass(slots=True, eq=False)
class Spot:
    """Where one value or object stands: a field of an object, or the items of a list that one selector picks.

    Attributes:
        up: the object or list it stands in; None for the body itself.
        step: how it is named there.
        uses: how many rows write at it or below it; `wholes`: how many write the spot itself.
        first, last: the places, in the order of the rows, of the first and the last that do.
        is_given: made along with its item, because a selector says so.
        is_always: each turn of the one loop that writes here makes an item.
        var, path: the name that holds it in the code, and the parts of its concrete path; once known.
        group, group_paths: for a selector with `[]`, the names of the lists of its items and of their paths.
    """

    up: Spot | Shelf | None
    step: Step
    uses: int = 0
    wholes: int = 0
    first: int = -1
    last: int = -1
    is_given: bool = False
    is_always: bool = False
    fields: dict[str, Spot | Shelf] = field(default_factory=dict)
    var: str = ""
    path: Parts = ()
    group: str = ""
    group_paths: str = ""

    @property
    def is_item(self) -> bool:
        """Whether it stands in a list."""
        return isinstance(self.up, Shelf)


@dataclass(slots=True, eq=False)
class Shelf:
    """A list: the spots in it by the step that picks them."""

    up: Spot
    name: str
    uses: int = 0
    is_given: bool = False
    slots: dict[Step, Spot] = field(default_factory=dict)
    var: str = ""


def grow(rows: list[Row]) -> Spot:
    """Return the spots that rows write, in the order of the rows.

    Raises:
        Tangled: some of them cannot be known beforehand.
    """
    root = Spot(None, Step(""), uses=len(rows) + 1)
    for number, row in enumerate(rows):
        _add(root, row, number)
    for each in root.fields.values():
        _check(each, each.name if isinstance(each, Shelf) else each.step.name, 0)
    return root


def _add(root: Spot, row: Row, number: int) -> None:
    spot = root
    if any(mark in step.name for step in row.right for mark in ".[]"):  # its path could be read in two ways
        raise Tangled(row.right[0].name)
    for step in row.right:
        spot = _descend(spot, step, root_name=row.right[0].name)
        spot.first, spot.last = number if spot.first < 0 else spot.first, number
    is_begun = bool(spot.fields) and not (spot.step.where and spot.uses == 1)  # by more than its own selector
    if is_begun or spot.is_given:  # a whole value after parts of it
        raise Tangled(row.right[0].name)
    spot.wholes += 1


def _descend(spot: Spot, step: Step, *, root_name: str) -> Spot:
    found = _child(spot, step, root_name)
    found.uses += 1
    if isinstance(found.up, Shelf):
        found.up.uses += 1
    return found


def _child(spot: Spot, step: Step, root_name: str) -> Spot:
    """Return the spot of a step below another, made when it is new."""
    present = spot.fields.get(step.name)
    if not step.is_many:
        if present is None:
            present = spot.fields[step.name] = Spot(spot, step)
        if isinstance(present, Shelf):
            raise Tangled(root_name)
        return present
    if present is None:
        present = spot.fields[step.name] = Shelf(spot, step.name)
    if not isinstance(present, Shelf):
        raise Tangled(root_name)
    if step not in present.slots:
        present.slots[step] = Spot(present, step)
        _plant(present.slots[step], step.where, root_name)
    return present.slots[step]


def _plant(item: Spot, wheres: tuple[Where, ...], root_name: str) -> None:
    """Mark what an item's own selectors make true in it."""
    for where in wheres:
        spot = item
        for step in where.steps:
            spot = _child(spot, step, root_name)
            spot.is_given = True
            if isinstance(spot.up, Shelf):
                spot.up.is_given = True
        spot.uses += 1
        spot.wholes += 1


# -- what can be known beforehand


def _check(node: Spot | Shelf, root_name: str, depth: int) -> None:
    fits = depth < MAX_DEPTH and (_fits(node) if isinstance(node, Spot) else _is_orderly(node))
    if not fits:
        raise Tangled(root_name)
    for child in node.fields.values() if isinstance(node, Spot) else node.slots.values():
        _check(child, root_name, depth + 1)


def _fits(spot: Spot) -> bool:
    """Say whether a value that is written whole can be told from what is written below it."""
    if not spot.wholes:
        return True
    has_parts = bool(spot.fields)
    is_plain = all(isinstance(child, Spot) and not child.fields for child in spot.fields.values())
    if spot.is_given:  # a selector's own value
        return not has_parts and spot.uses == 1
    if spot.step.each or spot.step.where:
        return spot.uses == 1
    return is_plain and (spot.wholes == 1 or not (has_parts or spot.is_item))


def _is_orderly(shelf: Shelf) -> bool:
    """Say whether no slot of a list can ever pick an item that another slot has made."""
    slots = dict(shelf.slots)
    if any((step.each and step.index is not None) or (step.where and step.index) for step in slots):
        return False
    if len(slots) > 1 and any(slot.is_given and not step.where for step, slot in slots.items()):
        if not _is_given_apart(shelf):
            return False
        slots = {step: slot for step, slot in slots.items() if step.where}
    picked = {step: slot for step, slot in slots.items() if step.where}
    placed = {step: slot for step, slot in slots.items() if not step.where}
    if any(step.each for step in placed):
        return len(slots) == 1
    return _are_apart(list(picked)) and (not (placed and picked) or _are_in_turn(placed, picked))


def _is_given_apart(shelf: Shelf) -> bool:
    """Say whether no slot of a list picks the one item that the selectors of the item around it have put there."""
    given = [step for step, slot in shelf.slots.items() if slot.is_given and not step.where]
    around: dict[str, Any] = {}
    for where in shelf.up.step.where:
        write(around, where.steps, (), where.value)
    items = around.get(shelf.name)
    others = [step for step in shelf.slots if step not in given]
    is_known = len(given) == 1 and isinstance(items, list) and all(step.where and not step.each for step in others)
    return is_known and not any(found for step in others for found in selected(items, step))


def _are_apart(steps: list[Step]) -> bool:
    """Say whether selectors compare one path each, the same, with different values; what they compare beside it only
    narrows them.
    """
    compared = [step.where[0] for step in steps]
    return len({where.steps for where in compared}) <= 1 and len({where.value for where in compared}) == len(steps)


def _are_in_turn(placed: dict[Step, Spot], picked: dict[Step, Spot]) -> bool:
    """Say whether the items at an index are all written before those that selectors pick and none of these can pick
    them, or all after: then no selector is looked for any more.
    """
    if min(slot.first for slot in placed.values()) > max(slot.last for slot in picked.values()):
        return True
    if max(slot.first for slot in placed.values()) > min(slot.first for slot in picked.values()):
        return False
    names = {where.steps[0].name for step in picked for where in step.where}
    return not any(slot.wholes or names & slot.fields.keys() for slot in placed.values())
