"""Blocks against blocks: keys that may lack or clash, references that may point at nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from fhirbridge.errors import Issue
from fhirbridge.fhir.bundles import FIRST
from fhirbridge.mapping.checking.scene import Scene, may_lack, names
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block, Place, Row


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong with blocks: FB209 for a Bundle without its head, FB240, FB248 to FB251."""
    for block in scene.map.blocks:
        yield from _key(scene, block)
    yield from _clashes(scene)
    yield from _references(scene)
    yield from _headless(scene)


def key_place(scene: Scene, block: Block) -> Place:
    """Return where the key of a block stands."""
    return next(each.key.place for each in scene.written.blocks if each.name == block.name)


def _key(scene: Scene, block: Block) -> Iterator[Issue]:
    if may_lack(scene.item_shape(block, block.variable), block.key):
        key = ".".join((block.variable, *names(block.key)))
        message = f"the key `{key}` may be missing; no `{block.name}` is made then"
        hint = "take a field that the schema requires, or make it required"
        yield finding("FB240", key_place(scene, block), message, hint=hint)


def _clashes(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for two blocks whose items take the same place."""
    for one, other in combinations(scene.map.blocks, 2):
        same_name = one.keyed == other.keyed or not scene.is_fhir
        if one.type != other.type or not same_name or (one.when and other.when):
            continue
        if scene.key_steps(one) == scene.key_steps(other):
            message = f"`{one.name}` and `{other.name}` make the same {other.type}: same items, same key"
            yield finding(
                "FB251", other.place, message, hint="put the rows into one block, or give it another `keyed:`"
            )
        elif scene.is_fhir and {one.data_class, other.data_class} != {"D0"}:
            message = f"`{one.name}` and `{other.name}` make {other.type} keyed `{other.keyed}` from different items"
            hint = "equal keys would be one resource; give one of them another `keyed:`"
            yield finding("FB250", other.place, message, hint=hint)


def _headless(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for a document that does not begin with its Composition, a message without its MessageHeader."""
    kind = scene.map.right.options.get("bundle", "")
    written = scene.written.blocks
    if kind in FIRST and written and (written[0].type != FIRST[kind] or written[0].loop):
        message = f"a Bundle of type {kind} begins with one {FIRST[kind]}, this map with {written[0].type}"
        yield finding("FB209", written[0].place, message, hint=f"write first a block with: make: {FIRST[kind]}")


def _references(scene: Scene) -> Iterator[Issue]:
    blocks = {block.name: block for block in scene.map.blocks}
    for block, row in scene.rows():
        reference = row.codec.reference
        target = blocks.get(reference.block) if reference else None
        if target is None or not row.goes_right:
            continue
        given = (block.when, row.when)
        if target.when is not None and target.when not in given:
            message = f"`{target.name}` is made only under its `when`; the reference would point at nothing without it"
            yield finding("FB248", scene.codec_place(block, row), message, hint="give the row the same `when`")
        yield from _other_items(scene, block, row, target)


def _other_items(scene: Scene, block: Block, row: Row, target: Block) -> Iterator[Issue]:
    """Yield a finding where a row refers to an object that the block it names does not loop over."""
    refers, loops = names(scene.left_steps(block, row)), names(target.loop)
    is_object = bool(row.codec.reference and row.codec.reference.key_field)
    if is_object and row.expression is None and refers != loops:
        message = f"`{target.name}` is made for `{scene.spoken(loops)}`, and the row refers to `{scene.spoken(refers)}`"
        fitting = [each.name for each in scene.map.blocks if each.is_loop and names(each.loop) == refers]
        hint = f"write: ref {fitting[0]}" if fitting else "make a block that loops over what the row refers to"
        yield finding("FB249", scene.codec_place(block, row), message, hint=hint)
