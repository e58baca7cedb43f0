"""How the texts of a field look: dates and their order, yes and no, whole numbers, keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from fhirbridge.mapping.proposals.sample import Field
from fhirbridge.times import is_date, is_date_time

DATE_FORMATS: dict[str, str] = {
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM-DD-YYYY": "%m-%d-%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "MM.DD.YYYY": "%m.%d.%Y",
    "YYYY/MM/DD": "%Y/%m/%d",
    "YYYY.MM.DD": "%Y.%m.%d",
    "YYYYMMDD": "%Y%m%d",
}
"""Dates as partners write them; of two that fit, the one named first is the more usual."""
_TIMES = {"hh:mm": "%H:%M", "hh:mm:ss": "%H:%M:%S"}
_TRUE_FALSE = (("y", "n"), ("yes", "no"), ("true", "false"), ("t", "f"), ("1", "0"))
_DIGITS = re.compile(r"0|[1-9][0-9]{0,8}")
_KEY = re.compile(r"(?=.*\d)[\w./:#-]{1,120}|[A-Z][A-Z0-9_-]{1,20}")


@dataclass(frozen=True, slots=True)
class DateLook:
    """How a field writes dates: the format, nothing for ISO; whether it has times; what else the texts could be."""

    format: str
    has_time: bool = False
    is_zoned: bool = False
    also: str = ""


def find_dates(found: Field, votes: Collection[str] = ()) -> DateLook | None:
    """Return how a field writes dates, None where it does not.

    Args:
        votes: formats that other fields of the same sample can only be read by.
    """
    texts = found.texts
    if found.type != "string" or not texts:
        return None
    if all(is_date(text) and len(text) == len("YYYY-MM-DD") for text in texts):
        return DateLook("")
    if all("T" in text and is_date_time(text, zone_required=False) for text in texts):
        return DateLook("", has_time=True, is_zoned=all(is_date_time(text) for text in texts))
    fitting = [format_ for format_, pattern in _patterns().items() if all(_fits(text, pattern) for text in texts)]
    if not fitting:
        return None
    chosen = next((format_ for format_ in fitting if format_ in votes), fitting[0])
    also = next((format_ for format_ in fitting if format_ != chosen), "") if chosen not in votes else ""
    return DateLook(chosen, has_time="hh" in chosen, also=also)


def _patterns() -> dict[str, str]:
    timed = {f"{d} {t}": f"{dp} {tp}" for d, dp in DATE_FORMATS.items() for t, tp in _TIMES.items()}
    return DATE_FORMATS | timed


def _fits(text: str, pattern: str) -> bool:
    """Say whether a text is a date in a pattern, with all its zeros."""
    try:
        return datetime.strptime(text, pattern).strftime(pattern) == text  # noqa: DTZ007  # only its form counts
    except ValueError:
        return False


def votes_of(fields: Iterable[Field]) -> frozenset[str]:
    """Return the formats, with and without times, that some field of a sample can only be read by."""
    certain = {look.format for found in fields if (look := find_dates(found)) and look.format and not look.also}
    dates = {format_.split(" ")[0] for format_ in certain}
    return frozenset(format_ for format_ in _patterns() if format_.split(" ")[0] in dates)


def find_flag(found: Field) -> tuple[str, str] | None:
    """Return the two words of a field that says yes or no, None where it does not."""
    if found.type != "string" or not 1 <= len(found.texts) <= 2:
        return None
    for yes, no in _TRUE_FALSE:
        cased = {text.casefold(): text for text in found.texts}
        if cased.keys() <= {yes, no}:
            like = next(iter(found.texts))
            return cased.get(yes, _cased(yes, like)), cased.get(no, _cased(no, like))
    return _negated(sorted(found.texts, key=len))


def _negated(texts: list[str]) -> tuple[str, str] | None:
    """Return (given, not given): the second is the first with a word before it that denies it."""
    if len(texts) == 2 and texts[1].casefold() in (f"{word} {texts[0].casefold()}" for word in ("not", "no", "non")):
        return texts[0], texts[1]
    return None


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like.istitle() else word


def is_whole(found: Field) -> bool:
    """Say whether the texts of a field are whole numbers without leading zeros."""
    return bool(found.texts) and all(_DIGITS.fullmatch(text) for text in found.texts)


def is_keylike(found: Field) -> bool:
    """Say whether the texts of a field look like numbers or keys that a system gave."""
    return bool(found.texts) and all(_KEY.fullmatch(text) for text in found.texts)


def is_closed(found: Field) -> bool:
    """Say whether a field shows few codes over and over, so that the sample may well show them all."""
    texts: Counter[str] = found.texts
    return 2 <= len(texts) <= 12 and texts.total() >= 2 * len(texts) and all(len(text) <= 40 for text in texts)
