"""Writing the right side in generated code: objects and lists are made when something is first written into them.

A frame is a piece of code in which each spot stands for one place: a whole item of a block, or one turn of a loop over
a list. What a frame has made it holds in names of its own; a turn begins with none, or with what earlier loops made.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch
from fhirbridge.mapping.compile.code import Parts, Unit
from fhirbridge.mapping.compile.spots import Shelf, Spot, Tangled
from fhirbridge.mapping.paths import write

NOTHING = code.const(None)


@dataclass(slots=True, eq=False)
class Frame:
    """One frame: the item it goes round for, the name of the position, and the spots it has names for.

    Attributes:
        touched: what earlier code may have written.
        held, groups: the spots that have names here; the selectors with `[]` whose lists of items have.
    """

    slot: Spot
    position: str = ""
    touched: frozenset[Spot] = frozenset()
    held: dict[Spot | Shelf, None] = field(default_factory=dict)
    groups: dict[Spot, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Writer:
    """Adds the code that writes values to their spots."""

    unit: Unit
    root: Spot
    is_traced: bool
    frames: list[Frame] = field(default_factory=list)

    def path_of(self, spot: Spot | Shelf) -> Parts:
        """Return the parts of the concrete path of a spot that has been written."""
        if isinstance(spot, Shelf):
            return code.below(self.path_of(spot.up), spot.name)
        if spot.path or spot.up is None:
            return spot.path
        if isinstance(spot.up, Shelf):  # only a selector's own list has no names: its item is the first
            return code.at(self.path_of(spot.up), 0)
        return code.below(self.path_of(spot.up), spot.step.name)

    # -- values

    def put(self, branch: Branch, spot: Spot, value: ast.expr, *, is_whole: bool = False) -> None:
        """Add the code that writes a value to a spot, what it stands in made on the way.

        Args:
            is_whole: the value holds already what the spot's selectors make true.
        """
        shelf = spot.up
        if isinstance(shelf, Shelf):
            value = value if is_whole or not spot.step.where else self._onto_skeleton(spot, value)
            self._put_item(branch, spot, shelf, value)
        elif shelf is not None:
            self._put_field(branch, spot, shelf, value)

    def _put_field(self, branch: Branch, spot: Spot, parent: Spot, value: ast.expr) -> None:
        if self._is_solo(parent) and not parent.wholes:
            self.put(branch, parent, code.mapping([(spot.step.name, value)]))
            return
        place = code.item(self.ensure(branch, parent), spot.step.name)
        if spot.wholes > 1 or parent.wholes:
            present = code.get(self.ensure(branch, parent), spot.step.name)
            value = code.call(code.name("merged"), present, value)
        if spot.uses > 1:
            branch.add(code.assign_both(self._hold(spot), place, value))
            branch.sure.add(spot)
        else:
            branch.add(code.assign(place, value))

    def _put_item(self, branch: Branch, spot: Spot, shelf: Shelf, value: ast.expr) -> None:
        if shelf.uses == 1 and not shelf.is_given and not spot.step.each:
            if spot.step.index:
                raise Tangled(top_name(spot))
            self._put_list(branch, shelf, value)
            spot.path = code.at(self.path_of(shelf), 0)
            return
        items = self.ensure_list(branch, shelf)
        if spot.step.where and spot.step.each and not spot.is_always:
            raise Tangled(top_name(spot))
        self._check_position(branch, spot, items)
        if spot.uses > 1:
            branch.add(code.assign(self._hold(spot), value))
            value = code.name(spot.var)
            branch.sure.add(spot)
        branch.add(code.do(code.call(code.attribute(items, "append"), value)))
        self._note_path(branch, spot, shelf, items)

    def _put_list(self, branch: Branch, shelf: Shelf, item: ast.expr) -> None:
        single = code.sequence([item])
        if self._is_solo(shelf.up):
            self.put(branch, shelf.up, code.mapping([(shelf.name, single)]))
        else:
            branch.add(code.assign(code.item(self.ensure(branch, shelf.up), shelf.name), single))

    def _onto_skeleton(self, spot: Spot, value: ast.expr) -> ast.expr:
        """Return what a selector makes true in an item, with a value written onto it."""
        skeleton = _skeleton(spot)
        if isinstance(value, ast.Dict):
            names = {key.value for key in skeleton.keys if isinstance(key, ast.Constant)}
            new = {key.value for key in value.keys if isinstance(key, ast.Constant)}
            if len(new) == len(value.keys) and not names & new:
                return code.both_mappings(skeleton, value)
        return code.call(code.name("merged"), skeleton, value)

    # -- objects

    def ensure(self, branch: Branch, spot: Spot) -> ast.expr:
        """Return the object at a spot, which the code added here makes if nothing has made it yet."""
        if spot.up is None:
            return code.name(spot.var)
        if spot.is_given:
            return self._given(branch, spot)
        var = self._hold(spot)
        if not branch.is_sure(spot):
            making = branch.within()
            self._make(making, spot, spot.up)
            branch.add(code.when(code.is_none(code.name(var)), making.body))
            branch.sure.add(spot)
        return code.name(var)

    def _given(self, branch: Branch, spot: Spot) -> ast.expr:
        if isinstance(spot.up, Shelf):
            return code.item(self.ensure_list(branch, spot.up), 0)
        if spot.up is None:
            return code.name(spot.var)
        return code.item(self.ensure(branch, spot.up), spot.step.name)

    def _make(self, making: Branch, spot: Spot, up: Spot | Shelf) -> None:
        if isinstance(up, Spot):
            place = code.item(self.ensure(making, up), spot.step.name)
            making.add(code.assign_both(spot.var, place, code.mapping([])))
            return
        items = self.ensure_list(making, up)
        if spot.step.each and spot.step.where:
            self._make_group(making, spot, up, items)
            return
        self._check_position(making, spot, items)
        making.add(code.assign(spot.var, _skeleton(spot)))
        making.add(code.do(code.call(code.attribute(items, "append"), code.name(spot.var))))
        self._note_path(making, spot, up, items)

    def _make_group(self, making: Branch, spot: Spot, shelf: Shelf, items: ast.expr) -> None:
        """Add items until the selector picks as many as the position asks for; each is there even if it stays bare."""
        position, group = code.name(self._frame_of(spot).position), code.name(spot.group)
        var = code.name(spot.var)
        each = [code.assign(spot.var, _skeleton(spot))]
        if self.is_traced:
            path = code.text(code.at(self.path_of(shelf), code.length(items)))
            each.append(code.do(code.call(code.attribute(code.name(spot.group_paths), "append"), path)))
        each += [code.do(code.call(code.attribute(place, "append"), var)) for place in (group, items)]
        making.add(code.repeat(code.is_at_most(code.length(group), position), each))
        making.add(code.assign(spot.var, code.item(group, position)))
        if self.is_traced:
            making.add(code.assign(code.id_of(spot.path[0]), code.item(code.name(spot.group_paths), position)))

    def ensure_list(self, branch: Branch, shelf: Shelf) -> ast.expr:
        """Return the list of a shelf, which the code added here makes if nothing has made it yet."""
        if shelf.is_given and shelf.up.up is not None:
            return code.item(self.ensure(branch, shelf.up), shelf.name)
        var = self._hold(shelf)
        if not branch.is_sure(shelf):
            making = branch.within()
            place = code.item(self.ensure(making, shelf.up), shelf.name)
            making.add(code.assign_both(var, place, code.sequence([])))
            branch.add(code.when(code.is_none(code.name(var)), making.body))
            branch.sure.add(shelf)
        return code.name(var)

    def _check_position(self, branch: Branch, spot: Spot, items: ast.expr) -> None:
        """Add the test that an item with a position goes there; a hole before it is the interpreter's work."""
        if spot.step.where:
            return
        wanted = code.name(self._frame_of(spot).position) if spot.step.each else code.const(spot.step.index or 0)
        branch.add(code.surprised(code.differ(code.length(items), wanted)))

    def _note_path(self, branch: Branch, spot: Spot, shelf: Shelf, items: ast.expr) -> None:
        if spot.step.each and not spot.is_always:
            return  # known from the position
        if not spot.step.where:
            spot.path = code.at(self.path_of(shelf), spot.step.index or 0)
        elif self.is_traced:
            last = code.less(code.length(items), 1)
            spot.path = spot.path or (code.name(self.unit.fresh("q")),)
            branch.add(code.assign(code.id_of(spot.path[0]), code.text(code.at(self.path_of(shelf), last))))

    def begin(self, turn: Branch, slot: Spot) -> None:
        """Begin a turn with a new object for the item."""
        turn.add(code.assign(self._hold(slot), code.mapping([])))
        turn.sure.add(slot)

    def attach(self, branch: Branch, slot: Spot, shelf: Shelf) -> None:
        """Add the code that puts the item of a turn on its list, if anything was written into it."""
        inside = branch.within()
        items = self.ensure_list(inside, shelf)
        self._check_position(inside, slot, items)
        inside.add(code.do(code.call(code.attribute(items, "append"), code.name(slot.var))))
        branch.add(code.when(code.name(slot.var), inside.body))

    # -- frames

    def _is_solo(self, spot: Spot) -> bool:
        """Say whether one row alone writes there, so that the object can be made with its value in it."""
        is_plain = spot.up is not None and spot.uses == 1 and not spot.is_given
        return is_plain and (spot.is_always or not spot.step.each)

    def _frame_of(self, spot: Spot | Shelf) -> Frame:
        """Return the frame in which a spot stands for one place."""
        node: Spot | Shelf | None = spot
        while node is not None:
            if isinstance(node, Spot):
                for frame in self.frames:
                    if frame.slot is node:
                        return frame
            node = node.up
        return self.frames[0]

    def _hold(self, spot: Spot | Shelf) -> str:
        """Return the name that holds a spot in its frame."""
        if spot.var == "":
            spot.var = self.unit.fresh("d" if isinstance(spot, Spot) else "l")
        if isinstance(spot, Spot) and spot.step.each and spot.step.where and spot.group == "":
            spot.group, spot.group_paths = self.unit.fresh("g"), self.unit.fresh("g")
            self._frame_of(spot.up or spot).groups[spot] = None
        self._frame_of(spot).held[spot] = None
        return spot.var

    def opening(self, frame: Frame) -> list[ast.stmt]:
        """Return the statements that a frame begins with, once its code is known; the slot itself is left out."""
        made: list[ast.stmt] = []
        for spot in sorted(frame.held, key=_depth):
            if spot is not frame.slot:
                made.append(code.assign(spot.var, self._kept(spot) if _is_among(spot, frame.touched) else NOTHING))
        for slot in frame.groups:
            if slot in frame.touched:
                raise Tangled(top_name(slot))
            made += [code.assign(each, code.sequence([])) for each in (slot.group, slot.group_paths)]
        return made

    def _kept(self, spot: Spot | Shelf) -> ast.expr:
        """Return what an earlier loop has made at a spot, or None."""
        up = spot.up
        if isinstance(spot, Shelf) or isinstance(up, Spot):
            if up is None or isinstance(up, Shelf) or up.is_given or not up.var:
                raise Tangled(top_name(spot))
            name = spot.name if isinstance(spot, Shelf) else spot.step.name
            return code.either(code.is_none(code.name(up.var)), NOTHING, code.get(code.name(up.var), name))
        if up is None or spot.step.where or spot.step.index or not up.var:
            raise Tangled(top_name(spot))
        return code.either(code.name(up.var), code.item(code.name(up.var), 0), NOTHING)

    def item_at(self, slot: Spot, position: str, *, was_touched: bool) -> ast.expr:
        """Return the item of a turn if earlier loops may have made it, else None."""
        items = slot.group or (slot.up.var if isinstance(slot.up, Shelf) else "")
        return _nth(items, position) if was_touched and items else NOTHING

    def path_at(self, slot: Spot, position: str, *, was_touched: bool) -> ast.expr:
        """Return the path of the item of a turn; that of one which a selector picks is known once it is made."""
        if not slot.step.where:
            return code.text(code.at(self.path_of(slot.up or slot), code.name(position)))
        return _nth(slot.group_paths, position) if was_touched else NOTHING

    def is_within_list(self, slot: Spot) -> bool:
        """Say whether the list of a slot stands in the items of another that is gone round."""
        return self._frame_of(slot.up or slot) is not self.frames[0]


def _nth(items: str, position: str) -> ast.expr:
    held = code.name(items)
    within = code.is_below(code.name(position), code.length(held))
    return code.either(code.both(held, within), code.item(held, code.name(position)), NOTHING)


def _is_among(spot: Spot | Shelf, touched: frozenset[Spot]) -> bool:
    """Say whether earlier code may have made a spot, or a list."""
    return spot in touched if isinstance(spot, Spot) else any(slot in touched for slot in spot.slots.values())


def top_name(spot: Spot | Shelf) -> str:
    """Return the name below the body that the way to a spot begins with."""
    while spot.up is not None and (isinstance(spot.up, Shelf) or spot.up.up is not None):
        spot = spot.up
    return spot.name if isinstance(spot, Shelf) else spot.step.name


def _depth(spot: Spot | Shelf) -> int:
    depth, node = 0, spot.up
    while node is not None:
        depth, node = depth + 1, node.up
    return depth


def skeleton_of(spot: Spot) -> dict[str, Any]:
    """Return what the selectors of an item make true in it; nothing for an item without any."""
    made: dict[str, Any] = {}
    for where in spot.step.where:
        write(made, where.steps, (), where.value)
    return made


def _skeleton(spot: Spot) -> ast.Dict:
    return code.mapping((name, _display(value)) for name, value in skeleton_of(spot).items())


def _display(value: Any) -> ast.expr:
    """Return the expression that makes a tree anew."""
    if isinstance(value, dict):
        return code.mapping((name, _display(child)) for name, child in value.items())
    if isinstance(value, list):
        return code.sequence([_display(child) for child in value])
    return code.const(value)
