"""Conditions: those that never hold, that always hold, that take a value for a truth, that tell of other fields."""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.binding.kinds import kind_of
from fhirbridge.mapping.checking.facts import Fact, Kind, facts_of, is_impossible, known_facts
from fhirbridge.mapping.checking.scene import Scene, may_lack
from fhirbridge.mapping.expressions import Expression, Logic, Not, Path
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block, Place, Row

_NEGATIVE = frozenset({"no", "n", "false", "f", "0", "none", "never", "absent"})
_OPEN = frozenset({"", "D0"})


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong with the conditions of blocks and rows: FB236, FB237, FB238, FB255."""
    for block in scene.map.blocks:
        if block.when is not None:
            place = _when_place(scene, block, None)
            yield from _truth(scene, block, block.when, place)
            if block.data_class != "D0":  # that an entry of the directory exists tells nothing of a person
                yield from _tells(scene, block, block.when, frozenset({block.data_class}), place)
            if is_impossible(known_facts(block.when, _kinds(scene, block))):
                yield finding("FB236", place, f"nothing meets the condition of `{block.name}`", hint=_MEND)
        for row in block.rows:
            if row.when is not None:
                yield from _row(scene, block, row, row.when)


_MEND = "mend the condition, or leave out what it stands at"


def _when_place(scene: Scene, block: Block, row: Row | None) -> Place:
    """Return where a condition stands; an expression stands where its first part does."""
    written = next((each for each in scene.written.blocks if each.name == block.name), None)
    text = scene.text(block, row).when if row else written.when if written else None
    return text.place if text else (row or block).place


def _kinds(scene: Scene, block: Block) -> Kind:
    return lambda path: kind_of(scene.path_shape(block, path))


def _row(scene: Scene, block: Block, row: Row, when: Expression) -> Iterator[Issue]:
    place, kinds = _when_place(scene, block, row), _kinds(scene, block)
    truths = [*_truth(scene, block, when, place)]
    yield from truths
    yield from _tells(scene, block, when, frozenset({block.data_class, row.data_class}), place)
    around = [*known_facts(block.when, kinds)]
    own = facts_of(when, kinds)
    if is_impossible([*around, *known_facts(when, kinds)]) and not is_impossible(around):
        message = "the condition can never hold where the block's own holds" if block.when else "it can never hold"
        yield finding("FB236", place, message, hint=_MEND)
    elif own is not None and not truths and all(_is_given(scene, block, fact, around) for fact in own):
        message = "the condition always holds: the block or the schema demands it already"
        yield finding("FB237", place, message, hint="leave the `when` out")


def _is_given(scene: Scene, block: Block, fact: Fact, around: list[Fact]) -> bool:
    """Say whether what surrounds a row makes a demand of its condition true already."""
    if fact in around or (fact.path is None and fact.says == "there"):
        return True
    if fact.path is None or fact.says != "there" or fact.path.variable not in (block.variable, scene.map.root):
        return False
    if any(step.is_many for step in fact.path.steps):
        return False  # a list may be empty
    return not may_lack(scene.item_shape(block, fact.path.variable), fact.path.steps)


def _truth(scene: Scene, block: Block, condition: Expression, place: Place) -> Iterator[Issue]:
    """Yield a finding for each text or number that stands as a truth and has a value that means no."""
    for path in _bare_paths(condition):
        shape = scene.path_shape(block, path)
        kind = kind_of(shape)
        negative = sorted(code for code in shape.codes if code.casefold() in _NEGATIVE)
        if kind == "string" and negative:
            message = f"any value counts as true here, `{negative[0]}` too"
            yield finding("FB238", place, message, hint="compare: path = 'value', or ask: path.exists()")
        elif kind in ("integer", "number"):
            hint = "compare: path > 0, or ask: path.exists()"
            yield finding("FB238", place, "any number counts as true here, 0 too", hint=hint)


def _bare_paths(condition: Expression) -> Iterator[Path]:
    """Yield the paths that stand for a truth by themselves."""
    match condition:
        case Path():
            yield condition
        case Not():
            yield from _bare_paths(condition.of)
        case Logic():
            for part in condition.parts:
                yield from _bare_paths(part)


def _tells(
    scene: Scene, block: Block, condition: Expression, classes: frozenset[str], place: Place
) -> Iterator[Issue]:  # fmt: skip
    """Yield a finding where what is written, or not, tells of a field that its readers may not know."""
    read = {scene.path_shape(block, path).data_class for path in condition.paths()}
    for data_class in sorted(read - classes - _OPEN):
        own = " or ".join(sorted(classes - {""}))
        message = f"the condition reads a field of class {data_class}, and who sees {own} learns of it"
        hint = f"give the block `class: {data_class}`, or ask about a field of its own class"
        yield finding("FB255", place, message, hint=hint)
