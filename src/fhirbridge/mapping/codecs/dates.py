"""Dates, times and periods. Partial dates stay partial; a time without a zone takes the map's.

Laws of this file: a time that the clocks leap over does not exist; one that they show twice is the first of the two;
nothing is cut off unless the map says `cut`.
Source: http://hl7.org/fhir/R4/datatypes.html#date, #dateTime, #Period
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fhirbridge.mapping.codecs.spec import CodecError, Context, Value, expect, same_after
from fhirbridge.mapping.model import Codec
from fhirbridge.times import is_date, is_date_time

_FIELDS = ("YYYY", "MM", "DD", "hh", "mm", "ss")
_FIELD = re.compile("|".join(_FIELDS))
_DATE_FIELDS = ("DD", "MM", "YYYY")
_WRITTEN_FIELDS = {
    "date": (_DATE_FIELDS,),
    "datetime": ((*_DATE_FIELDS, "hh", "mm"), (*_DATE_FIELDS, "hh", "mm", "ss")),
}
_EXPECTED_DATE = "expected a date that exists: YYYY, YYYY-MM or YYYY-MM-DD"
_FRACTION = re.compile(r"\.([0-9]+)", re.ASCII)
_MINUTE, _WIDEST = timedelta(minutes=1), timedelta(hours=14)
"""What FHIR can write of an offset: whole minutes, fourteen hours at most. Old local times had others."""
CUT = "cut"
"""The argument that lets a format drop the seconds it has no place for."""


def is_date_format(codec: str, written: str) -> bool:
    """Say whether a format names each field of a date, or of a date and time, once, and no letter or % besides.

    >>> is_date_format("date", "DD.MM.YYYY"), is_date_format("date", "dd.mm.yyyy"), is_date_format("date", "%d.%m.%Y")
    (True, False, False)
    """
    rest = _FIELD.sub("", written)
    complete = tuple(sorted(_FIELD.findall(written))) in _WRITTEN_FIELDS[codec]
    return complete and "%" not in rest and not any(character.isalnum() for character in rest)


@lru_cache(maxsize=256)
def _layout(written: str) -> re.Pattern[str]:
    """Return what a text in an analyst's format looks like, each field a group of its own name."""
    parts = re.split(f"({_FIELD.pattern})", written)
    whole = (f"(?P<{part}>[0-9]{{{len(part)}}})" if part in _FIELDS else re.escape(part) for part in parts)
    return re.compile("".join(whole), re.ASCII)


def _written(moment: datetime, written: str) -> str:
    """Return the moment as an analyst's format writes it; strftime leaves out the zeros of early years."""
    fields = {
        "YYYY": f"{moment.year:04}",
        "MM": moment.month,
        "DD": moment.day,
        "hh": moment.hour,
        "mm": moment.minute,
        "ss": moment.second,
    }
    return _FIELD.sub(lambda match: f"{fields[match[0]]:0>2}", written)


def _parsed(value: Value, written: str) -> datetime:
    """Return the moment that a text in an analyst's format names; only a text that comes back the same is taken."""
    match = _layout(written).fullmatch(expect(value, str, f"a date as text, written {written}"))
    if match is None:
        raise CodecError("FB304", f"expected a date that exists, written {written}")
    found = {name: int(digits) for name, digits in match.groupdict().items()}
    time = (found.get("hh", 0), found.get("mm", 0), found.get("ss", 0))
    try:
        return datetime(found["YYYY"], found["MM"], found["DD"], *time)  # noqa: DTZ001  # the caller puts the zone on
    except ValueError:
        raise CodecError("FB304", f"expected a date that exists, written {written}") from None


def _zoned(moment: datetime, zone: str) -> datetime:
    """Return the moment in a zone; a local time that the clocks leap over does not exist there."""
    local = moment.replace(tzinfo=ZoneInfo(zone))
    offset = local.utcoffset() or timedelta()
    has_offset = not offset % _MINUTE and abs(offset) <= _WIDEST
    if not has_offset or (_is_near_change(local, offset) and _as_shown(local) != moment):
        raise CodecError("FB304", f"expected a time that the clocks of {zone} show")
    return local


def _is_near_change(local: datetime, offset: timedelta) -> bool:
    """Say whether the clocks are put on or back at a local time, or the calendar begins or ends."""
    return local.replace(fold=1).utcoffset() != offset or not MINYEAR < local.year < MAXYEAR


def _as_shown(local: datetime) -> datetime:
    """Return what the clocks show at the instant of a local time."""
    try:
        return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None)
    except OverflowError:
        raise CodecError("FB304", "expected a year that has a calendar in every zone") from None


def _fhir_date(value: Value) -> str:
    text: str = expect(value, str, "a date as text")
    if not (text.isascii() and is_date(text)):
        raise CodecError("FB304", _EXPECTED_DATE)
    return text


def _to_date(value: Value, written: str) -> str:
    return _parsed(value, written).date().isoformat() if written else _fhir_date(value)


def _from_date(value: Value, written: str) -> str:
    text = _fhir_date(value)
    if not written:
        return text
    if len(text) != len("YYYY-MM-DD"):
        raise CodecError("FB304", f"a partial date cannot be written as {written}")
    return _written(datetime.fromisoformat(text), written)


def date_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a FHIR date."""
    return _to_date(value, codec.arguments[0] if codec.arguments else "")


def date_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a date as the partner writes it."""
    return _from_date(value, codec.arguments[0] if codec.arguments else "")


# -- date and time


def _to_moment(value: Value, written: str, zone: str) -> str:
    if written:
        return _zoned(_parsed(value, written), zone).isoformat()
    text: str = expect(value, str, "a date and time as text")
    if not (text.isascii() and is_date_time(text, zone_required=False)):
        raise CodecError("FB304", "expected a date, or date and time: YYYY-MM-DDThh:mm:ss+hh:mm")
    if is_date_time(text):
        return text
    if not zone:
        raise CodecError("FB304", "the time has no zone and the map names none")
    return text + _zoned(_moment(text).replace(microsecond=0), zone).isoformat()[-len("+hh:mm") :]


def _from_moment(value: Value, written: str, zone: str, *, cut: bool) -> str:
    text: str = expect(value, str, "a date and time as text")
    if not (text.isascii() and is_date_time(text)):
        raise CodecError("FB304", "expected a date, or date and time with zone")
    if not written:
        return text
    if "T" not in text:
        raise CodecError("FB304", f"a date without a time cannot be written as {written}")
    try:
        local = _moment(text).astimezone(ZoneInfo(zone))
    except OverflowError:
        raise CodecError("FB304", "expected a year that has a calendar in every zone") from None
    if local.fold:
        raise CodecError("FB304", f"the clocks of {zone} show this time twice, and {written} cannot say which is meant")
    if not cut and (_fraction(text) or (local.second and "ss" not in written)):
        hint = "" if "ss" in written else "; add ss to the format, or the word cut behind it"
        raise CodecError("FB304", f"the time is finer than {written} can say{hint}")
    return _written(local, written)


def _moment(text: str) -> datetime:
    """Return the moment that a checked dateTime names, to the second: Python's clock has fewer digits than FHIR."""
    return datetime.fromisoformat(_FRACTION.sub("", text))


def _fraction(text: str) -> str:
    """Return the digits behind the seconds that count."""
    match = _FRACTION.search(text)
    return match[1].rstrip("0") if match else ""


def datetime_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a FHIR dateTime with a zone, or a partial date; an instant is never partial."""
    text = _to_moment(value, codec.arguments[0] if codec.arguments else "", codec.zone)
    if codec.right_type == "instant" and "T" not in text:
        raise CodecError("FB304", "expected a date and time, not a date alone")
    return text


def datetime_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a date and time as the partner writes it, on the clocks of the map's zone."""
    written = codec.arguments[0] if codec.arguments else ""
    return _from_moment(value, written, codec.zone, cut=CUT in codec.arguments[1:])


def is_same_datetime(one: Value, other: Value, codec: Codec, context: Context) -> bool:
    """Say whether two left values name one instant; partial dates are the same only as they stand."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    try:
        return one == other or _instant(datetime_right(one, codec, context)) == _instant(
            datetime_right(other, codec, context)
        )
    except CodecError:
        return False


def _instant(text: str) -> tuple[object, str]:
    return (_moment(text), _fraction(text)) if "T" in text else (text, "")


is_same_date = same_after(date_right)

# -- periods


def _format_of(codec: Codec) -> str:
    return codec.arguments[2] if len(codec.arguments) > 2 else ""


def period_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a Period of the two fields; a field that is not there is left out."""
    fields = expect(value, dict, "an object with the fields of a period")
    written = _format_of(codec)
    has_time = not written or is_date_format("datetime", written)
    found = {pair.element: fields.get(pair.field) for pair in codec.fields}
    return {
        element: _to_moment(point, written, codec.zone) if has_time else _to_date(point, written)
        for element, point in found.items()
        if point is not None
    }


def period_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the object with the start and end of a Period."""
    period = expect(value, dict, "a Period")
    written, cut = _format_of(codec), CUT in codec.arguments[3:]
    has_time = not written or is_date_format("datetime", written)
    found = {pair.field: period.get(pair.element) for pair in codec.fields}
    return {
        name: _from_moment(point, written, codec.zone, cut=cut) if has_time else _from_date(point, written)
        for name, point in found.items()
        if point is not None
    }


def is_same_period(one: Value, other: Value, codec: Codec, context: Context) -> bool:
    """Say whether two left objects name one start and one end."""
    try:
        first, second = period_right(one, codec, context), period_right(other, codec, context)
        return {name: _instant(text) for name, text in first.items()} == {
            name: _instant(text) for name, text in second.items()
        }
    except CodecError:
        return False
