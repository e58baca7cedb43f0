"""Single values of an XML document, by the type its schema gives them: text in, JSON value out, and back.

Laws: a fault tells what is expected and never quotes the text.
Source: https://www.w3.org/TR/xmlschema-2/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from fhirbridge.mapping.shapes import SchemaShape
from fhirbridge.times import is_date, is_date_time

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", re.ASCII)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_FULL_DATE = len("YYYY-MM-DD")
MAX_CODES_NAMED = 16


class ValueFault(ValueError):
    """A value does not fit its type. Carries the finding's code; the message holds no value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_value(text: str, shape: SchemaShape) -> Any:
    """Return the value that the text of an element or attribute stands for; None for an empty one.

    Raises:
        ValueFault: the text does not fit the type.
    """
    lexical = shape.xml.lexical if shape.xml else "string"
    own = text if lexical == "string" else " ".join(text.split())
    if not own:
        return None
    value = _PARSERS[lexical](own)
    _check(value, shape)
    return value


def format_value(value: Any, shape: SchemaShape) -> str:
    """Return the text of a value.

    Raises:
        ValueFault: the value does not fit the type.
    """
    _check(value, shape)
    text = _text(value)
    lexical = shape.xml.lexical if shape.xml else "string"
    if lexical == "token" and text != " ".join(text.split()):
        raise ValueFault("FB308", "expected a text without line ends, doubled blanks, and blanks at its ends")
    if lexical in ("date", "dateTime"):
        _PARSERS[lexical](text)
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _date(text: str) -> str:
    if len(text) != _FULL_DATE or not (text.isascii() and is_date(text)):
        raise ValueFault("FB304", "expected a whole date that exists: YYYY-MM-DD")
    return text


def _date_time(text: str) -> str:
    if "T" not in text or not (text.isascii() and is_date_time(text, zone_required=False)):
        raise ValueFault("FB304", "expected a date and time: YYYY-MM-DDThh:mm:ss, with or without a zone")
    return text


def _truth(text: str) -> bool:
    if text not in _TRUTH:
        raise ValueFault("FB308", "expected true or false")
    return _TRUTH[text]


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueFault("FB308", "expected a whole number of at most 18 digits")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueFault("FB308", "expected a number with at most 18 digits on each side of its point")
    return Decimal(text)


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "token": str,
    "date": _date,
    "dateTime": _date_time,
    "boolean": _truth,
    "integer": _integer,
    "decimal": _decimal,
}
"""Lexical form -> what reads it."""


def _check(value: Any, shape: SchemaShape) -> None:
    """Refuse a value that is no code of its type, or beyond its bounds."""
    if shape.codes and str(value) not in shape.codes:
        known = sorted(shape.codes)
        named = f"one of {', '.join(known)}" if len(known) <= MAX_CODES_NAMED else "a code of the schema"
        raise ValueFault("FB303", f"expected {named}")
    for name, bound in shape.xml.facets if shape.xml else ():
        holds, words = FACETS[name]
        if not holds(value, Decimal(bound)):
            raise ValueFault("FB308", f"expected {words} {bound}")


FACETS: Mapping[str, tuple[Callable[[Any, Decimal], bool], str]] = {
    "length": (lambda value, bound: len(value) == bound, "a text whose number of characters is"),
    "minLength": (lambda value, bound: len(value) >= bound, "a text whose number of characters is at least"),
    "maxLength": (lambda value, bound: len(value) <= bound, "a text whose number of characters is at most"),
    "minInclusive": (lambda value, bound: Decimal(value) >= bound, "a number of at least"),
    "maxInclusive": (lambda value, bound: Decimal(value) <= bound, "a number of at most"),
}
"""Facet of a schema's type -> whether a value keeps it, and how a finding says so."""
