"""Numbers and yes-or-no written as text; numbers with a unit; lengths of time.

Source: http://hl7.org/fhir/R4/datatypes.html#integer, #decimal, #Quantity, #Duration; https://ucum.org/ucum
"""

from __future__ import annotations

import re
from decimal import Context as Digits
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

from fhirbridge.mapping.codecs.spec import (
    MAX_DIGITS,
    CodecError,
    Context,
    Number,
    Value,
    expect,
    expect_number,
)
from fhirbridge.mapping.model import Codec

UCUM = "http://unitsofmeasure.org"

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_DIGITS}}})?", re.ASCII)
_RANGES = {"positiveInt": (1, 2**31 - 1), "unsignedInt": (0, 2**31 - 1)}
_ANY_RANGE = (-(2**31), 2**31 - 1)


def integer_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the whole number that digits stand for."""
    if not _INTEGER.fullmatch(expect(value, str, "a whole number as text")):
        raise CodecError("FB308", "expected a whole number: digits only")
    return _in_range(int(value), codec)


def integer_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a whole number as digits."""
    return str(_in_range(expect(value, int, "a whole number"), codec))


def _in_range(number: int, codec: Codec) -> int:
    low, high = _RANGES.get(codec.right_type, _ANY_RANGE)
    if not low <= number <= high:
        raise CodecError("FB308", f"expected a whole number from {low} to {high}")
    return number


def decimal_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the decimal that a text stands for, with every digit behind the point."""
    mark = _mark(codec)
    text = expect(value, str, "a number as text")
    if mark != ".":
        text = text.replace(".", "?").replace(mark, ".")
    if not _DECIMAL.fullmatch(text):
        raise CodecError("FB308", f"expected digits, and `{mark}` before the decimals")
    return Decimal(text)


def decimal_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a number as text, with the digits it has and no exponent."""
    number = expect_number(value)
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return f"{exact:f}".replace(".", _mark(codec))


def _mark(codec: Codec) -> str:
    return "," if codec.arguments else "."


def flag_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return true for the first word, false for the second."""
    if value not in codec.arguments:
        raise CodecError("FB308", f"expected {' or '.join(codec.arguments)}")
    return value == codec.arguments[0]


def flag_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the first word for true, the second for false."""
    return codec.arguments[0 if expect(value, bool, "true or false") else 1]


# -- quantities and lengths of time


def quantity_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a Quantity of the unit."""
    unit, shown = codec.arguments[0], codec.arguments[-1]
    return {"value": expect_number(value), "unit": shown, "system": UCUM, "code": unit}


def quantity_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the number of a Quantity that has the unit and stands for itself, not for less or more."""
    quantity = _exact_quantity(value)
    if quantity.get("code") != codec.arguments[0]:
        raise CodecError("FB301", f"expected a quantity in unit {codec.arguments[0]}")
    return _as_left(quantity.get("value"), codec)


def _exact_quantity(value: Value) -> Value:
    quantity = expect(value, dict, "a quantity")
    if quantity.get("comparator") is not None:
        raise CodecError("FB301", "expected a quantity without comparator")
    if quantity.get("system", UCUM) != UCUM:
        raise CodecError("FB301", "expected a quantity with a unit of UCUM")
    return quantity


def _as_left(value: Value, codec: Codec) -> Number:
    number = expect_number(value)
    if codec.left_type != "integer" or isinstance(number, int):
        return number
    if number != int(number):
        raise CodecError("FB308", "expected a whole number")
    return int(number)


UNITS: dict[str, tuple[str, str, int]] = {
    "seconds": ("s", "s", 1),
    "minutes": ("min", "s", 60),
    "hours": ("h", "s", 3_600),
    "days": ("d", "s", 86_400),
    "weeks": ("wk", "s", 604_800),
    "months": ("mo", "mo", 1),
    "years": ("a", "mo", 12),
}
"""The word in the map -> UCUM code, what it is counted in, how many of those. A month has no fixed number of days."""

_BY_CODE = {code: (base, size) for code, base, size in UNITS.values()}


def duration_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a Duration in the unit."""
    word = codec.arguments[0]
    return {"value": expect_number(value), "unit": word, "system": UCUM, "code": UNITS[word][0]}


def duration_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the number of a Duration in the unit; from another unit only where it comes out exact."""
    word = codec.arguments[0]
    code, base, size = UNITS[word]
    quantity = _exact_quantity(value)
    given = quantity.get("code")
    other = _BY_CODE.get(given) if isinstance(given, str) else None
    if other is None or other[0] != base:
        raise CodecError("FB301", f"expected a duration that can be told in {word}")
    if given == code:
        return _as_left(quantity.get("value"), codec)
    return _as_left(_exactly(Fraction(expect_number(quantity.get("value"))) * other[1] / size, word), codec)


def _exactly(number: Fraction, word: str) -> Number:
    if number.denominator == 1:
        return int(number)
    with localcontext(Digits(prec=2 * MAX_DIGITS, traps=[Inexact])):
        try:
            return Decimal(number.numerator) / Decimal(number.denominator)
        except Inexact:
            raise CodecError("FB308", f"expected a duration that comes out exact in {word}") from None


def is_same_number(one: Value, other: Value, _codec: Codec, _context: Context) -> bool:
    """Say whether two numbers are of one size: 1, 1.0 and 1.00 are."""
    try:
        return bool(expect_number(one) == expect_number(other))
    except CodecError:
        return False


def is_same_decimal(one: Value, other: Value, codec: Codec, context: Context) -> bool:
    """Say whether two texts are one number with the same digits behind the point."""
    try:
        first, second = decimal_right(one, codec, context), decimal_right(other, codec, context)
    except CodecError:
        return False
    return bool(first.as_tuple() == second.as_tuple())
