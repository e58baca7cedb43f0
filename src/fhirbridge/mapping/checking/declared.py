"""What a map declares beside its rows: used, named once, and worth declaring."""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.scene import Scene
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Policy

_PLAIN = Policy()


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is declared in vain: FB216, FB268, FB269, FB273, FB279."""
    written = scene.written
    for name, place in written.table_places.items():
        if name not in scene.used and not scene.gaps.hides_word(name):
            hint = "use it in a row, or leave it out"
            yield finding("FB216", place, f"`{name}` is declared and never used", hint=hint)
    yield from _named_twice(scene)
    if not written.blocks and not scene.gaps.is_whole:
        yield finding("FB279", written.right.place, "the map makes nothing", hint="add a block with `make:`")
    if scene.gaps.is_whole or scene.gaps.words:
        return  # a refused row may use the zone or the policy
    codecs = {row.codec.name for _, row in scene.rows()}
    if written.zone and "datetime" not in codecs and scene.map.left.kind != "xml":
        yield finding("FB268", written.right.place, f"`zone: {written.zone}` is never used", hint=_NO_TIMES)
    if written.policy.unmapped_code != _PLAIN.unmapped_code and "code" not in codecs:
        message = "`unmapped-code` is said, and no row translates a code"
        yield finding("FB269", written.right.place, message, hint="leave the policy out")


_NO_TIMES = "leave it out; no row has a time (| datetime), and dates have no zone"


def _named_twice(scene: Scene) -> Iterator[Issue]:
    for entries in (scene.written.tables, scene.written.systems):
        seen: dict[str, str] = {}
        for name, value in entries.items():
            if value in seen:
                message = f"`{name}` and `{seen[value]}` are two names for the same"
                yield finding(
                    "FB273", scene.written.table_places[name], message, hint=f"use `{seen[value]}` in all rows"
                )
            seen.setdefault(value, name)
