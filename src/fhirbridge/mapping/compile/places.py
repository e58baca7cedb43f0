"""Writing the left tree in generated code. It may hold anything already: what earlier items and blocks brought back."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch
from fhirbridge.mapping.compile.code import Unit

Names = tuple[str, ...]
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(slots=True, eq=False)
class Place:
    """An object or list on the left: a field of another place, or the item of a turn of a loop.

    Attributes:
        name: of the field; empty for an item, and for the object it all begins at.
        position: the name of the number of the turn, for an item.
        is_shifting: a row may put another object in its stead, so no name may hold it.
    """

    up: Place | None
    name: str
    is_list: bool = False
    position: str = ""
    var: str = ""
    is_shifting: bool = False
    below: dict[tuple[str, bool], Place] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Restorer:
    """Adds the code that writes values to their places on the left.

    Attributes:
        whole: paths, by the name they begin at, to which a row writes an object as a whole.
        is_shifting: rows of the interpreter write too, and may put other objects in the stead of any.
        held: for each turn that is being written, the places that have names in it.
    """

    unit: Unit
    whole: frozenset[tuple[str, Names]]
    is_shifting: bool = False
    held: list[dict[Place, None]] = field(default_factory=lambda: [{}])
    _roots: dict[str, Place] = field(default_factory=dict)

    def root(self, var: str) -> Place:
        """Return the place that a name holds for the whole function."""
        return self._roots.setdefault(var, Place(None, "", var=var, is_shifting=self.is_shifting))

    def under(self, place: Place, name: str, *, is_list: bool = False) -> Place:
        """Return the place of a field."""
        key = (name, is_list)
        if key not in place.below:
            found = place.below[key] = Place(place, name, is_list)
            found.is_shifting = place.is_shifting or (_path(found) in self.whole)
        return place.below[key]

    def item(self, place: Place, position: str) -> Place:
        """Return the place of the item of a turn."""
        return Place(place, "", position=position, is_shifting=place.is_shifting)

    def ensure(self, branch: Branch, place: Place) -> ast.expr:
        """Return what stands at a place, made by the code that is added here if nothing is there yet."""
        if place.up is None:
            return code.name(place.var)
        if place.is_shifting:
            var = self.unit.fresh("d")
            branch.add(code.assign(var, self._found(branch, place, place.up)))
            return code.name(var)
        if not place.var:
            place.var = self.unit.fresh("d")
        self.held[self._turn_of(place)][place] = None
        if not branch.is_sure(place):
            making = branch.within()
            making.add(code.assign(place.var, self._found(making, place, place.up)))
            branch.add(code.when(code.is_none(code.name(place.var)), making.body))
            branch.sure.add(place)
        return code.name(place.var)

    def _found(self, branch: Branch, place: Place, up: Place) -> ast.expr:
        above = self.ensure(branch, up)
        if place.position:
            return code.call(code.name("item_of"), above, code.name(place.position))
        return code.call(code.name("list_of" if place.is_list else "object_of"), above, code.const(place.name))

    def _turn_of(self, place: Place) -> int:
        """Return in which turn a place stands for one thing: as many loops deep as it has items above it."""
        depth, node = 0, place.up if not place.position else place
        while node is not None:
            depth, node = depth + bool(node.position), node.up
        return min(depth, len(self.held) - 1)

    def opening(self, held: dict[Place, None]) -> list[ast.stmt]:
        """Return what a turn begins with: nothing is known of its places."""
        return [code.assign(place.var, code.const(None)) for place in held]

    def put(self, branch: Branch, place: Place, name: str, value: ast.expr, *, kind: str) -> None:
        """Add the code that writes a value into a field; what differs from what is there is a surprise.

        Args:
            kind: its JSON kind. An equal text is the same text; equal numbers may be written differently.
        """
        above = self.ensure(branch, place)
        if kind not in _SCALARS:
            there = code.get(above, name)
            branch.add(code.assign(code.item(above, name), code.call(code.name("merged"), there, value)))
            return
        new = code.held(self.unit, branch.body, value)
        if kind == "string":
            present = code.call(code.attribute(above, "setdefault"), code.const(name), new)
            branch.add(code.surprised(code.differ(present, new)))
            return
        present = code.held(self.unit, branch.body, code.get(above, name))
        branch.add(code.surprised(code.both(code.is_there(present), code.differ(present, new))))
        branch.add(code.assign(code.item(above, name), new))

    def put_item(self, branch: Branch, place: Place, position: str, value: ast.expr) -> None:
        """Add the code that writes a value into a list, at the number of the turn."""
        above = self.ensure(branch, place)
        branch.add(code.do(code.call(code.name("put_item"), above, code.name(position), value)))


def _path(place: Place) -> tuple[str, Names]:
    names: list[str] = []
    node = place
    while node.up is not None:
        if not node.position:
            names.append(node.name)
        node = node.up
    return node.var, tuple(reversed(names))
