"""Quick tests of primitive values, as text that generated code holds inline: true of every value that is at fault.

A test that says "maybe" costs time only; one that passes a fault would be wrong. So each errs towards doubt, and a
test of this package puts good and bad values before each.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from fhirbridge.validation.primitives import MAX_CHARS

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII).fullmatch
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)", re.ASCII
).fullmatch


def is_day(text: str) -> bool:
    """Say whether a text is a day that exists, YYYY-MM-DD; False also of a month or year alone."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """Say whether a text is a day, or a moment with zone; False also of a month or year alone."""
    return is_day(text) or (_INSTANT(text) is not None and is_day(text[:10]))


def is_instant(text: str) -> bool:
    """Say whether a text is a moment with zone."""
    return _INSTANT(text) is not None and is_day(text[:10])


NAMES: dict[str, Any] = {
    "Decimal": Decimal,
    "ID": _ID,
    "is_day": is_day,
    "is_moment": is_moment,
    "is_instant": is_instant,
}
"""What the tests below name."""

_WORDS = f'{{0}}.__class__ is not str or not "!" <= {{0}} or len({{0}}) > {MAX_CHARS} or not {{0}}.isprintable()'
_ADDRESS = '{0}.__class__ is not str or {0}[:4] != "http" or " " in {0} or not {0}.isprintable()'
_WHOLE = "{0}.__class__ is not int or not {1} <= {0} <= 2147483647"

_TESTS: dict[str, str] = {
    "string": _WORDS,
    "markdown": _WORDS,
    "code": '{0}.__class__ is not str or not ({0}.isalnum() or {0}.replace("-", "").isalnum())',
    "uri": _ADDRESS,
    "url": _ADDRESS,
    "canonical": _ADDRESS,
    "boolean": "{0} is not True and {0} is not False",
    "integer": _WHOLE.replace("{1}", "-2147483648"),
    "unsignedInt": _WHOLE.replace("{1}", "0"),
    "positiveInt": _WHOLE.replace("{1}", "1"),
    "decimal": "{0}.__class__ is not Decimal and {0}.__class__ is not int",
    "date": "{0}.__class__ is not str or not is_day({0})",
    "dateTime": "{0}.__class__ is not str or not is_moment({0})",
    "instant": "{0}.__class__ is not str or not is_instant({0})",
    "id": "{0}.__class__ is not str or not ID({0})",
}


def doubt(type_: str, name: str, codes: str = "") -> str:
    """Return the text of a test that is true where the value called `name` may be at fault.

    Args:
        type_: a primitive; one without a quick test is always in doubt.
        codes: what the set of codes is called that the element is bound to, or "".
    """
    if codes:
        return f"{name}.__class__ is not str or {name} not in {codes}"
    return _TESTS.get(type_, "True").format(name)
