"""What a codec is: types of both sides, two functions, a law; and what every codec may lean on.

Laws of this file: a codec that cannot translate raises CodecError, it never guesses; its message speaks of shapes and
of the map, never of the value; it costs no more than the value is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from time import monotonic
from typing import Any, TypeGuard

from fhirbridge.ids import stable_id
from fhirbridge.mapping.model import Codec

Value = Any


@dataclass(frozen=True, slots=True)
class Context:
    """What a map may know beside the tree: who sent it, and resource ids already given.

    `known` maps (resource type, identifier system, value) to the id of a resource that exists. `clock` tells seconds
    from some moment; a run that takes too many of them is stopped.
    """

    source: str
    known: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    clock: Callable[[], float] = field(default=monotonic, compare=False, repr=False)

    def resource_id(self, type_: str, system: str, value: str) -> str:
        """Return the id of the resource with this business identifier: the known one, or one made from it."""
        return self.known.get((type_, system, value)) or stable_id(self.source, type_, system, value)


class CodecError(ValueError):
    """The value does not fit the codec. The code is one of FB301..FB309; the text says what was expected."""

    def __init__(self, code: str, expected: str) -> None:
        super().__init__(expected)
        self.code = code


Translate = Callable[[Value, Codec, Context], Value]
Same = Callable[[Value, Value, Codec, Context], bool]


@dataclass(frozen=True, slots=True)
class CodecSpec:
    """What a codec takes on each side (JSON kinds, FHIR types or `any`), its arguments, its functions and its law.

    Attributes:
        arguments: how few and how many.
        law: what comes back is the same value, up to what this says.
        same: whether two left values are one value under the law; an update that brings back the same value leaves
            the old spelling where it is.
    """

    lefts: frozenset[str]
    rights: frozenset[str]
    arguments: tuple[int, int]
    to_right: Translate
    to_left: Translate
    text: str
    law: str
    same: Same
    usage: str = ""


SURROGATE = re.compile("[\ud800-\udfff]")


def is_key(value: Value) -> TypeGuard[str]:
    """Say whether a value can be a business key: text, not empty, that UTF-8 can hold."""
    return isinstance(value, str) and bool(value) and not SURROGATE.search(value)


def expect(value: Value, kind: type, name: str) -> Value:
    """Return the value if it is of a Python type; true and false are no numbers.

    Raises:
        CodecError: FB301.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CodecError("FB301", f"expected {name}")
    return value


def expect_text(value: Value, name: str = "text") -> str:
    """Return the value if it is a text that UTF-8 can hold.

    Raises:
        CodecError: FB301.
    """
    if not isinstance(value, str):
        raise CodecError("FB301", f"expected {name}")
    if not value.isascii() and SURROGATE.search(value):
        raise CodecError("FB301", f"expected {name} without half characters")
    return value


Number = int | float | Decimal
MAX_DIGITS = 40
"""A number has no more digits before and behind the point: FHIR asks for 18."""
_LIMIT = 10**MAX_DIGITS


def expect_number(value: Value) -> Number:
    """Return the value if it is a number of sensible size.

    Raises:
        CodecError: FB301, or FB308 for NaN, infinity and numbers with too many digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CodecError("FB301", "expected a number")
    if not _is_sensible(value):
        raise CodecError("FB308", f"expected a number with at most {MAX_DIGITS} digits on either side of the point")
    return value


def _is_sensible(value: Number) -> bool:
    if not isinstance(value, Decimal):
        return isfinite(value) and -_LIMIT < value < _LIMIT if isinstance(value, float) else -_LIMIT < value < _LIMIT
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MAX_DIGITS and value.adjusted() < MAX_DIGITS


def is_same_value(one: Value, other: Value, _codec: Codec, _context: Context) -> bool:
    """Say whether two left values are equal as they stand: true is not 1, and 1.0 is not 1.00."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Decimal):
        return bool(one.as_tuple() == other.as_tuple())
    return bool(one == other)


def same_after(translate: Translate) -> Same:
    """Return the sameness of values that a translation makes one."""

    def is_same(one: Value, other: Value, codec: Codec, context: Context) -> bool:
        if is_same_value(one, other, codec, context):
            return True
        try:
            return bool(translate(one, codec, context) == translate(other, codec, context))
        except CodecError:
            return False

    return is_same
