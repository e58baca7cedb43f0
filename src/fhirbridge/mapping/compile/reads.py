"""What the rows of a map certainly read of the left tree, known before any message; and a walk that looks for the rest.

Laws of this file: the walk is a quick look, not the judge. Where it says that all is well the tree has the shape of its
schema, is no larger than a map takes on, and has no field that no row reads. Where it is not sure it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.mapping.compile.surprise import Surprise
from fhirbridge.mapping.coverage import DOCUMENTS, JSON_TYPES, MAX_ITEMS, MAX_LEVELS
from fhirbridge.mapping.expressions import Exists, Expression, Logic, Path
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Steps

Names = tuple[str, ...]
Conditions = frozenset[int]
ALWAYS: Conditions = frozenset()
_ROWS = 10_000


def condition_number(block: int, row: int = -1) -> int:
    """Return the number under which a run notes that the condition of a block, or of a row in it, has held."""
    return block * _ROWS + row + 1


def certain_reads(map_: Map) -> dict[Names, set[Conditions]]:
    """Return, for each path without indices that rows read wherever it stands, the conditions on which they do.

    Rows that pick items by an index or selector read some of what stands there, and so do rows in a loop whose
    conditions ask for something else: their paths are left out.
    """
    found: dict[Names, set[Conditions]] = {}
    for number, block in enumerate(map_.blocks):
        for names, conditions in _block_reads(number, block):
            found.setdefault(names, set()).add(conditions)
    return found


def _block_reads(number: int, block: Block) -> Iterator[tuple[Names, Conditions]]:
    if not _is_whole(block.loop):
        return
    needed = ALWAYS if block.when is None or block.is_loop else frozenset({condition_number(number)})
    loop = _names(block.loop)
    if _is_whole(block.key) and not (block.is_loop and block.when is not None):
        yield (*loop, *_names(block.key)), needed
    for index, row in enumerate(block.rows):
        if not row.goes_right or row.arrow == ":=":
            continue
        own = needed if row.when is None or block.is_loop else frozenset({condition_number(number, index)})
        for variable, names in _row_reads(row):
            if variable == block.variable and (not block.is_loop or _is_read_where_there(block, row, names)):
                yield (*loop, *names), own


def _is_read_where_there(block: Block, row: Row, names: Names) -> bool:
    """Say whether a row of a loop reads a path wherever it stands: without conditions, or with such as ask for it."""
    conditions = (each for each in (block.when, row.when) if each is not None)
    return all(_is_met_by(each, block.variable, names, row.codec.left_type) for each in conditions)


def _is_met_by(condition: Expression, variable: str, names: Names, kind: str) -> bool:
    """Say whether a condition holds wherever something stands at a path; false stands there and is not true."""
    if isinstance(condition, Logic):
        parts = (_is_met_by(part, variable, names, kind) for part in condition.parts)
        return any(parts) if condition.operator == "or" else all(parts)
    asks = condition.of if isinstance(condition, Exists) else condition
    if not isinstance(asks, Path) or asks.variable != variable or not _is_whole(asks.steps):
        return False
    is_there = _names(asks.steps) == names[: len(asks.steps)]
    return is_there and (len(asks.steps) < len(names) or kind != "boolean" or isinstance(condition, Exists))


def _row_reads(row: Row) -> Iterator[tuple[str, Names]]:
    """Yield each path that a row reads whole, with the variable it begins at."""
    if row.expression is not None:
        yield from ((path.variable, _names(path.steps)) for path in row.expression.paths() if _is_whole(path.steps))
    elif _is_whole(row.left):
        fields = row.codec.left_fields
        for names in [(*_names(row.left), name) for name in fields] if fields else [_names(row.left)]:
            yield row.variable, names


def _names(steps: Steps) -> Names:
    return tuple(step.name for step in steps)


def _is_whole(steps: Steps) -> bool:
    """Say whether a path finds all that stands under its names."""
    return all(step.index is None and not step.where for step in steps)


# -- the walk


@dataclass(slots=True)
class Rule:
    """What may stand in one field.

    Attributes:
        plain: the Python types of a value that is read as it is; empty for an object, a list, and what no row reads.
        types: the Python types of a value, or of a list's items.
        is_read: whether a row certainly reads it.
        conditions: on which of these sets of conditions a row reads it; () when none does.
    """

    plain: frozenset[type]
    types: frozenset[type]
    is_list: bool
    is_required: bool
    is_read: bool
    conditions: tuple[Conditions, ...]
    below: Plan | None


@dataclass(slots=True)
class Plan:
    """What may stand in one object."""

    rules: dict[str, Rule] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


def plan_of(map_: Map) -> Plan:
    """Return the plan of a map's left tree."""
    reads = certain_reads(map_)
    for path in map_.ignore:
        names = tuple(path.split(".")[1:])
        reads.setdefault(names, set()).add(ALWAYS)
    return _plan(map_.left_shape, (), reads, map_.left.kind in DOCUMENTS)


def _plan(shape: Shape, at: Names, reads: Mapping[Names, set[Conditions]], is_strict: bool) -> Plan:
    plan = Plan()
    for name in shape.child_names():
        child = shape.find_child(name)
        if child is not None:
            plan.rules[name] = _rule(child, (*at, name), reads, is_strict)
    plan.required = frozenset(name for name, rule in plan.rules.items() if rule.is_required)
    return plan


def _rule(shape: Shape, at: Names, reads: Mapping[Names, set[Conditions]], is_strict: bool) -> Rule:
    conditions = tuple(each for cut in range(1, len(at) + 1) for each in reads.get(at[:cut], ()))
    is_object = not shape.is_leaf
    kind = "object" if is_object else shape.type if shape.type in JSON_TYPES else "string"
    types = frozenset(JSON_TYPES[kind])
    is_plain = ALWAYS in conditions and not shape.is_list and kind != "object"
    return Rule(
        plain=types if is_plain else frozenset(),
        types=types,
        is_list=shape.is_list,
        is_required=shape.is_required and is_strict,
        is_read=ALWAYS in conditions,
        conditions=conditions,
        below=_plan(shape, at, reads, is_strict) if is_object else None,
    )


@dataclass(slots=True)
class Look:
    """What a walk has seen: whether a field may be unread, and which fields are read on conditions alone."""

    is_odd: bool = False
    conditional: set[tuple[Conditions, ...]] = field(default_factory=set)


def walk(node: Tree, plan: Plan, look: Look, depth: int) -> None:
    """Look through one object.

    Raises:
        Surprise: it does not have the shape that the plan says, or is too large.
    """
    rules = plan.rules
    for name, value in node.items():
        rule = rules.get(name)
        if rule is not None and type(value) in rule.plain:
            continue
        if rule is None:
            look.is_odd = True
            bounded(value, depth + 1)
        elif value is not None:
            _meet(value, rule, look, depth + 1)
    for name in plan.required:
        if node.get(name) is None:
            raise Surprise


def _meet(value: Any, rule: Rule, look: Look, depth: int) -> None:
    if not rule.is_list:
        _meet_one(value, rule, look, depth)
        return
    if type(value) is not list or len(value) > MAX_ITEMS:
        raise Surprise
    for item in value:
        _meet_one(item, rule, look, depth + 1)


def _meet_one(value: Any, rule: Rule, look: Look, depth: int) -> None:
    if type(value) not in rule.types:
        raise Surprise
    if rule.below is not None:
        walk(value, rule.below, look, depth)
    elif not rule.is_read:
        if rule.conditions:
            look.conditional.add(rule.conditions)
        else:
            look.is_odd = True
    if rule.below is None and isinstance(value, dict):
        bounded(value, depth)


def bounded(value: Any, depth: int) -> None:
    """Look at the size of what no plan describes.

    Args:
        depth: how many levels are above it.

    Raises:
        Surprise: it is too large.
    """
    if type(value) is dict:
        below: Any = value.values()
    elif type(value) is list:
        below = value
    else:
        return
    if depth > MAX_LEVELS or (below is value and len(value) > MAX_ITEMS):
        raise Surprise
    for child in below:
        if type(child) is dict or type(child) is list:
            bounded(child, depth + 1)
