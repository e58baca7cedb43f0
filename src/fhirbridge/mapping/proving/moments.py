"""Generated days and moments, as FHIR or as an analyst's format writes them.

Laws of this file: every day exists; no moment is one that some zone's clocks leap over or show twice.
"""

from __future__ import annotations

from datetime import date

from fhirbridge.mapping.proving.choices import Choices, picks

_SOME_DAY = date(2026, 11, 22).toordinal()
_NEAR_DAYS = 60
_ODD_DAYS = ("2024-02-29", "1900-03-01", "1968-01-01", "1999-12-31", "0987-06-05", "9998-12-31")
_ZONES = ("Z", "-05:00", "+05:30", ".120Z")
_PRECISIONS = (10, 10, 7, 4)


def _any_day(number: int) -> date:
    """Return mostly a day near now, and sometimes one from a far year, a leap day, or the end of a century."""
    if number < _NEAR_DAYS:
        return date.fromordinal(_SOME_DAY + number)
    return date.fromisoformat(_ODD_DAYS[(number - _NEAR_DAYS) % len(_ODD_DAYS)])


def any_date(choices: Choices, form: str) -> str:
    """Return a day in a format; without one a FHIR date, sometimes a partial one."""
    number, precision = picks(choices, 2 * _NEAR_DAYS, len(_PRECISIONS))
    day = _any_day(number)
    return written(day, form) if form else day.isoformat()[: _PRECISIONS[precision]]


def any_moment(choices: Choices, form: str, *, is_whole: bool = False) -> str:
    """Return a time between 05:00 and 23:59: no zone's clocks leap over those, or show them twice.

    Args:
        is_whole: never a date alone.
    """
    hour, minute, second = picks(choices, 19, 60, 60)
    number, zone, precision = picks(choices, 2 * _NEAR_DAYS, len(_ZONES), 1 if is_whole else 2 * len(_PRECISIONS))
    if form:
        return written(date.fromordinal(_SOME_DAY + number), form, (5 + hour, minute, second))
    day = _any_day(number).isoformat()
    if precision >= len(_PRECISIONS):
        return day[: _PRECISIONS[precision - len(_PRECISIONS)]]
    return f"{day}T{5 + hour:02}:{minute:02}:{second:02}{_ZONES[zone]}"


def written(day: date, form: str, time: tuple[int, int, int] = (0, 0, 0)) -> str:
    """Return a day, or a moment, as an analyst's format writes it.

    >>> written(date(2026, 11, 22), "DD.MM.YYYY hh:mm", (9, 5, 0))
    '22.11.2026 09:05'
    """
    fields = {"YYYY": f"{day.year:04}", "MM": f"{day.month:02}", "DD": f"{day.day:02}"}
    fields |= {name: f"{part:02}" for name, part in zip(("hh", "mm", "ss"), time, strict=True)}
    for name, text in fields.items():
        form = form.replace(name, text)
    return form
