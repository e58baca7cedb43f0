"""The codecs: how one value becomes another, both ways. A table from name to what it takes and does.

Laws of this file: a codec that cannot translate raises, it never guesses; messages speak of shapes, never of values;
`to_left(to_right(v))` is `v` up to what the codec's text names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from fhirbridge.ids import key_system, stable_id
from fhirbridge.mapping.model import Codec, Reference
from fhirbridge.times import is_date, is_date_time

Value = Any


@dataclass(frozen=True, slots=True)
class Context:
    """What a map may know beside the tree: who sent it, and resource ids already given.

    `known` maps (resource type, identifier system, value) to the id of a resource that exists.
    """

    source: str
    known: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def resource_id(self, type_: str, system: str, value: str) -> str:
        """Return the id of the resource with this business identifier: the known one, or one made from it."""
        return self.known.get((type_, system, value)) or stable_id(self.source, type_, system, value)


class CodecError(ValueError):
    """The value does not fit the codec. The code is one of FB301..FB309; the text says what was expected."""

    def __init__(self, code: str, expected: str) -> None:
        super().__init__(expected)
        self.code = code


_SURROGATE = re.compile("[\ud800-\udfff]")


def is_key(value: Value) -> TypeGuard[str]:
    """Say whether a value can be a business key: text, not empty, that UTF-8 can hold."""
    return isinstance(value, str) and bool(value) and not _SURROGATE.search(value)


def _expect(value: Value, kind: type, name: str) -> Value:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CodecError("FB301", f"expected {name}")
    return value


# -- text and numbers ------------------------------------------------------------------------------------------------


def _copy(value: Value, _codec: Codec, _context: Context) -> Value:
    return value


def _verbatim(value: Value, _codec: Codec, _context: Context) -> Value:
    return _expect(value, str, "text")


def _integer_right(value: Value, _codec: Codec, _context: Context) -> Value:
    if not re.fullmatch(r"-?[0-9]{1,9}", _expect(value, str, "a whole number as text")):
        raise CodecError("FB308", "expected a whole number of at most 9 digits")
    return int(value)


def _integer_left(value: Value, _codec: Codec, _context: Context) -> Value:
    return str(_expect(value, int, "a whole number"))


def _flag_right(value: Value, codec: Codec, _context: Context) -> Value:
    if value not in codec.arguments:
        raise CodecError("FB308", f"expected {' or '.join(codec.arguments)}")
    return value == codec.arguments[0]


def _flag_left(value: Value, codec: Codec, _context: Context) -> Value:
    return codec.arguments[0 if _expect(value, bool, "true or false") else 1]


def _quantity_right(value: Value, codec: Codec, _context: Context) -> Value:
    unit = codec.arguments[0]
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        raise CodecError("FB301", "expected a number")
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _quantity_left(value: Value, codec: Codec, _context: Context) -> Value:
    if _expect(value, dict, "a quantity").get("code") != codec.arguments[0]:
        raise CodecError("FB301", f"expected a quantity in unit {codec.arguments[0]}")
    return value.get("value")


# -- dates -----------------------------------------------------------------------------------------------------------

_FIELDS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M"}
_FIELD = re.compile("|".join(_FIELDS))
_DATE_FIELDS, _TIME_FIELDS = ("DD", "MM", "YYYY"), ("DD", "MM", "YYYY", "hh", "mm")
_WRITTEN_FIELDS = {"date": _DATE_FIELDS, "datetime": _TIME_FIELDS}
_EXPECTED_DATE = "expected a date that exists: YYYY, YYYY-MM or YYYY-MM-DD"


def is_date_format(codec: str, written: str) -> bool:
    """Say whether a format names each field of a date, or of a date and time, once, and no letter or % besides.

    >>> is_date_format("date", "DD.MM.YYYY"), is_date_format("date", "dd.mm.yyyy"), is_date_format("date", "%d.%m.%Y")
    (True, False, False)
    """
    rest = _FIELD.sub("", written)
    complete = tuple(sorted(_FIELD.findall(written))) == _WRITTEN_FIELDS[codec]
    return complete and "%" not in rest and not any(character.isalnum() for character in rest)


def date_pattern(written: str) -> str:
    """Return the strptime pattern of a date format as analysts write it.

    >>> date_pattern("MM/DD/YYYY"), date_pattern("DD.MM.YYYY hh:mm")
    ('%m/%d/%Y', '%d.%m.%Y %H:%M')
    """
    return _FIELD.sub(lambda match: _FIELDS[match[0]], written)


def _written(moment: datetime, written: str) -> str:
    """Return the moment as an analyst's format writes it; strftime leaves out the zeros of early years."""
    fields = {"YYYY": f"{moment.year:04}", "MM": moment.month, "DD": moment.day, "hh": moment.hour, "mm": moment.minute}
    return _FIELD.sub(lambda match: f"{fields[match[0]]:0>2}", written)


def _parsed(value: Value, written: str) -> datetime:
    """Return the moment that a text in an analyst's format names; only a text that comes back the same is taken."""
    expected = f"expected a date that exists, written {written}"
    text = _expect(value, str, f"a date as text, written {written}")
    if len(text) != len(written):
        raise CodecError("FB304", expected)
    try:
        moment = datetime.strptime(text, date_pattern(written))  # noqa: DTZ007  # the zone is the map's, put on by the caller
    except ValueError:
        raise CodecError("FB304", expected) from None
    if _written(moment, written) != text:
        raise CodecError("FB304", expected)
    return moment


def _zoned(moment: datetime, zone: str) -> datetime:
    """Return the moment in a zone; a local time that the clocks leap over does not exist there."""
    local = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
    except OverflowError:
        raise CodecError("FB304", "expected a year that has a calendar in every zone") from None
    if there_and_back.replace(tzinfo=None) != moment or not is_date_time(local.isoformat()):
        raise CodecError("FB304", f"expected a time that the clocks of {zone} show")
    return local


def _fhir_date(value: Value) -> str:
    text: str = _expect(value, str, "a date as text")
    if not (text.isascii() and is_date(text)):
        raise CodecError("FB304", _EXPECTED_DATE)
    return text


def _date_right(value: Value, codec: Codec, _context: Context) -> Value:
    if codec.arguments:
        return _parsed(value, codec.arguments[0]).date().isoformat()
    return _fhir_date(value)


def _date_left(value: Value, codec: Codec, _context: Context) -> Value:
    text = _fhir_date(value)
    if not codec.arguments:
        return text
    if len(text) != len("YYYY-MM-DD"):
        raise CodecError("FB304", f"a partial date cannot be written as {codec.arguments[0]}")
    return _written(datetime.fromisoformat(text), codec.arguments[0])


def _datetime_right(value: Value, codec: Codec, _context: Context) -> Value:
    if codec.arguments:
        return _zoned(_parsed(value, codec.arguments[0]), codec.zone).isoformat()
    text = _expect(value, str, "a date and time as text")
    if not (text.isascii() and is_date_time(text, zone_required=False)):
        raise CodecError("FB304", "expected a date, or date and time: YYYY-MM-DDThh:mm:ss+hh:mm")
    if is_date_time(text):
        return text
    if not codec.zone:
        raise CodecError("FB304", "the time has no zone and the map names none")
    return text + _zoned(_moment(text).replace(microsecond=0), codec.zone).isoformat()[-len("+hh:mm") :]


def _datetime_left(value: Value, codec: Codec, _context: Context) -> Value:
    text = _expect(value, str, "a date and time as text")
    if not (text.isascii() and is_date_time(text)):
        raise CodecError("FB304", "expected a date, or date and time with zone")
    if not codec.arguments:
        return text
    if "T" not in text:
        raise CodecError("FB304", f"a date without a time cannot be written as {codec.arguments[0]}")
    try:
        return _written(_moment(text).astimezone(ZoneInfo(codec.zone)), codec.arguments[0])
    except OverflowError:
        raise CodecError("FB304", "expected a year that has a calendar in every zone") from None


def _moment(text: str) -> datetime:
    """Return the moment that a checked dateTime names; FHIR admits second 60, which Python's clock has not."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CodecError("FB304", "expected seconds from 00 to 59") from None


# -- codes -----------------------------------------------------------------------------------------------------------


MAX_CODES_NAMED = 16


def _no_code(codec: Codec, codes: Iterable[str]) -> CodecError:
    """Return the error of a code that no table has; the table's own codes are named where they are few."""
    known = sorted(codes)
    named = f": {', '.join(known)}" if len(known) <= MAX_CODES_NAMED else ""
    return CodecError("FB303", f"expected a code of table {codec.arguments[0]}{named}")


def _code_right(value: Value, codec: Codec, _context: Context) -> Value:
    text = _expect(value, str, "a code as text")
    row = codec.table.forward.get(text) if codec.table else None
    if row is None and codec.default and codec.table:
        row = codec.table.forward.get(codec.default)
    if row is None:
        if codec.reject or codec.right_type != "CodeableConcept":
            raise _no_code(codec, codec.table.forward if codec.table else ())
        return {"text": text}
    coding = {"system": row.system, "code": row.target, "display": row.display}
    coding = {key: item for key, item in coding.items() if item}
    if codec.right_type == "CodeableConcept":
        return {"coding": [coding]}
    return coding if codec.right_type == "Coding" else row.target


def _codings(value: Value) -> list[tuple[Value, Value]]:
    """Return (system, code) of each coding in a CodeableConcept, Coding or code; a code alone has the system None."""
    if not isinstance(value, dict):
        return [(None, value)]
    codings = value.get("coding", [value])
    found = [coding for coding in codings if isinstance(coding, dict)] if isinstance(codings, list) else []
    return [(coding.get("system", ""), coding.get("code", "")) for coding in found]


def _code_left(value: Value, codec: Codec, _context: Context) -> Value:
    for system, code in _codings(value):
        is_text = isinstance(code, str) and (system is None or isinstance(system, str))
        row = codec.table.find_back(system, code) if codec.table and is_text else None
        if row:
            return row.source
    if not codec.reject and isinstance(value, dict) and value.get("text"):
        return _expect(value["text"], str, "a text")
    raise _no_code(codec, (code for _, code in codec.table.backward) if codec.table else ())


def _concept_right(value: Value, _codec: Codec, _context: Context) -> Value:
    coded = _expect(value, dict, "an object with text, code, system")
    coding = {key: coded[key] for key in ("system", "code") if coded.get(key)}
    return {"coding": [coding], "text": coded.get("text")} if coding else {"text": coded.get("text")}


def _concept_left(value: Value, _codec: Codec, _context: Context) -> Value:
    codings = _expect(value, dict, "a CodeableConcept").get("coding", [])
    coding: Any = codings[0] if isinstance(codings, list) and codings else {}
    if not isinstance(coding, dict):
        raise CodecError("FB301", "expected a list of codings")
    coded = {
        "text": value.get("text") or coding.get("display"),
        "code": coding.get("code"),
        "system": coding.get("system"),
    }
    return {key: item for key, item in coded.items() if item}


# -- references ------------------------------------------------------------------------------------------------------


def _reference(codec: Codec) -> Reference:
    if codec.reference is None:
        raise CodecError("FB307", "the reference names no target")
    return codec.reference


def _ref_right(value: Value, codec: Codec, context: Context) -> Value:
    reference = _reference(codec)
    fields = value if isinstance(value, dict) else {}
    key = fields.get(reference.key_field) if reference.key_field else value
    system = (
        fields.get(reference.system_field) if reference.system_field else key_system(context.source, reference.keyed)
    )
    if not (is_key(key) and is_key(system)):
        raise CodecError("FB302", "expected the key of what is referred to")
    target = f"{reference.type}/{context.resource_id(reference.type, system, key)}"
    return {"reference": target, "identifier": {"system": system, "value": key}}


def _ref_left(value: Value, codec: Codec, context: Context) -> Value:
    reference = _reference(codec)
    identifier = _expect(value, dict, "a Reference").get("identifier")
    carried = identifier if isinstance(identifier, dict) else {}
    key, system = carried.get("value"), carried.get("system")
    if not is_key(key):
        raise CodecError("FB307", "expected a Reference that carries the business identifier")
    if reference.system_field:
        return {reference.key_field: key, reference.system_field: system}
    if system != key_system(context.source, reference.keyed):
        raise CodecError("FB307", f"expected an identifier of system {key_system(context.source, reference.keyed)}")
    return {reference.key_field: key} if reference.key_field else key


# -- the table -------------------------------------------------------------------------------------------------------

Translate = Callable[[Value, Codec, Context], Value]


@dataclass(frozen=True, slots=True)
class CodecSpec:
    """What a codec takes on each side (JSON types, FHIR types or `any`), its arguments, and its two functions."""

    lefts: frozenset[str]
    rights: frozenset[str]
    arguments: tuple[int, int]
    to_right: Translate
    to_left: Translate
    text: str
    usage: str = ""


_ANY = frozenset({"any"})
_TEXT = frozenset({"string"})

CODECS: dict[str, CodecSpec] = {
    "copy": CodecSpec(_ANY, _ANY, (0, 0), _copy, _copy, "the same value"),
    "verbatim": CodecSpec(_TEXT, _TEXT, (0, 0), _verbatim, _verbatim, "the client's words, never changed"),
    "date": CodecSpec(
        _TEXT, _TEXT, (0, 1), _date_right, _date_left, "a date; partial dates stay partial", "date, or date DD.MM.YYYY"
    ),
    "datetime": CodecSpec(
        _TEXT,
        _TEXT,
        (0, 1),
        _datetime_right,
        _datetime_left,
        "a date and time; the zone is the map's",
        'datetime, or datetime "DD.MM.YYYY hh:mm"',
    ),
    "integer": CodecSpec(
        _TEXT, frozenset({"integer"}), (0, 0), _integer_right, _integer_left, "a number written as text"
    ),
    "flag": CodecSpec(
        _TEXT, frozenset({"boolean"}), (2, 2), _flag_right, _flag_left, "two words for true and false", "flag YES NO"
    ),
    "quantity": CodecSpec(
        frozenset({"integer", "number"}),
        frozenset({"Quantity", "Duration", "SimpleQuantity"}),
        (1, 1),
        _quantity_right,
        _quantity_left,
        "a number with a UCUM unit",
        "quantity d",
    ),
    "code": CodecSpec(
        _TEXT,
        frozenset({"string", "CodeableConcept", "Coding"}),
        (1, 3),
        _code_right,
        _code_left,
        "a code by table",
        "code TABLE, or code TABLE else CODE",
    ),
    "concept": CodecSpec(
        frozenset({"object"}),
        frozenset({"CodeableConcept"}),
        (0, 0),
        _concept_right,
        _concept_left,
        "words with a code",
    ),
    "ref": CodecSpec(
        frozenset({"string", "object"}),
        frozenset({"Reference"}),
        (1, 5),
        _ref_right,
        _ref_left,
        "a reference by key",
        "ref BLOCK, ref TYPE keyed NAME, or ref TYPE by FIELD in FIELD",
    ),
}
