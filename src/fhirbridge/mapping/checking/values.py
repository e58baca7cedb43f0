"""Values: codecs that fit the types and yet not what is meant, the client's words, defaults that never serve."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.scene import Scene, at, may_lack
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Block, Row

_BOUNDED = {
    "id": "letters, digits, - and . , at most 64",
    "oid": "urn:oid: and numbers",
    "uuid": "urn:uuid: and hex digits",
    "base64Binary": "base64",
    "positiveInt": "numbers from 1",
    "unsignedInt": "numbers from 0",
}
"""R4 type -> what alone it takes, of all that a text or number may be."""
_VERBATIM = re.compile(r"\bverbatim\b", re.I)
_WORDS_STAY = frozenset({"verbatim", "copy", "markdown"})
_ISO = frozenset({"YYYY-MM-DD"})


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is doubtful in single rows: FB243 to FB247."""
    for block, row in scene.rows():
        if row.arrow == ":=" or row.expression is not None:
            continue
        yield from _unused_default(scene, block, row)
        yield from _bounded(scene, block, row)
        yield from _words(scene, block, row)
        yield from _dates(scene, block, row)


def _unused_default(scene: Scene, block: Block, row: Row) -> Iterator[Issue]:
    is_there = not may_lack(scene.item_shape(block, row.variable), row.left)
    if row.default is not None and is_there and not any(step.is_many for step in row.left):
        message = f"`{row.left_text}` is required, so its default is never used"
        yield finding("FB243", scene.codec_place(block, row), message, hint="leave `default` out")


def _bounded(scene: Scene, block: Block, row: Row) -> Iterator[Issue]:
    right = at(scene.right_shape(block), row.right)
    takes = _BOUNDED.get(right.type) if scene.is_fhir else None
    if takes and row.codec.name in _WORDS_STAY | {"integer"} and not scene.left_shape(block, row).codes:
        message = f"`{row.right_text}` takes only {takes}; `{row.left_text}` may hold more than that"
        hint = "send it as an identifier, or write ignore[FB244] with what makes you sure"
        yield finding("FB244", scene.right_place(block, row), message, hint=hint)


def _words(scene: Scene, block: Block, row: Row) -> Iterator[Issue]:
    right = at(scene.right_shape(block), row.right)
    if scene.is_fhir and row.codec.name == "verbatim" and right.type == "code":
        message = f"`{row.right_text}` is a code, and verbatim is for people's words"
        hint = "translate with a table (code TABLE), or write the words into a text"
        yield finding("FB245", scene.codec_place(block, row), message, hint=hint)
    is_verbatim = _VERBATIM.search(scene.left_shape(block, row).description)
    if is_verbatim and row.goes_right and row.codec.name not in _WORDS_STAY:
        message = f"the schema says that `{row.left_text}` stays verbatim; `{row.codec.name}` changes it"
        yield finding("FB246", scene.codec_place(block, row), message, hint="write: | verbatim")


def _dates(scene: Scene, block: Block, row: Row) -> Iterator[Issue]:
    """Yield a finding where the schema writes the date in another way than the codec reads it."""
    if row.codec.name not in ("date", "datetime"):
        return
    left = scene.left_shape(block, row)
    written = row.codec.arguments[0] if row.codec.arguments else ""
    is_iso = left.format in ("date", "date-time")
    if is_iso and written and written not in _ISO:
        message = f"the schema's format `{left.format}` is YYYY-MM-DD, the codec reads {written}"
        yield finding("FB247", scene.codec_place(block, row), message, hint=f"write: | {row.codec.name}")
    elif left.format == "date-time" and row.codec.name == "date":
        message = f"`{row.left_text}` holds a date and time, and `date` takes a date alone"
        yield finding("FB247", scene.codec_place(block, row), message, hint="write: | datetime")
    elif left.format == "time":
        yield finding("FB247", scene.codec_place(block, row), f"`{row.left_text}` holds a time without a date")
