"""Data classes: nothing about a person in the directory, no counselling note outwards, no resource without a class."""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.blocks import key_place
from fhirbridge.mapping.checking.scene import Scene, at
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block

DIRECTORY = "D0"
COUNSELLING = "D5"


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what would show data to who may not see it, or to nobody: FB252 to FB254."""
    for block in scene.map.blocks:
        if scene.is_fhir and not block.data_class:
            message = f"`{block.name}` has no data class, and what has none is shown to nobody"
            hint = "write `class: D1` to `class: D8`, as in docs/mapping/reference.md"
            yield finding("FB252", block.place, message, hint=hint)
        if scene.is_fhir and block.data_class == DIRECTORY:
            yield from _in_directory(scene, block)
        if scene.map.right.kind != "record":
            yield from _notes(scene, block)


def _in_directory(scene: Scene, block: Block) -> Iterator[Issue]:
    """Yield a finding for each field about a person in a resource that anyone may see."""
    key = at(scene.item_shape(block, block.variable), block.key).data_class
    if key not in ("", DIRECTORY):
        message = f"the key is of class {key}, and `{block.name}` (D0) is shown to anyone"
        yield finding("FB253", key_place(scene, block), message, hint=f"write `class: {key}`")
    for row in block.rows:
        if row.goes_right and row.data_class not in ("", DIRECTORY):
            what = row.left_text or "the expression"
            message = f"`{what}` is of class {row.data_class}, and `{block.name}` (D0) is shown to anyone"
            yield finding("FB253", row.place, message, hint=f"move the row, or write `class: {row.data_class}`")


def _notes(scene: Scene, block: Block) -> Iterator[Issue]:
    """Yield a finding for each counselling note in a resource that holds more; one of its own class is kept whole."""
    if scene.is_fhir and block.data_class == COUNSELLING:
        return
    for row in block.rows:
        if row.goes_right and row.data_class == COUNSELLING:
            message = f"`{row.left_text or 'the expression'}` is a counselling note (D5), which no rule lets out"
            hint = "name the field in `ignore:` (42 CFR 2.11), or give it a block of its own with `class: D5`"
            yield finding("FB254", row.place, message, hint=hint)
