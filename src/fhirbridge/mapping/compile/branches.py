"""Straight pieces of generated code, and what is known in them; reading the left side, each way once."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass, field

from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.code import Parts, Unit
from fhirbridge.mapping.steps import Step, Steps


@dataclass(frozen=True, slots=True)
class Source:
    """A node of the tree that is read: the name that holds it, whether it may be None, its concrete path."""

    var: str
    path: Parts = ()
    is_sure: bool = True


@dataclass(slots=True, eq=False)
class Branch:
    """Statements that run one after the other, within another branch or alone.

    Attributes:
        read: what has been read, by where it is read from: it holds in all that follows.
        sure: what is known to be made.
    """

    up: Branch | None = None
    body: list[ast.stmt] = field(default_factory=list)
    read: dict[Hashable, Source] = field(default_factory=dict)
    sure: set[Hashable] = field(default_factory=set)

    def add(self, *statements: ast.stmt) -> None:
        """Add statements at the end."""
        self.body.extend(statements)

    def within(self) -> Branch:
        """Return a branch that runs inside this one."""
        return Branch(self)

    def is_sure(self, what: Hashable) -> bool:
        """Say whether something is known to be made, here or in what this runs within."""
        return what in self.sure or (self.up is not None and self.up.is_sure(what))

    def find_read(self, key: Hashable) -> Source | None:
        """Return what was read already, here or in what this runs within."""
        return self.read.get(key) or (self.up.find_read(key) if self.up else None)


def first_many(steps: Steps) -> int:
    """Return the position of the first step that picks items by a selector or takes each; -1 if none does."""
    for position, step in enumerate(steps):
        if step.each or step.where:
            return position
    return -1


def read_node(unit: Unit, branch: Branch, source: Source, steps: Steps) -> Source:
    """Return what stands at a path of plain names and indices, read once; the code for it is added to the branch."""
    for step in steps:
        source = _read_step(unit, branch, source, step)
    return source


def _read_step(unit: Unit, branch: Branch, source: Source, step: Step) -> Source:
    key = (source.var, step)
    known = branch.find_read(key)
    if known is None:
        known = branch.read[key] = _new_read(unit, branch, source, step)
    return known


def _new_read(unit: Unit, branch: Branch, source: Source, step: Step) -> Source:
    plain = Step(step.name)
    if step != plain:  # an index: the list first, then the item in it
        items = _read_step(unit, branch, source, plain)
        var = unit.fresh("v")
        enough = code.is_below(code.const(step.index), code.length(code.name(items.var)))
        found = code.both(code.is_there(code.name(items.var)), enough)
        branch.add(
            code.assign(var, code.either(found, code.item(code.name(items.var), step.index or 0), code.const(None)))
        )
        return Source(var, code.at(items.path, step.index or 0), is_sure=False)
    var = unit.fresh("v")
    value = code.get(code.name(source.var), step.name)
    if not source.is_sure:
        value = code.either(code.is_none(code.name(source.var)), code.const(None), value)
    branch.add(code.assign(var, value))
    return Source(var, code.below(source.path, step.name), is_sure=False)


@dataclass(slots=True, eq=False)
class Round:
    """A loop over a list that is read: what runs in each turn, and what a turn goes by."""

    items: Source
    over: ast.expr
    names: tuple[str, str]
    node: Source
    turn: Branch

    @property
    def position(self) -> str:
        """The name of the number of the turn, from 0."""
        return self.names[0]

    def statement(self, opening: list[ast.stmt], *, first: list[ast.stmt]) -> ast.stmt:
        """Return the loop; nothing runs where there is no list.

        Args:
            opening: what each turn begins with, before what the branch holds.
            first: what runs once, before the loop.
        """
        body = code.loop(self.names, self.over, [*opening, *self.turn.body])
        return code.when(code.is_there(code.name(self.items.var)), [*first, body])


def go_round(unit: Unit, branch: Branch, source: Source, steps: Steps, *, is_traced: bool) -> Round:
    """Return the loop over the list that a path ends in; its last step picks the items.

    Args:
        is_traced: the path of each item is wanted more than once, so it gets a name.
    """
    step, turn = steps[-1], branch.within()
    items = read_node(unit, branch, source, (*steps[:-1], Step(step.name)))
    over, position, var, path = code.name(items.var), unit.fresh("i"), unit.fresh("v"), unit.fresh("p")
    place: code.Part = code.name(position)
    if step != Step(step.name, each=True):  # pairs of position and item
        over = code.call(code.name("selected"), over, unit.bind(step))
        pair, var = var, unit.fresh("v")
        place = code.item(code.name(pair), 0)
        turn.add(code.assign(var, code.item(code.name(pair), 1)))
        names = (position, pair)
    else:
        names = (position, var)
    parts = code.at(items.path, place)
    if is_traced:
        turn.add(code.assign(path, code.text(parts)))
        parts = (code.name(path),)
    node = Source(var, parts)
    return Round(items, code.call(code.name("enumerate"), over), names, node, turn)
