"""What the right side demands: every required element has a row, and a row that surely gives it something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.scene import Names, Scene, may_lack, names
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Steps

ENGINE_GIVES = frozenset({"identifier", "id", "resourceType"})
"""Elements of a resource that the engine writes itself."""


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is required and not written, or not surely: FB209, FB239."""
    for block in scene.map.blocks:
        written = [(path, row) for row in block.rows if row.goes_right for path in written_paths(row.right)]
        yield from _lacking(scene, block, written, scene.right_shape(block), ())


def written_paths(steps: Steps) -> Iterator[Steps]:
    """Yield the path itself and what its selectors make true on the way."""
    yield steps
    for position, step in enumerate(steps):
        for where in step.where:
            yield (*steps[: position + 1], *where.steps)


_Written = list[tuple[Steps, Row]]


def _lacking(scene: Scene, block: Block, written: _Written, shape: Shape, at: Names) -> Iterator[Issue]:
    """Yield what lacks below one place; `written` holds the rest of each path from there on."""
    given = ENGINE_GIVES if scene.is_fhir and not at else frozenset()
    found = {steps[0].name for steps, _ in written}
    for name in sorted(required_names(shape) - given):
        where = ".".join((block.type, *at, name))
        if name in found:
            yield from _unsure(scene, block, written, (*at, name))
        elif not scene.gaps.hides_right(block.name, (*at, name)):
            message = f"`{where}` is required and no row writes it"
            yield finding("FB209", block.place, message, hint=f"add a row that writes `{'.'.join((*at, name))}`")
    for name in sorted(found):
        below = [(steps[1:], row) for steps, row in written if steps[0].name == name and len(steps) > 1]
        child = shape.find_child(name)
        whole = any(steps[0].name == name and len(steps) == 1 for steps, _ in written)
        if below and child is not None and not whole and child.type != "Extension":
            yield from _lacking(scene, block, below, child, (*at, name))


def required_names(shape: Shape) -> set[str]:
    """Return the names of the fields that a shape requires."""
    return {name for name in shape.child_names() if (child := shape.find_child(name)) and child.is_required}


# -- rows that may give nothing --------------------------------------------------------------------------------------


def _unsure(scene: Scene, block: Block, written: _Written, at: Names) -> Iterator[Issue]:
    """Yield a finding where each row for a required element may leave it out while its parent is written."""
    own = [(steps, row) for steps, row in written if steps[0].name == at[-1]]
    rows = list({id(row): row for _, row in own}.values())
    if len(rows) != 1 or len(own[0][0]) != 1 or scene.gaps.hides_right(block.name, at[:-1] or at):
        return  # several rows may take turns; what stands below is looked at by itself
    row = rows[0]
    if row.right[len(at) - 1 :] != own[0][0] or _is_sure(scene, block, row, [other for _, other in written]):
        return
    where = f"`{'.'.join((block.type, *at))}` is required"
    if row.when is not None:
        message, hint = f"{where} and its only row has a `when`", "add a row for the other case"
    else:
        message = f"{where} and `{row.left_text}` may be missing"
        hint = "write: default 'value', or make the field required in the schema"
    yield finding("FB239", row.place, message, hint=hint)


def _is_sure(scene: Scene, block: Block, row: Row, siblings: Iterable[Row]) -> bool:
    """Say whether a row writes its target whenever any of the rows beside it writes theirs."""
    if row.default is not None or row.arrow == ":=" or row.expression is not None:
        return row.when is None or all(other is row or other.when == row.when for other in siblings)
    if len(row.right) > 1 and all(other is row for other in siblings):
        return True  # nothing else makes the parent
    lefts = [names(other.left) for other in siblings if other.left_text and other.variable == row.variable]
    at_root = len(row.right) == 1
    shared = 0 if at_root else _shared_length([*lefts, names(row.left)])
    shared = min(shared, len(row.left) - 1) if row.left else 0
    shape = scene.item_shape(block, row.variable)
    for step in row.left[:shared]:
        shape = shape.find_child(step.name) or shape
    return row.when is None and not may_lack(shape, row.left[shared:])


def _shared_length(paths: list[Names]) -> int:
    """Return how many names all paths begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*paths, strict=False)))
