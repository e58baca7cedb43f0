"""The primitive types: which JSON values are valid, and what to say of one that is not.

Patterns come from the R4 table. Five are done by hand: dates must exist, numbers are JSON numbers, and the
published patterns for base64 and markdown take exponential time or say nothing.
Source: http://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fhirbridge.fhir.elements import pattern_of
from fhirbridge.fhir.references import is_urn
from fhirbridge.times import is_date, is_date_time

MAX_CHARS = 1024 * 1024
"""Length limit of a FHIR string; base64 and narrative have none."""

Test = Callable[[Any], bool]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPACE = re.compile(r"\s", re.ASCII)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not _CONTROL.search(value)


def _is_string(value: Any) -> bool:
    return _is_text(value) and len(value) <= MAX_CHARS


def _matches(primitive: str) -> Test:
    pattern = re.compile(pattern_of(primitive), re.ASCII)
    return lambda value: _is_text(value) and pattern.fullmatch(value) is not None


def _is_uri(value: Any) -> bool:
    """A URI has no white space, and a UUID or OID written as one is complete."""
    if not _is_text(value) or _SPACE.search(value):
        return False
    return is_urn(value) or not value.startswith(("urn:uuid:", "urn:oid:"))


def _integer(low: int, high: int = 2**31 - 1) -> Test:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_decimal(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_base64(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    packed = value if value.isalnum() else "".join(value.split())
    if not packed or not packed.isascii():
        return False
    try:
        a2b_base64(packed, strict_mode=True)
    except Error:
        return False
    return True


def _is_xhtml(value: Any) -> bool:
    return isinstance(value, str) and value != ""


PRIMITIVES: dict[str, tuple[Test, str]] = {
    "base64Binary": (_is_base64, "Expected base64 text."),
    "boolean": (lambda value: isinstance(value, bool), "Expected true or false, without quotes."),
    "canonical": (_matches("canonical"), "Expected a URL without spaces, optionally with |version."),
    "code": (_matches("code"), "Expected a code: text without spaces at its ends and without double spaces."),
    "date": (
        lambda value: isinstance(value, str) and is_date(value),
        "Expected a date that exists: YYYY, YYYY-MM or YYYY-MM-DD.",
    ),
    "dateTime": (
        lambda value: isinstance(value, str) and is_date_time(value),
        "Expected a date that exists, or one with time and zone: YYYY-MM-DDThh:mm:ss+hh:mm.",
    ),
    "decimal": (_is_decimal, "Expected a number, without quotes."),
    "id": (_matches("id"), "Expected an id: 1 to 64 letters, digits, - or full stops."),
    "instant": (
        lambda value: isinstance(value, str) and "T" in value and is_date_time(value),
        "Expected an instant with zone: YYYY-MM-DDThh:mm:ss.sss+hh:mm.",
    ),
    "integer": (_integer(-(2**31)), "Expected a whole number of 32 bits, without quotes."),
    "markdown": (_is_string, "Expected text that is not empty and has no control characters."),
    "oid": (_matches("oid"), "Expected an OID as a URI: urn:oid:1.2.3."),
    "positiveInt": (_integer(1), "Expected a whole number above 0, without quotes."),
    "string": (_is_string, "Expected text that is not empty and has no control characters."),
    "time": (_matches("time"), "Expected a time of day: hh:mm:ss."),
    "unsignedInt": (_integer(0), "Expected a whole number, 0 or above, without quotes."),
    "uri": (_is_uri, "Expected a URI without spaces, a UUID or OID in full and in lower case."),
    "url": (_matches("url"), "Expected a URL without spaces."),
    "uuid": (_matches("uuid"), "Expected a UUID as a URI in lower case: urn:uuid:…"),
    "xhtml": (_is_xhtml, "Expected XHTML text."),
}
"""Type name to its test and to the message for a value that fails it."""
