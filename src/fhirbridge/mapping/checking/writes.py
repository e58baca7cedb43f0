"""Rows against rows: what is written twice, in two ways, or into a list whose items do not stay apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import find_element
from fhirbridge.mapping.checking.scene import Scene, names, walk
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block, Codec, Row
from fhirbridge.mapping.spelling import path_text
from fhirbridge.mapping.steps import Scalar, Step

_CODING = (("system",), ("code",), ("display",))
_MAKES: dict[str, tuple[tuple[str, ...], ...]] = {
    "ref": (("reference",), ("identifier",)),
    "concept": (("coding",), ("text",)),
    "quantity": (("value",), ("unit",), ("system",), ("code",)),
    "duration": (("value",), ("unit",), ("system",), ("code",)),
    "identifier": (("system",), ("value",)),
    "telecom": (("system",), ("value",), ("use",)),
}
"""Codec -> the paths below its target that it writes; one that is not listed may write anything."""


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong between the rows of each block: FB207, FB208, FB230 to FB235."""
    for block in scene.map.blocks:
        yield from _doubled_right(block)
        yield from _whole_and_part(scene, block)
        yield from _contradicted(scene, block)
        yield from _choices(scene, block)
        yield from _mixed_lists(scene, block)
    yield from _doubled_left(scene)


def _doubled_right(block: Block) -> Iterator[Issue]:
    seen: dict[str, list[Row]] = {}
    for row in block.rows:
        if not row.goes_right:
            continue
        for other in seen.setdefault(path_text(row.right), []):
            where = f"`{row.right_text}` is written in line {other.place.line} too"
            if row.when is None or other.when is None:
                yield finding("FB207", row.place, where, hint="keep one, or give both a `when`")
                break
            if row.when == other.when:
                yield finding("FB235", row.place, f"{where}, under the same condition", hint="keep one")
                break
        seen[path_text(row.right)].append(row)


def _doubled_left(scene: Scene) -> Iterator[Issue]:
    seen: dict[str, Row] = {}
    for block, row in scene.rows():
        outside = block.is_loop and row.variable != block.variable
        if row.arrow == ":=" or not row.goes_left or row.is_weak or outside:
            continue
        path = ".".join(names(scene.left_steps(block, row)))
        if path in seen and seen[path] is not row and seen[path].place != row.place:
            where = f"`{row.left_text}` is written back from line {seen[path].place.line} too"
            yield finding("FB208", row.place, where, hint="make one of them `=>`")
        seen.setdefault(path, row)


def _apart(one: Row, other: Row) -> bool:
    """Say whether conditions may keep two rows apart."""
    return one.when is not None and other.when is not None and one.when != other.when


# -- an object and its parts -----------------------------------------------------------------------------------------


def _parts(codec: Codec) -> tuple[tuple[str, ...], ...] | None:
    """Return the paths that a codec writes below its target; None where that is not known."""
    if codec.name != "code":
        own = tuple((pair.element,) for pair in codec.fields)
        return (*own, *_MAKES.get(codec.name, ())) or None
    if codec.right_type == "Coding":
        return _CODING
    return (("coding",), *(() if codec.reject else (("text",),)))


def _whole_and_part(scene: Scene, block: Block) -> Iterator[Issue]:
    whole = {path_text(row.right): row for row in block.rows if row.goes_right and row.arrow != ":="}
    for row in block.rows:
        for length in range(1, len(row.right)) if row.goes_right else ():
            other = whole.get(path_text(row.right[:length]))
            if other is None or _apart(row, other):
                continue
            below = names(row.right[length:])
            parts = _parts(other.codec)
            if parts is None or any(part[: len(below)] == below[: len(part)] for part in parts):
                message = f"`{other.right_text}` is written whole in line {other.place.line}, this part of it with it"
                yield finding("FB230", scene.right_place(block, row), message, hint="write one or the other")


# -- selectors -------------------------------------------------------------------------------------------------------


class _Made(NamedTuple):
    """What a selector makes true: the path it writes, the value, and the row that the selector stands in."""

    path: str
    value: Scalar
    row: Row


def _selected(row: Row) -> Iterator[_Made]:
    for position, step in enumerate(row.right):
        for where in step.where:
            yield _Made(f"{path_text(row.right[: position + 1])}.{path_text(where.steps)}", where.value, row)


def _contradicted(scene: Scene, block: Block) -> Iterator[Issue]:
    rows = [row for row in block.rows if row.goes_right]
    made = {each.path: each for row in rows for each in _selected(row)}
    for row in rows:
        found = made.get(path_text(row.right))
        if found and not (row.arrow == ":=" and row.constant == found.value):
            message = f"the selector in line {found.row.place.line} sets this already"
            hint = "leave the row out; the selector writes the value it names"
            yield finding("FB231", scene.right_place(block, row), message, hint=hint)
        yield from _disagreeing(scene, block, row)


def _disagreeing(scene: Scene, block: Block, row: Row) -> Iterator[Issue]:
    for step in row.right:
        for one, other in combinations(step.where, 2):
            if one.steps == other.steps and one.value != other.value:
                message = f"`{path_text(one.steps)}` cannot be two values at once"
                yield finding("FB231", scene.right_place(block, row), message, hint="keep one of the selectors")


# -- choices ---------------------------------------------------------------------------------------------------------


def _choices(scene: Scene, block: Block) -> Iterator[Issue]:
    """Yield a finding where two types of one choice, such as value[x], are written into the same item."""
    taken: dict[str, tuple[str, Row]] = {}
    for row in block.rows:
        if not (row.goes_right and scene.is_fhir):
            continue
        for position, step, parent in walk(scene.right_shape(block), row.right):
            element = find_element(parent.type, step.name)
            if element is None or not element.choice:
                continue
            place = f"{path_text(row.right[:position])}.{element.choice}"
            name, other = taken.setdefault(place, (step.name, row))
            if name != step.name and not _apart(row, other):
                message = f"`{element.choice}[x]` is one value; line {other.place.line} writes it as `{name}`"
                hint = "keep one type, or give both rows a `when`"
                yield finding("FB232", scene.right_place(block, row), message, hint=hint)


# -- items of lists --------------------------------------------------------------------------------------------------


def _way(step: Step) -> str:
    return "a selector" if step.where else "[]" if step.each else "an index"


def _mixed_lists(scene: Scene, block: Block) -> Iterator[Issue]:
    ways: dict[str, dict[str, Row]] = {}
    indices: dict[str, dict[int, Row]] = {}
    for row in block.rows:
        for position, step in enumerate(row.right):
            if step.is_many and row.goes_right:
                path = ".".join((path_text(row.right[:position]), step.name)).lstrip(".")
                ways.setdefault(path, {}).setdefault(_way(step), row)
                if step.index is not None and not step.where:
                    indices.setdefault(path, {}).setdefault(step.index, row)
    for path, found in ways.items():
        (first, before), *others = found.items()
        for way, row in others[:1]:
            message = f"the items of `{path}` are named by {way} here and by {first} in line {before.place.line}"
            hint = "name all of them the same way; else two rows may write the same item"
            yield finding("FB233", scene.right_place(block, row), message, hint=hint)
    for path, rows in indices.items():
        for index, row in rows.items():
            if index and index - 1 not in rows:
                message = f"`{path}[{index}]` is written and `{path}[{index - 1}]` is not"
                hint = f"no hole is sent: the item becomes an earlier one; write {path}[{index - 1}]"
                yield finding("FB234", scene.right_place(block, row), message, hint=hint)
