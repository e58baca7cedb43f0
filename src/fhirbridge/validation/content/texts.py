"""Primitive values in the full check: what R4 advises of them, and text that may act where it is shown.

Source: http://hl7.org/fhir/R4/datatypes.html#primitive, http://hl7.org/fhir/R4/security.html#narrative
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fhirbridge.validation.narrative import find_fault, read_narrative
from fhirbridge.validation.structure import values
from fhirbridge.validation.structure.faults import Faults, Kind, note
from fhirbridge.validation.structure.quick import doubt
from fhirbridge.validation.structure.values import Primitive

ACTIVE = Kind("text-active", "The text holds an HTML tag that acts where it is shown, which is not allowed here.")
TAG = Kind("text-html", "The text looks as if it held an HTML tag.", "information")
MARKDOWN_TAG = Kind(
    "markdown-html", "The Markdown holds what looks like an HTML tag; readers will show it as text.", "warning"
)
BLANK = Kind("text-blank", "The text is nothing but white space.", "warning")
EDGES = Kind("text-edges", "The text starts or ends with white space.", "warning")
SPACED = Kind("base64-spaced", "The base64 text holds white space.", "warning")
YEAR = Kind("date-year", "The year is before 1800 or after 2099.", "warning")
CANONICAL = Kind("canonical-absolute", "A canonical is an absolute URL, or #id of what is contained.")
PREFIX = Kind("uri-prefix", "An OID or UUID as a URI starts with urn:oid: or urn:uuid:.")
SHORT_OID = Kind("oid-short", "This OID is too short to be somebody's.", "warning")

IDLE = Kind("narrative-link", "A link in the narrative leads nowhere.", "warning")

_TAG = re.compile(r"<(/?[A-Za-z][^<>]*)>")
_ACTS = re.compile(
    r"(?:script|iframe|object|embed|applet|link|meta|base|form|input|button|svg|style)\b|.*(?:\son\w+\s*=|javascript:)",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN_TAG = re.compile(r"<[/A-Za-z!]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:\S", re.ASCII)


def is_absolute(text: str) -> bool:
    """Say whether a URI has a scheme.

    >>> is_absolute("urn:x"), is_absolute("Patient/1"), is_absolute("https://a.example")
    (True, False, True)
    """
    return _SCHEME.match(text) is not None


def full_doubt(type_: str, name: str, codes: str = "") -> str:
    """Return the quick test of a primitive, which in the full check doubts more than `quick.doubt`."""
    more = _DOUBTS.get(type_)
    test = doubt(type_, name, codes)
    return f"{test} or {more.format(name)}" if more and not codes else test


_WORDS = '"<" in {0} or not "!" <= {0}[-1]'
_DAY = 'not "18" <= {0} < "21"'
_DOUBTS = {"string": _WORDS, "markdown": _WORDS, "date": _DAY, "dateTime": _DAY, "instant": _DAY}


def primitive(faults: Faults | None, value: Any, how: Primitive, state: Any) -> Faults | None:
    """Add what is wrong, or unwise, with one value of a primitive element."""
    if how.type == "xhtml" and isinstance(value, str) and value:
        return _xhtml(faults, value, how, state)
    if isinstance(value, str) and (look := _LOOKS.get(how.type)) and not how.codes and how.is_valid(value):
        return look(faults, f".{how.name}", value, state)
    return values.primitive(faults, value, how, state)


def primitives(faults: Faults | None, tree: Any, items: Any, how: Primitive, state: Any) -> Faults | None:
    """Add what is wrong, or unwise, with the list of a primitive element."""
    found = values.primitives(faults, tree, items, how, state)
    look = _LOOKS.get(how.type)
    for index, value in enumerate(items if look and isinstance(items, list) else ()):
        if look and isinstance(value, str) and how.is_valid(value):
            found = look(found, f".{how.name}[{index}]", value, state)
    return found


def _xhtml(faults: Faults | None, div: str, how: Primitive, state: Any) -> Faults | None:
    if fault := find_fault(div):
        return note(faults, f".{how.name}", Kind("narrative", fault))
    read = read_narrative(div)
    state.links, state.languages = read.links, read.languages
    if read.anchors:
        state.ids = (state.ids or set()) | read.anchors
    return note(faults, f".{how.name}", IDLE) if read.is_idle else faults


def _text(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    if text.isspace():
        return note(faults, piece, BLANK)
    if text != text.strip(" \t\r\n"):
        faults = note(faults, piece, EDGES)
    tags = _TAG.findall(text) if "<" in text else []
    if any(_ACTS.match(tag) for tag in tags):
        return note(faults, piece, ACTIVE)
    return note(faults, piece, TAG) if tags else faults


def _markdown(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    if text.isspace():
        return note(faults, piece, BLANK)
    return note(faults, piece, MARKDOWN_TAG) if _MARKDOWN_TAG.search(text) else faults


def _base64(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    return note(faults, piece, SPACED) if len(text.split(None, 1)) > 1 else faults


def _day(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    return faults if "18" <= text < "21" else note(faults, piece, YEAR)


def _canonical(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    if not text.startswith("#") and not is_absolute(text):
        return note(faults, piece, CANONICAL)
    return _uri(faults, piece, text, state)


def _uri(faults: Faults | None, piece: str, text: str, state: Any) -> Faults | None:
    if text.startswith(("oid:", "uuid:")):
        return note(faults, piece, PREFIX)
    oid = text.removeprefix("urn:oid:")
    if oid != text and oid.rfind(".") < 4 and not oid.startswith("1.3"):
        return note(faults, piece, SHORT_OID)
    return faults


_LOOKS: dict[str, Callable[[Faults | None, str, str, Any], Faults | None]] = {
    "string": _text,
    "markdown": _markdown,
    "base64Binary": _base64,
    "date": _day,
    "dateTime": _day,
    "instant": _day,
    "canonical": _canonical,
    "uri": _uri,
    "url": _uri,
    "oid": _uri,
    "uuid": _uri,
}
