"""Generated values of one left field: what its rows can read, awkward on purpose, and simple when the choices are 0.

Laws of this file: a value fits every row that reads it; texts hold accents, other scripts, marks, quotes and spaces;
no value looks like a real person's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fhirbridge.mapping.codecs import CODECS, Context, is_date_format
from fhirbridge.mapping.model import Row
from fhirbridge.mapping.proving.choices import Choices, is_yes, pick, picks
from fhirbridge.mapping.proving.moments import any_date, any_moment
from fhirbridge.mapping.proving.readings import Reading, Role, codes_of
from fhirbridge.mapping.shapes import Shape

Value = Any

WORDS = (
    "the same",
    "w",
    "Zoë",
    "naïve café",
    'O\'Neil "Q"',
    "日本 語",
    "مرحبا",
    "e\u0301a",
    "👩🏽\u200d⚕️",
    "a\u00a0b",
    "<b>&amp;</b>",
    "a|b;c,d",
    "line\nline",
    "{{x}} $y %z",
)
"""What words are made of."""
EDGES = ("", "", "", " ", "\n", "\t")
"""What may stand around a client's own words: it is kept."""
ENDINGS = ("", "", "/2", "|x", "#1", "%2F", "'\"", "ü", ".a[0]", "=1", "&b")
"""What a partner's own keys end in: nothing in them may be taken for a path, a URL or a selector."""
_ID_ENDINGS = ("", "", "-2", ".a", "-X.9")
_LANGUAGES = ("en", "es", "fr-CA", "zh-Hant")
_CODES = ("c", "en", "x-y", "X.1")
_NO_SPACE = frozenset({"uri", "url", "canonical", "oid", "uuid"})
_POSITIVE = frozenset({"positiveInt"})
_CONTEXT = Context("local")


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the making: each becomes another text once the whole document is there."""

    ending: str

    def numbered(self, number: int) -> str:
        """Return the text of the key; the number is its place among all keys of the document."""
        return f"k{number}{self.ending}"


def leaf(choices: Choices, shape: Shape, reading: Reading) -> Value:
    """Return a value for a field that has nothing below it."""
    if reading.is_key:
        ids = "id" in reading.right_types
        return Key(pick(choices, _ID_ENDINGS if ids else ENDINGS))
    if reading.is_system:
        return f"https://registry-{choices.integer(0, 9)}.example/id"
    codes = codes_of(shape, reading)
    if codes is not None:
        return pick(choices, codes)
    for codec, make in _BY_CODEC.items():
        role = reading.find_role(codec)
        if role is not None:
            return _as_left(make(choices, role), role.row)
    return _BY_TYPE.get(shape.type, _text)(choices, shape, reading)


def _as_left(written_: Value, row: Row) -> Value:
    """Return what a maker wrote; for a codec that stands turned, the value that is written so on the right."""
    return CODECS[row.codec.name].to_left(written_, row.codec, _CONTEXT) if row.codec.is_turned else written_


# -- by codec --------------------------------------------------------------------------------------------------------


def _date(choices: Choices, role: Role) -> Value:
    return any_date(choices, _argument(role, 0))


def _datetime(choices: Choices, role: Role) -> Value:
    return any_moment(choices, _argument(role, 0), is_whole=role.row.codec.right_type == "instant")


def _period(choices: Choices, role: Role) -> Value:
    form = _argument(role, 2)
    return any_moment(choices, form) if not form or is_date_format("datetime", form) else any_date(choices, form)


def _argument(role: Role, position: int) -> str:
    arguments = role.row.codec.arguments
    return arguments[position] if len(arguments) > position else ""


def _digits(choices: Choices, role: Role) -> Value:
    low = 1 if role.row.codec.right_type in _POSITIVE else 0
    return str(choices.integer(low, pick(choices, (9, 2**31 - 1))))


def _decimal(choices: Choices, role: Role) -> Value:
    mark = "," if role.row.codec.arguments else "."
    whole, part = picks(choices, 10_000, 100)
    return f"{whole}{mark}{part:02}"


def _flag(choices: Choices, role: Role) -> Value:
    return pick(choices, role.row.codec.arguments)


def _verbatim(choices: Choices) -> Value:
    first, tail, second, before, behind = picks(choices, len(WORDS), 100, 1 + len(WORDS), len(EDGES), len(EDGES))
    return f"{EDGES[before]}{_joined(first, tail, second)}{EDGES[behind]}"


def _part(choices: Choices, role: Role) -> Value:
    """Return one field of an object that a codec reads: of a concept, name or identifier."""
    makers = {"system": _uri, "code": _code}
    return makers.get(role.element, _words)(choices)


def _attachment(choices: Choices, role: Role) -> Value:
    text = _words(choices)
    is_text = _argument(role, 0).startswith("text/") or not role.row.codec.arguments
    return text if is_text else b64encode(text.encode()).decode()


_BY_CODEC: Mapping[str, Callable[[Choices, Role], Value]] = {
    "flag": _flag,
    "date": _date,
    "datetime": _datetime,
    "period": _period,
    "integer": _digits,
    "decimal": _decimal,
    "attachment": _attachment,
    "concept": _part,
    "identifier": _part,
    "name": _part,
    "address": _part,
}
"""What decides first: where several rows read a field, the one that is stricter about it."""


# -- by type ---------------------------------------------------------------------------------------------------------


def _words(choices: Choices) -> str:
    return _joined(*picks(choices, len(WORDS), 100, 1 + len(WORDS)))


def _joined(first: int, tail: int, second: int) -> str:
    """Return one or two of the words, most often with a number that tells texts apart."""
    more = f" {WORDS[second - 1]}" if second else ""
    return f"{WORDS[first]}{tail or ''}{more}"


def _uri(choices: Choices) -> str:
    host, number = picks(choices, 3, 100)
    return f"https://{'abc'[host]}.example/{number}"


def _code(choices: Choices) -> str:
    stem, tail = picks(choices, len(_CODES), 100)
    return f"{_CODES[stem]}{tail or ''}"


def _text(choices: Choices, shape: Shape, reading: Reading) -> Value:
    """Return text; what a row copies has no space at its ends, and none at all where it becomes a URI or code."""
    if shape.format == "fhir-date":
        return any_date(choices, "")
    if shape.format in ("fhir-datetime", "fhir-instant"):
        return any_moment(choices, "", is_whole=shape.format == "fhir-instant")
    if shape.format == "language-tag":
        return pick(choices, _LANGUAGES)
    types = reading.right_types
    if types & _NO_SPACE:
        return _uri(choices)
    if "code" in types:
        return _code(choices)
    if "id" in types:
        return f"i{choices.integer(0, 99)}{pick(choices, _ID_ENDINGS)}"
    if reading.rows and all(row.codec.name in ("verbatim", "markdown") for row in reading.rows):
        return _verbatim(choices)
    return _words(choices)


def _integer(choices: Choices, _shape: Shape, reading: Reading) -> Value:
    low = 1 if reading.right_types & _POSITIVE else 0
    return choices.integer(low, pick(choices, (9, 500, 100_000)))


def _number(choices: Choices, _shape: Shape, _reading: Reading) -> Value:
    whole, part, is_part = picks(choices, 10_000, 100, 2)
    return Decimal(f"{whole}.{part:02}") if is_part else Decimal(whole)


def _boolean(choices: Choices, _shape: Shape, _reading: Reading) -> Value:
    return is_yes(choices)


_BY_TYPE: Mapping[str, Callable[[Choices, Shape, Reading], Value]] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
}
