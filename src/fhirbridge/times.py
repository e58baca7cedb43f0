"""FHIR dates and the clock. Partial dates stay partial; instants are aware and UTC.

Source: http://hl7.org/fhir/R4/datatypes.html#date, #dateTime, #instant
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware and UTC; passed in, never called at import."""

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?",
    re.ASCII,
)


def utc_now() -> datetime:
    """Return the present moment, aware and UTC."""
    return datetime.now(UTC)


def is_date(text: str) -> bool:
    """Say whether the text is a FHIR date: a year, a month or a day that exists.

    >>> [is_date(t) for t in ("2026", "2026-02", "2026-02-28", "2026-02-30", "26-2-1")]
    [True, True, True, False, False]
    """
    match = _DATE.fullmatch(text)
    if not match or match[1] == "0000":
        return False
    month, day = int(match[2] or 1), int(match[3] or 1)
    return 1 <= month <= 12 and 1 <= day <= monthrange(int(match[1]), month)[1]


def is_date_time(text: str, *, zone_required: bool = True) -> bool:
    """Say whether the text is a FHIR dateTime: a FHIR date, or a day with time and zone.

    R4 lets a leap second be written as :60; it is refused here, since no part of the program can hold one.

    >>> is_date_time("2026-11-22T09:30:00Z"), is_date_time("2026-11-22T09:30:00"), is_date_time("2026-11")
    (True, False, True)
    """
    match = _DATE_TIME.fullmatch(text)
    if not match:
        return is_date(text)
    return is_date(match[1]) and (match[6] is not None or not zone_required)


def parse_instant(text: str) -> datetime:
    """Return the moment that an ISO 8601 text with a zone names, in UTC.

    Raises:
        ValueError: the text is no instant or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(UTC)


def format_instant(moment: datetime) -> str:
    """Return an aware moment as a FHIR instant in UTC, to the millisecond.

    >>> format_instant(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    '2026-11-22T09:30:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_day(text: str) -> date:
    """Return the first day that a FHIR date or dateTime covers.

    >>> first_day("2026-02"), first_day("2026-02-14T10:00:00Z")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 14))
    """
    year, month, day = [*text[:10].split("-"), "01", "01"][:3]
    return date(int(year), int(month), int(day))


def last_day(text: str) -> date:
    """Return the last day that a FHIR date or dateTime covers.

    >>> last_day("2026-02"), last_day("2026")
    (datetime.date(2026, 2, 28), datetime.date(2026, 12, 31))
    """
    parts = [int(part) for part in text[:10].split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])
