"""Blocks and rows meet both schemas: what comes out can be run.

All findings are collected with their places; a row with a finding is left out of the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import RESOURCE_TYPES, is_resource
from fhirbridge.mapping.binding.codecs import bind_codec
from fhirbridge.mapping.binding.expressions import Typed, bind_condition, bind_expression
from fhirbridge.mapping.binding.gaps import Gaps, Names
from fhirbridge.mapping.binding.kinds import kind_of
from fhirbridge.mapping.binding.notes import Notes, Refused, Surroundings
from fhirbridge.mapping.binding.paths import check_constant, left_path, walk
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Block, BlockText, Loop, Map, MapText, PathText, Place, Row, RowText
from fhirbridge.mapping.paths import is_plain
from fhirbridge.mapping.shapes import SchemaShape, Shape, fhir_shape, names_below
from fhirbridge.mapping.steps import Steps, count_each

_NO_STEPS: Steps = ()
Scope = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Bound:
    """A map that met both schemas, what was found wrong, and the tables and systems that its rows use.

    `gaps` tells what the refused parts might have said; a map with gaps can be looked at and not be run.
    """

    map: Map
    issues: tuple[Issue, ...]
    used: frozenset[str]
    gaps: Gaps


def bind(map_: MapText, around: Surroundings) -> Bound:
    """Return the bound map with the findings."""
    notes = Notes(map_, around)
    referenced = frozenset(_referenced(map_))
    blocks = _with_places(bound for block in map_.blocks if (bound := _find_block(notes, block, referenced)))
    bound_map = Map(
        name=map_.name,
        version=map_.version,
        hash=hashlib.sha256(map_.text.encode()).hexdigest(),
        file=map_.file,
        text=map_.text,
        root=notes.root,
        left=map_.left,
        right=map_.right,
        left_shape=around.left_shape,
        blocks=blocks,
        ignore={path: reason for path, (reason, _) in map_.ignore.items()},
        policy=map_.policy,
        cases=map_.cases,
        tables=map_.tables,
        right_shapes=around.right_shapes,
        odd_names=frozenset(_odd_names(around)),
    )
    return Bound(bound_map, tuple(notes.issues), frozenset(notes.used), notes.gaps)


def _referenced(map_: MapText) -> Iterator[str]:
    """Yield the blocks that a row which goes back refers to."""
    for row in (row for block in map_.blocks for row in block.rows):
        if row.codec.name == "ref" and row.codec.arguments and row.arrow in ("<=>", "<="):
            yield row.codec.arguments[0]


def _with_places(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks, each told whether its items have their places from references or from a block before it.

    A reference that stands for a key alone makes no place. A block that goes round the same list within a list as one
    with places has them too.
    """
    bound = tuple(blocks)
    references = [row.codec.reference for block in bound for row in block.rows if row.goes_left and row.codec.reference]
    keys_alone = {each.block for each in references} - {each.block for each in references if each.key_field}
    found: list[Block] = []
    for block in bound:
        is_shared = any(each.is_referenced and (each.loop, each.key) == (block.loop, block.key) for each in found)
        is_placed = block.is_referenced and block.name not in keys_alone
        found.append(replace(block, is_referenced=is_placed or (is_shared and count_each(block.loop) > 1)))
    return tuple(found)


def _odd_names(around: Surroundings) -> Iterator[str]:
    """Yield the names of both schemas that stand in quotes in a path."""
    for shape in (around.left_shape, *around.right_shapes.values()):
        yield from (name for name in names_below(shape) if not is_plain(name))


# -- blocks


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the rows of a block meet: its name, what it makes, what is in scope, and the path of its item."""

    block: str
    target: Shape
    scope: Scope
    item: Names = ()


def _find_block(notes: Notes, block: BlockText, referenced: frozenset[str]) -> Block | None:
    """Return a bound block, or None when its head cannot be bound; its rows are looked at all the same."""
    if not block.type or not block.key.steps or (block.loop and not block.loop.path.steps):
        notes.gaps.add_block(block)  # its text was refused already
        return None
    try:
        target = _target(notes, block)
        variable, loop, scope = _loop(notes, block.loop, block.place)
    except Refused:
        notes.gaps.add_block(block)
        return None
    inside = _Inside(block.name, target, scope, tuple(step.name for step in loop))
    rows = _in_order(bound for row in block.rows if (bound := _find_row(notes, row, inside)))
    try:
        key = _key(notes, block.key, {variable: scope[variable]})
        when = bind_condition(notes, block.when, scope)
    except Refused:
        notes.gaps.add_block(block)
        return None
    return Block(
        name=block.name,
        type=block.type,
        variable=variable,
        loop=loop,
        is_loop=block.loop is not None,
        key=key,
        keyed=block.keyed,
        data_class=block.data_class or notes.around.left_shape.data_class,
        when=when,
        rows=rows,
        is_referenced=block.name in referenced,
        profile=notes.map.right.profiles.get(block.name, ""),
        place=block.place,
    )


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows as they run: constants last, for they go into items that other rows have made."""
    return tuple(sorted(rows, key=lambda row: row.arrow == ":="))


def _target(notes: Notes, block: BlockText) -> Shape:
    right = notes.map.right
    if right.kind == "fhir" and is_resource(block.type):
        return fhir_shape(block.type)
    if right.kind != "fhir" and block.type in notes.around.right_shapes:
        return notes.around.right_shapes[block.type]
    names = RESOURCE_TYPES if right.kind == "fhir" else tuple(notes.around.right_shapes)
    what = {"fhir": "resource", "record": "record"}.get(right.kind, "thing; write `make: document`")
    message = f"`make: {block.type}`: `right:` names no such {what}"
    raise notes.refuse("FB110", block.place, message, did_you_mean(block.type, names))


def _loop(notes: Notes, loop: Loop | None, place: Place) -> tuple[str, Steps, dict[str, Shape]]:
    """Return (variable, steps from the root, scope) of a block."""
    scope = {notes.root: notes.around.left_shape}
    if loop is None:
        return notes.root, (), scope
    variable, steps, shape = left_path(notes, loop.path, scope)
    if variable != notes.root or shape.is_leaf:
        message = f"`for {loop.variable} in {loop.path.text}`: only objects can be looped over"
        raise notes.refuse("FB112", place, message, "write a row with [] on both sides")
    return loop.variable, steps, {**scope, loop.variable: shape}


def _key(notes: Notes, path: PathText, scope: Scope) -> Steps:
    _, steps, shape = left_path(notes, path, scope)
    if kind_of(shape) != "string" or count_each(steps):
        raise notes.refuse("FB206", path.place, f"`{path.text}` is no single text", "a key is one text of the item")
    return steps


# -- rows


def _find_row(notes: Notes, row: RowText, inside: _Inside) -> Row | None:
    """Return a bound row, or None when a finding was noted."""
    try:
        return _row(notes, row, inside.scope, inside.target)
    except Refused:
        bases = {name: (() if name == notes.root else inside.item, shape) for name, shape in inside.scope.items()}
        notes.gaps.add_row(inside.block, row, bases, inside.target)
        return None


@dataclass(frozen=True, slots=True)
class _Left:
    """The left of a row, bound: nothing for a constant."""

    variable: str = ""
    steps: Steps = _NO_STEPS
    shape: Shape | None = None
    typed: Typed | None = None


def _row(notes: Notes, row: RowText, scope: Scope, target: Shape) -> Row:
    left = _left(notes, row, scope)
    right, right_shape = walk(notes, row.right, target, code="FB202")
    if row.left is not None and count_each(left.steps) != count_each(right):
        message = f"left has {count_each(left.steps)} and right {count_each(right)} `[]`"
        raise notes.refuse("FB205", row.place, message, "repeat on both sides, or pick one with [0]")
    if row.constant is not None:
        check_constant(notes, row.constant, right_shape, row.place, row.right.text)
    _check_expression(notes, row, left, right)
    codec = bind_codec(notes, row, left.shape, right_shape)
    if codec.reference and right_shape.targets and codec.reference.type not in right_shape.targets:
        message = f"`{row.right.text}` may not refer to {codec.reference.type}"
        raise notes.refuse("FB215", row.codec.place, message, f"allowed: {', '.join(right_shape.targets)}")
    _check_default(notes, row, left)
    return Row(
        arrow=row.arrow,
        variable=left.variable,
        left=left.steps,
        left_text=row.left.text if row.left else "",
        constant=row.constant,
        expression=left.typed.expression if left.typed else None,
        right=right,
        right_text=row.right.text,
        codec=codec,
        default=row.default,
        when=bind_condition(notes, row.when, scope),
        lossy=row.lossy,
        data_class=left.shape.data_class if left.shape else "",
        place=row.place,
        text=row.text,
    )


def _left(notes: Notes, row: RowText, scope: Scope) -> _Left:
    if row.expression is not None:
        typed = bind_expression(notes, row.expression, scope)
        return _Left(shape=SchemaShape(typed.kind, data_class=_one_class(notes, row, typed)), typed=typed)
    if row.left is None:
        return _Left()
    variable, steps, shape = left_path(notes, row.left, scope)
    return _Left(variable, steps, shape)


def _one_class(notes: Notes, row: RowText, typed: Typed) -> str:
    """Return the data class of what an expression gives; what joins two classes could be shown to nobody rightly."""
    classes = sorted(typed.classes - {"D0", ""}) or sorted(typed.classes)
    if len(classes) > 1:
        hint = "write one row for each class"
        raise notes.refuse("FB221", row.place, f"the expression joins fields of the classes {', '.join(classes)}", hint)
    return "".join(classes)


def _check_expression(notes: Notes, row: RowText, left: _Left, right: Steps) -> None:
    """Refuse an expression that gives several values, or that is written into each item of a list."""
    if left.typed is None:
        return
    if left.typed.is_many or left.typed.kind == "object":
        hint = "take one: path.first(), or write a row with [] on both sides"
        raise notes.refuse("FB219", row.place, "an expression gives one single value", hint)
    if count_each(right):
        hint = "loop over the items with `make: ... for ... in ...`"
        raise notes.refuse("FB205", row.place, "an expression is written to one place, not into each item", hint)


def _check_default(notes: Notes, row: RowText, left: _Left) -> None:
    """Refuse a default that a row cannot bring back honestly, or that may not stand there."""
    if row.default is None:
        return
    if row.arrow == ":=" or row.arrow == "<=" or count_each(left.steps):
        hint = "take it out; `default` fills one single value on the way right"
        raise notes.refuse("FB220", row.codec.place, "this row takes no default", hint)
    if row.arrow == "<=>" and not row.lossy:
        hint = 'write `=>`, or end the row with: lossy "an empty field comes back filled"'
        raise notes.refuse("FB220", row.codec.place, "a default has no way back", hint)
    if left.shape is not None:
        check_constant(notes, row.default, left.shape, row.codec.place, row.left.text if row.left else "the value")
