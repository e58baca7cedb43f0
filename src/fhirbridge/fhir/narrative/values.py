"""One FHIR value in words: dates, periods, codes, references, quantities, annotations with author and time.

Laws of this file: words come from the value itself and from nowhere else; whatever is missing or odd in a value, there
is an answer, "" where nothing can be said; text is never changed.
Source: http://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"(?P<y>\d{4})(-(?P<m>0[1-9]|1[0-2])(-(?P<d>\d\d))?)?")
_MOMENT = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d)(:(?P<s>\d\d)(\.\d+)?)?(?P<zone>Z|[+-]\d\d:\d\d)?")

Value = Any


def words(type_: str, value: Value) -> str:
    """Return what a value of a FHIR type says, in words.

    >>> words("Period", {"start": "2026-12-04", "end": "2027-06"})
    '4 Dec 2026 to Jun 2027'
    """
    return _SAID.get(type_, _any)(value)


def short_name(resource: Mapping[str, Value]) -> str:
    """Return what a resource is called in one line: its name, title, words or code; "" where it has none."""
    return next((said for name in _NAMES if (said := _said_by(resource.get(name)))), "")


_NAMES = ("name", "title", "description", "valueString", "valueCodeableConcept", "summary", "code")
"""Elements by which people call a resource, the nearest first."""


def _said_by(value: Value) -> str:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        return _concept(first) or _name(first)
    return _any(first)


def _any(value: Value) -> str:
    """Return a value of any other type: a text as it is, of an object what it calls itself."""
    if isinstance(value, dict):
        return _first(value, "text", "display", "name", "title", "value", "code")
    if isinstance(value, bool):
        return _flag(value)
    return "" if value is None or isinstance(value, list) else str(value)


def _first(value: dict[str, Value], *names: str) -> str:
    return next((str(value[name]) for name in names if _is_said(value.get(name))), "")


def _is_said(value: Value) -> bool:
    return value is not None and value != "" and not isinstance(value, dict | list)


def _fields(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _joined(parts: list[str], between: str = " ") -> str:
    return between.join(part for part in parts if part)


# -- primitives


def _flag(value: Value) -> str:
    return {True: "Yes", False: "No"}.get(value, "") if isinstance(value, bool) else ""


def _code(value: Value) -> str:
    """Return a bare code as words: `on-hold` is on hold."""
    return value.replace("-", " ") if isinstance(value, str) else ""


def _date(value: Value) -> str:
    """Return a date as it is read aloud, as exact as it is: 4 Dec 2026, Dec 2026, 2026."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return _moment(value)
    day = str(int(found["d"])) if found["d"] else ""
    month = _MONTHS[int(found["m"]) - 1] if found["m"] else ""
    return _joined([day, month, found["y"]])


def _moment(value: Value) -> str:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return _any(value)
    seconds = f":{found['s']}" if found["s"] not in (None, "00") else ""
    zone = "UTC" if found["zone"] == "Z" else found["zone"] or ""
    return _joined([f"{_date(found['date'])}, {found['time']}{seconds}", zone])


# -- datatypes


def _coding(value: Value) -> str:
    coding = _fields(value)
    return _first(coding, "display") or _code(coding.get("code"))


def _concept(value: Value) -> str:
    """Return the words of a concept: its text, else what its codings are called."""
    concept = _fields(value)
    codings = concept.get("coding")
    said = [_coding(each) for each in codings] if isinstance(codings, list) else []
    return _first(concept, "text") or next((each for each in said if each), "")


def _reference(value: Value) -> str:
    """Return what a reference calls its target, else the number it knows it by, else what kind of thing it is."""
    reference = _fields(value)
    literal = reference.get("reference")
    kind = str(literal).rpartition("/")[0].rpartition("/")[2] if isinstance(literal, str) else ""
    return _first(reference, "display") or _identifier(reference.get("identifier")) or _first(reference, "type") or kind


def _identifier(value: Value) -> str:
    return _first(_fields(value), "value")


def _period(value: Value) -> str:
    period = _fields(value)
    start, end = _date(period.get("start")), _date(period.get("end"))
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else ""


def _quantity(value: Value) -> str:
    quantity = _fields(value)
    if not _is_said(quantity.get("value")):
        return ""
    return _joined([_first(quantity, "comparator"), _first(quantity, "value"), _first(quantity, "unit", "code")])


def _range(value: Value) -> str:
    both = _fields(value)
    return _joined([_quantity(both.get("low")), _quantity(both.get("high"))], " to ")


def _ratio(value: Value) -> str:
    both = _fields(value)
    return _joined([_quantity(both.get("numerator")), _quantity(both.get("denominator"))], " per ")


def _annotation(value: Value) -> str:
    """Return a note, and behind it who wrote it, and when."""
    note = _fields(value)
    author = _first(note, "authorString") or _reference(note.get("authorReference"))
    told = _joined([author, _date(note.get("time"))], ", ")
    return _joined([_first(note, "text"), f"({told})" if told else ""])


def _name(value: Value) -> str:
    name = _fields(value)
    parts = [*_texts(name.get("prefix")), *_texts(name.get("given")), _first(name, "family")]
    return _first(name, "text") or _joined([*parts, *_texts(name.get("suffix"))])


def _texts(value: Value) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _address(value: Value) -> str:
    address = _fields(value)
    names = ("city", "district", "state", "postalCode", "country")
    parts = [*_texts(address.get("line")), *(_first(address, name) for name in names)]
    return _first(address, "text") or _joined(parts, ", ")


def _contact(value: Value) -> str:
    contact = _fields(value)
    use = _first(contact, "use")
    return _joined([_first(contact, "value"), f"({use})" if use and contact.get("value") else ""])


def _attachment(value: Value) -> str:
    return _first(_fields(value), "title", "url", "contentType")


def _timing(value: Value) -> str:
    timing = _fields(value)
    repeat = _fields(timing.get("repeat"))
    times = timing.get("event")
    events = [_date(each) for each in times] if isinstance(times, list) else []
    bounds = _period(repeat.get("boundsPeriod")) or _quantity(repeat.get("boundsDuration"))
    return _joined([_concept(timing.get("code")), _often(repeat), bounds, *events], ", ")


def _often(repeat: dict[str, Value]) -> str:
    """Return how often something happens: `2 times in 1 wk`."""
    if not (_is_said(repeat.get("frequency")) and _is_said(repeat.get("period"))):
        return ""
    times = "once" if repeat["frequency"] == 1 else f"{repeat['frequency']} times"
    return f"{times} in {_joined([str(repeat['period']), _first(repeat, 'periodUnit')])}"


_SAID: Mapping[str, Callable[[Value], str]] = {
    "boolean": _flag,
    "code": _code,
    "date": _date,
    "dateTime": _date,
    "instant": _date,
    "Coding": _coding,
    "CodeableConcept": _concept,
    "Reference": _reference,
    "Identifier": _identifier,
    "Period": _period,
    "Quantity": _quantity,
    "SimpleQuantity": _quantity,
    "Duration": _quantity,
    "Age": _quantity,
    "Count": _quantity,
    "Distance": _quantity,
    "Money": lambda value: _joined([_first(_fields(value), "value"), _first(_fields(value), "currency")]),
    "Range": _range,
    "Ratio": _ratio,
    "Annotation": _annotation,
    "HumanName": _name,
    "Address": _address,
    "ContactPoint": _contact,
    "Attachment": _attachment,
    "Timing": _timing,
}
"""FHIR type -> what its values say."""
