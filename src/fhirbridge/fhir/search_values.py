"""How an element becomes search values: tokens, references, folded strings, date ranges.

Source: http://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fhirbridge.fhir.references import find_literal

EARLIEST, LATEST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
"""What an open end of a period stands for."""


class IndexValue(NamedTuple):
    """One search value.

    kind `token`: a = system or "", b = code; `reference`: a = "Type/id" or absolute URL; `string`: a = folded text;
    `date`: a = first and b = last instant covered, both `YYYY-MM-DDThh:mm:ssZ`. A uri is a token without a system.
    """

    param: str
    kind: str
    a: str
    b: str = ""


def fold(text: str) -> str:
    """Return a text as strings are compared: no case, no accents, single spaces.

    >>> fold("  Núñez-O'Brien  ")
    "nunez-o'brien"
    """
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(plain).casefold().split())


_DATE_TIME = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)


def find_date_range(text: str) -> tuple[str, str] | None:
    """Return the first and last second that a date or date-time covers, in UTC, or None for any other text.

    A day without a zone is taken as a day in UTC.

    >>> find_date_range("2024-02")
    ('2024-02-01T00:00:00Z', '2024-02-29T23:59:59Z')
    >>> find_date_range("2026-11-22T09:30:00+01:00")
    ('2026-11-22T08:30:00Z', '2026-11-22T08:30:00Z')
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    try:
        return _instant(match, last=False), _instant(match, last=True)
    except (ValueError, OverflowError):
        return None


def _instant(match: re.Match[str], *, last: bool) -> str:
    year, month = int(match["year"]), int(match["month"] or (12 if last else 1))
    day = int(match["day"] or (monthrange(year, month)[1] if last else 1))
    clock = (
        f"{match['hour'] or '23'}:{match['minute'] or '59'}"
        if last
        else f"{match['hour'] or '00'}:{match['minute'] or '00'}"
    )
    second = match["second"] or ("59" if last else "00")
    zone = match["zone"] or "+00:00"
    second = "59" if second == "60" else second  # FHIR allows a leap second, Python's clock has none
    moment = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{clock}:{second}{zone}").astimezone(UTC)
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%SZ}"


# -- one function for each type of search parameter: name, FHIR type, value in; search values out

Converter = Callable[[str, str, Any], Iterator[IndexValue]]


def _tokens(name: str, type_: str, value: Any) -> Iterator[IndexValue]:
    for system, code in _iter_codes(type_, value):
        if isinstance(code, str) and code and isinstance(system, str):
            yield IndexValue(name, "token", system, code)


def _iter_codes(type_: str, value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield system and code of an element as tokens have them."""
    if isinstance(value, bool):
        yield "", str(value).lower()
    elif isinstance(value, str):
        yield "", value
    elif isinstance(value, dict):
        system, code = _PARTS.get(type_, ("", ""))
        for part in _dicts(value.get("coding")) if type_ == "CodeableConcept" else [value]:
            yield (part.get(system, "") if system else ""), part.get(code)


_PARTS = {
    "CodeableConcept": ("system", "code"),
    "Coding": ("system", "code"),
    "Identifier": ("system", "value"),
    "ContactPoint": ("", "value"),
}


def _references(name: str, type_: str, value: Any) -> Iterator[IndexValue]:
    text = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.startswith("#"):
        return
    literal = find_literal(text) if type_ == "Reference" else None
    if literal is None:
        yield IndexValue(name, "reference", text.partition("|")[0])
    else:
        yield IndexValue(name, "reference", f"{literal.base}/{literal.key}" if literal.base else literal.key)


def _strings(name: str, type_: str, value: Any) -> Iterator[IndexValue]:
    texts = _iter_texts(value, _STRING_PARTS[type_]) if type_ in _STRING_PARTS else iter((value,))
    for text in texts:
        if isinstance(text, str) and fold(text):
            yield IndexValue(name, "string", fold(text))


_STRING_PARTS = {
    "HumanName": ("family", "given", "prefix", "suffix", "text"),
    "Address": ("line", "city", "district", "state", "postalCode", "country", "text"),
}


def _iter_texts(value: Any, parts: Iterable[str]) -> Iterator[Any]:
    for part in parts if isinstance(value, dict) else ():
        found = value.get(part)
        yield from found if isinstance(found, list) else [found]


def _dates(name: str, type_: str, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, str):
        covered = find_date_range(value)
    elif isinstance(value, dict) and type_ == "Period":
        covered = _period(value)
    elif isinstance(value, dict) and type_ == "Timing":
        covered = _timing(value)
    else:
        covered = None
    if covered:
        yield IndexValue(name, "date", *covered)


def _period(value: dict[str, Any]) -> tuple[str, str] | None:
    ends = [find_date_range(end) if isinstance(end, str) else None for end in (value.get("start"), value.get("end"))]
    if ends == [None, None]:
        return None
    return ends[0][0] if ends[0] else EARLIEST, ends[1][1] if ends[1] else LATEST


def _timing(value: dict[str, Any]) -> tuple[str, str] | None:
    events = value.get("event")
    texts = [event for event in events if isinstance(event, str)] if isinstance(events, list) else []
    covered = [each for each in map(find_date_range, texts) if each]
    if covered:
        return min(covered)[0], max(end for _, end in covered)
    repeat = value.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    return _period(bounds) if isinstance(bounds, dict) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


CONVERTERS: dict[str, Converter] = {
    "token": _tokens,
    "reference": _references,
    "string": _strings,
    "date": _dates,
    "uri": _tokens,
}
