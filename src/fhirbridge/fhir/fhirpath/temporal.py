"""Dates, times and moments of any precision: read, compared, moved by a duration.

A comparison of two that agree as far as the coarser one goes has no answer (None), and so has one of a moment with a
zone and one without where fourteen hours could turn it.
Source: http://hl7.org/fhirpath/N1/#datetime, #comparison, #datetime-arithmetic
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Kind = Literal["Date", "DateTime", "Time"]
TEMPORAL = ("Date", "DateTime", "Time")


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date, a moment or a time of day.

    `parts` are year, month, day, hour, minute and second (with its fraction), as many as are known, or the last three
    of a time; `zone` is the offset in minutes, None where it is not told; `text` is how it was written.
    """

    kind: Kind
    parts: tuple[int | Decimal, ...]
    zone: int | None
    text: str

    def __str__(self) -> str:
        return self.text


_TEXT = re.compile(
    r"(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?)?)?(T?)(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d{1,20})?))?)?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_LIMITS = ((1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60))


def parse_literal(text: str) -> tuple[str, Temporal | None]:
    """Return System type and value of a literal without its `@`; the value is None where there is no such moment."""
    kind: Kind = "Time" if text.startswith("T") else "DateTime" if "T" in text else "Date"
    return f"System.{kind}", parse_temporal(text.removeprefix("T"), kind)


@lru_cache(maxsize=4096)
def parse_temporal(text: str, kind: str) -> Temporal | None:
    """Return what a text means as a date, moment or time; None where it means none.

    >>> parse_temporal("2026-11-22T09:30:00Z", "DateTime").parts
    (2026, 11, 22, 9, 30, Decimal('0'))
    """
    match = _TEXT.fullmatch("T" + text if kind == "Time" else text)
    if match is None or (match[1] is None) != (kind == "Time") or (kind == "Date" and match[4]):
        return None
    groups = (match[1], match[2], match[3], match[5], match[6], match[7])
    known = [(place, group) for place, group in enumerate(groups) if group is not None]
    parts = tuple(Decimal(group) if place == 5 else int(group) for place, group in known)
    is_whole = all(
        _LIMITS[place][0] <= part <= _LIMITS[place][1] for (place, _), part in zip(known, parts, strict=True)
    )
    has_gap = match[5] is not None and kind == "DateTime" and match[3] is None
    if not parts or not is_whole or has_gap or not _is_day(parts, kind):
        return None
    return Temporal(_KINDS[kind], parts, _offset(match[8]), text)


_KINDS: dict[str, Kind] = {"Date": "Date", "DateTime": "DateTime", "Time": "Time"}


def _is_day(parts: tuple[int | Decimal, ...], kind: str) -> bool:
    return kind == "Time" or len(parts) < 3 or parts[2] <= monthrange(int(parts[0]), int(parts[1]))[1]


def _offset(text: str | None) -> int | None:
    if not text:
        return None
    return 0 if text == "Z" else int(text[0] + "1") * (int(text[1:3]) * 60 + int(text[4:6]))


# -- comparing

_MOST_APART = timedelta(hours=14)


def compare_temporal(left: Temporal, right: Temporal) -> int | None:
    """Return -1, 0 or 1, or None where the two have no order that is known.

    >>> compare_temporal(parse_temporal("2026", "Date"), parse_temporal("2026-02", "Date")) is None
    True
    """
    if (left.kind == "Time") != (right.kind == "Time"):
        return None
    if left.kind != "Time" and min(len(left.parts), len(right.parts)) > 3 and left.zone != right.zone:
        return _compare_zones(left, right)
    return _compare_parts(left.parts, right.parts)


def _compare_parts(left: tuple[int | Decimal, ...], right: tuple[int | Decimal, ...]) -> int | None:
    for one, other in zip(left, right, strict=False):
        if one != other:
            return 1 if one > other else -1
    return 0 if len(left) == len(right) else None


def _compare_zones(left: Temporal, right: Temporal) -> int | None:
    if left.zone is not None and right.zone is not None:
        return _compare_parts(_in_utc(left), _in_utc(right))
    apart = _moment(left) - _moment(right)
    if abs(apart) <= _MOST_APART:
        return None
    return 1 if apart > timedelta() else -1


def _moment(value: Temporal) -> datetime:
    """Return the start of what is known, in UTC where a zone is told, without a zone of its own."""
    whole = [*(int(part) for part in value.parts), *(1, 1, 1, 0, 0, 0)[len(value.parts) :]]
    moment = datetime(whole[0], whole[1], whole[2], whole[3], whole[4])  # noqa: DTZ001 (its zone is put to nought)
    return _moved(moment, timedelta(minutes=-(value.zone or 0), seconds=whole[5]))


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def _in_utc(value: Temporal) -> tuple[int | Decimal, ...]:
    moment = _moment(value)
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute)
    return (*parts[: len(value.parts)], *value.parts[5:])


# -- moving

_STEPS = ("year", "month", "day", "hour", "minute", "second")
_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_OTHER = {"week": ("day", Decimal(7)), "millisecond": ("second", Decimal("0.001"))}
_COARSER = {
    "second": ("minute", 60),
    "minute": ("hour", 60),
    "hour": ("day", 24),
    "day": ("month", 30),
    "month": ("year", 12),
}


def move(value: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    """Return the value moved by an amount of a calendar unit, at its own precision; None past the first or last year.

    >>> str(move(parse_temporal("2024-02-29", "Date"), Decimal(1), "year"))
    '2025-02-28'
    """
    unit, factor = _OTHER.get(unit, (unit, Decimal(1)))
    amount *= factor
    if unit != "second":
        amount = Decimal(int(amount))
    if value.kind == "Time":
        return _move_time(value, amount, unit)
    while _STEPS.index(unit) >= len(value.parts):
        unit, size = _COARSER[unit]
        amount = Decimal(int(amount / size))
    if unit in ("year", "month"):
        return _move_months(value, int(amount) * (12 if unit == "year" else 1))
    try:
        return _move_seconds(value, amount * _SECONDS[unit])
    except OverflowError:
        return None


def _move_months(value: Temporal, months: int) -> Temporal | None:
    month = int(value.parts[1]) if len(value.parts) > 1 else 1
    year, month = divmod(int(value.parts[0]) * 12 + month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    days = tuple(min(int(day), monthrange(year, month + 1)[1]) for day in value.parts[2:3])
    return _shown(replace(value, parts=(year, month + 1, *days, *value.parts[3:])[: len(value.parts)]))


def _move_seconds(value: Temporal, seconds: Decimal) -> Temporal:
    whole = [*(int(part) for part in value.parts[:5]), 0, 0][:5]
    fraction = Decimal(value.parts[5]) if len(value.parts) > 5 else Decimal(0)
    minutes = (fraction + seconds) // 60 if fraction + seconds >= 0 else -((-(fraction + seconds) + 59) // 60)
    start = datetime(whole[0], whole[1], whole[2], whole[3], whole[4])  # noqa: DTZ001 (the zone does not change)
    moment = start + timedelta(minutes=int(minutes))
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, fraction + seconds - minutes * 60)
    return _shown(replace(value, parts=parts[: len(value.parts)]))


def _move_time(value: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    if unit not in _SECONDS or unit == "day":
        return None
    seconds = sum(Decimal(part) * size for part, size in zip(value.parts, (3600, 60, 1), strict=False))
    total = (seconds + amount * _SECONDS[unit]) % 86400
    total = total + 86400 if total < 0 else total
    parts = (int(total // 3600), int(total % 3600 // 60), total % 60)
    return _shown(replace(value, parts=parts[: len(value.parts)]))


def _shown(value: Temporal) -> Temporal:
    """Return the value with the text that its parts have."""
    texts = [f"{int(part):02d}" for part in value.parts]
    if value.kind == "Time":
        return replace(value, text=_clock(value.parts, texts))
    texts[0] = f"{int(value.parts[0]):04d}"
    text = "-".join(texts[:3])
    if len(texts) > 3:
        text += "T" + _clock(value.parts[3:], texts[3:]) + _zone_text(value.zone)
    return replace(value, text=text)


def _clock(parts: tuple[int | Decimal, ...], texts: list[str]) -> str:
    if len(parts) < 3:
        return ":".join(texts)
    places = max(0, -int(Decimal(parts[2]).as_tuple().exponent))
    return ":".join((*texts[:2], f"{parts[2]:0{places + 3 if places else 2}.{places}f}"))


def _zone_text(zone: int | None) -> str:
    if zone is None:
        return ""
    return "Z" if zone == 0 else f"{'+' if zone > 0 else '-'}{abs(zone) // 60:02d}:{abs(zone) % 60:02d}"


# -- the ends of what a partial value covers

_LOW = (1, 1, 1, 0, 0, Decimal("0.000"))
_HIGH = (9999, 12, 31, 23, 59, Decimal("59.999"))


def boundary(value: Temporal, digits: int | None = None, *, is_high: bool) -> Temporal | None:
    """Return the first or last instant that a value covers, a date as a day; a zone not told is the widest one.

    `digits` are those of the answer: 4 a year, 6 a month, 8 a day, 17 a moment, 9 a time; None where it has others.
    """
    whole = {"Date": 3, "DateTime": 6, "Time": 3}[value.kind]
    count = whole if digits is None else _PARTS[value.kind].get(digits)
    if count is None:
        return None
    ends = (_HIGH if is_high else _LOW)[3 if value.kind == "Time" else 0 :]
    parts = [*value.parts, *ends[len(value.parts) : whole]]
    if value.kind != "Time" and len(value.parts) < 3 and is_high:
        parts[2] = monthrange(int(parts[0]), int(parts[1]))[1]
    if value.kind == "DateTime" and value.zone is None:
        value = replace(value, zone=-720 if is_high else 840)
    return _shown(replace(value, parts=tuple(parts[:count])))


_PARTS: dict[str, dict[int, int]] = {
    "Date": {4: 1, 6: 2, 8: 3},
    "DateTime": {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6},
    "Time": {2: 1, 4: 2, 6: 3, 9: 3},
}
