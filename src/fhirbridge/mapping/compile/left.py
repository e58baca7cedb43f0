"""A block's way back as one generated function: it takes one item and writes what it says into one place of the tree.

Rows run in the order of the way back. Nothing that comes from outside is trusted to have a shape: what has another than
a row expects is a surprise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch, Source
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.compile.picking import sorter
from fhirbridge.mapping.compile.places import Place, Restorer
from fhirbridge.mapping.compile.translate import to_left
from fhirbridge.mapping.interpret.back import late_rows, rows_back
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.steps import Step, Steps, count_each

_RUN = ("context", "ran", "holds")


@dataclass(frozen=True, slots=True, eq=False)
class Taking:
    """What is left to do of a row: where it reads on from, and where it writes.

    Attributes:
        var: the name of what it reads from; the steps that it still has to read.
        place: where its left path has come to; the steps that it still has to go.
    """

    row: Row
    var: str
    right: Steps
    place: Place
    left: Steps

    @property
    def round(self) -> object:
        """What it goes round next, on both sides: rows of the same round share a loop."""
        cut = next((n for n, step in enumerate(self.right) if step.is_many), -1)
        if not is_plain_back(self.row) or cut < 0 or self.row.when is not None or self.row.is_weak:
            return None
        return (self.var, self.right[: cut + 1], self.place, self.left[: _first_each(self.left) + 1], self.is_constant)

    @property
    def is_constant(self) -> bool:
        """Whether it only looks whether a constant is there."""
        return self.row.arrow == ":="


def _first_each(steps: Steps) -> int:
    return next((n for n, step in enumerate(steps) if step.each), -1)


def is_plain_back(row: Row) -> bool:
    """Say whether the compiler takes a row back; the interpreter takes the others."""
    if row.arrow == ":=":
        return all(len(step.where) <= 1 for step in row.right)
    is_named = bool(row.left) and all(step.index is None and not step.where for step in row.left)
    is_single = all(len(step.where) <= 1 and not (step.each and step.index is not None) for step in row.right)
    is_weak_list = row.is_weak and count_each(row.left) > 0
    return is_named and is_single and not is_weak_list


def compile_back(unit: Unit, map_: Map, block: Block) -> tuple[str, str]:
    """Add the functions of a block's way back to a unit and return their names; they take tree, place, item and run.

    The second is of the rows that run when those of all blocks have; it has no name where there are none.
    """
    late = late_rows(block)
    first = _Backer(unit, map_, block).compile(rows_back(block))
    return first, _Backer(unit, map_, block).compile(late) if late else ""


@dataclass(slots=True, eq=False)
class _Backer:
    """Makes the function of one block."""

    unit: Unit
    map: Map
    block: Block
    restorer: Restorer = field(init=False)
    nodes: ast.expr = field(init=False)

    def compile(self, rows: list[Row]) -> str:
        rows = [row for row in rows if row.goes_left or row.arrow == ":=" or row.when is not None]
        is_free = all(is_plain_back(row) for row in rows)
        self.restorer = Restorer(self.unit, self._whole(self.block.rows), is_shifting=not is_free)
        self.nodes = code.mapping({self.map.root: code.name("tree"), self.block.variable: code.name("node")}.items())
        top = Branch()
        works = [Taking(row, "body", row.right, self.restorer.root(self._var(row)), row.left) for row in rows]
        self._rows(top, works)
        head = code.taken_from("run", _RUN)
        body = [*head, *self.restorer.opening(self.restorer.held[0]), *top.body]
        return self.unit.function(("tree", "node", "body", "run"), body)

    def _var(self, row: Row) -> str:
        """Return the name of what a row's left path begins at."""
        return "node" if row.variable == self.block.variable or row.arrow == ":=" else "tree"

    def _whole(self, rows: Iterable[Row]) -> frozenset[tuple[str, tuple[str, ...]]]:
        objects = [row for row in rows if row.goes_left and is_object(row)]
        return frozenset((self._var(row), tuple(step.name for step in row.left)) for row in objects)

    # -- rows

    def _rows(self, branch: Branch, works: Iterable[Taking]) -> None:
        for key, group in groupby(works, key=lambda work: work.round):
            together = list(group)
            if key is not None:
                self._round(branch, together)
                continue
            for work in together:
                self._alone(branch, work)

    def _alone(self, branch: Branch, work: Taking) -> None:
        """Add one row that shares no loop, with what it depends on."""
        levels = [branch]
        tests = self._tests(work) if work.var == "body" else []
        for _ in tests:
            levels.append(levels[-1].within())
        if tests and work.row.when is not None:  # it has run where its condition holds, whatever it finds to write
            levels[1].add(code.do(code.call(code.name("ran"), code.const(self._number(work.row)))))
        self._body(levels[-1], work)
        for test, outer, inner in reversed(list(zip(tests, levels, levels[1:], strict=False))):
            outer.add(code.when(test, inner.body))

    def _body(self, branch: Branch, work: Taking) -> None:
        if not is_plain_back(work.row):
            slow = (self.unit.bind(work.row), self.nodes, code.name("body"))
            branch.add(code.do(code.call(code.attribute(code.name("run"), "apply"), *slow)))
        elif work.row.goes_left or work.is_constant:
            self._one(branch, work)

    def _tests(self, work: Taking) -> list[ast.expr]:
        """Return what must be true for a row to run: its condition, and then for a weak row an empty place."""
        tests: list[ast.expr] = []
        if work.row.when is not None:
            tests.append(code.call(code.name("holds"), self.unit.bind(work.row.when), self.nodes))
        if work.row.is_weak and work.row.goes_left and is_plain_back(work.row):
            tests.append(code.call(code.name("absent"), code.name(work.place.var), self.unit.bind(work.row.left)))
        return tests

    def _number(self, row: Row) -> int:
        return next(number for number, each in enumerate(self.block.rows) if each is row)

    def _one(self, branch: Branch, work: Taking) -> None:
        if any(step.is_many for step in work.right):
            self._round(branch, [work])
        elif work.right:
            var = self._value(branch, work.var, work.right)
            inside = branch.within()
            self._take(inside, work, code.name(var))
            branch.add(code.when(code.is_there(code.name(var)), inside.body))
        else:
            self._take(branch, work, code.name(work.var))

    def _take(self, branch: Branch, work: Taking, value: ast.expr) -> None:
        """Add what writes one value back, or looks whether it is the row's constant."""
        if work.is_constant:
            branch.add(code.surprised(code.differ(value, code.const(work.row.constant))))
            return
        made = to_left(self.unit, branch, work.row, value)
        place = work.place
        for step in work.left[:-1]:
            place = self.restorer.under(place, step.name)
        if work.left:
            self.restorer.put(branch, place, work.left[-1].name, made, kind=_kind(work.row))
        elif place.up is not None:
            self.restorer.put_item(branch, place.up, place.position, made)

    def _round(self, branch: Branch, works: list[Taking]) -> None:
        """Add one loop that rows share: over a list on the right, with the list on the left beside it."""
        first = works[0]
        cut = next(number for number, step in enumerate(first.right) if step.is_many)
        step, position, item = first.right[cut], self.unit.fresh("i"), self.unit.fresh("m")
        over = self._over(branch, first.var, first.right[: cut + 1])
        turn = branch.within()
        if not step.where and any(len(work.right) > cut + 1 for work in works):
            turn.add(code.surprised(code.is_not_type(code.name(item), "dict")))
        is_paired = step.each and not first.is_constant
        inner = [replace(work, var=item, right=work.right[cut + 1 :]) for work in works]
        if is_paired:
            place, left = self._pair(first, position)
            inner = [replace(work, place=place, left=work.left[left:]) for work in inner]
            self.restorer.held.append({})
        self._rows(turn, inner)
        opening = self.restorer.opening(self.restorer.held.pop()) if is_paired else []
        looped = code.call(code.name("enumerate"), over)
        branch.add(code.loop((position, item), looped, [*opening, *turn.body]))

    def _pair(self, work: Taking, position: str) -> tuple[Place, int]:
        """Return the place of the item of a turn on the left, and how many steps lead to it."""
        cut = _first_each(work.left)
        place = work.place
        for step in work.left[:cut]:
            place = self.restorer.under(place, step.name)
        listed = self.restorer.under(place, work.left[cut].name, is_list=True)
        return self.restorer.item(listed, position), cut + 1

    # -- reading

    def _value(self, branch: Branch, var: str, steps: Steps) -> str:
        """Return the name of what stands at a path of plain names, None where nothing does."""
        for step in steps[:-1]:
            var = self._read(branch, var, step.name, "dict")
        return self._read(branch, var, steps[-1].name, "")

    def _over(self, branch: Branch, var: str, steps: Steps) -> ast.expr:
        """Return the items that the last step of a path picks."""
        for step in steps[:-1]:
            var = self._read(branch, var, step.name, "dict")
        step, nothing = steps[-1], code.tuple_([])
        items: ast.expr = code.name(self._read(branch, var, step.name, "list"))
        items = self._picked(branch, code.id_of(items), step) if step.where else code.any_of(items, nothing)
        if step.index is None:
            return items
        return code.part(items, step.index, step.index + 1)

    def _picked(self, branch: Branch, items: str, step: Step) -> ast.expr:
        """Return the items that a selector picks; a list is sorted by what its selectors compare once for all rows."""
        where = step.where[0]
        key = (items, where.reads)
        known = branch.find_read(key)
        if known is None:
            known = branch.read[key] = Source(self.unit.fresh("s"))
            by_value = code.call(self.unit.bind(sorter(where.reads)), code.name(items))
            branch.add(code.assign(known.var, by_value))
        return code.call(code.attribute(code.name(known.var), "get"), code.const(where.value), code.tuple_([]))

    def _read(self, branch: Branch, var: str, name: str, kind: str) -> str:
        """Return the name of a field's value, read once; what is of another kind than the rows expect is a surprise."""
        key = (var, name, kind)
        known = branch.find_read(key)
        if known is None:
            known = branch.read[key] = Source(self.unit.fresh("v"), is_sure=False)
            value = code.get(code.name(var), name)
            if var.startswith("v"):  # read before, and perhaps not there
                value = code.either(code.is_none(code.name(var)), code.const(None), value)
            branch.add(code.assign(known.var, value))
            if kind:
                other = code.is_not_type(code.name(known.var), kind)
                branch.add(code.surprised(code.both(code.is_there(code.name(known.var)), other)))
        return known.var


def is_object(row: Row) -> bool:
    """Say whether a row may bring back an object."""
    return _kind(row) not in ("string", "integer", "number", "boolean")


def _kind(row: Row) -> str:
    return "object" if row.codec.left_fields else row.codec.left_type
