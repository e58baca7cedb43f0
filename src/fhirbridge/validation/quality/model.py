"""What a rule of quality is, and where one is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhirbridge.records import Record
from fhirbridge.records.sources import SOURCES


@dataclass(frozen=True, slots=True)
class Subject:
    """A record to be judged.

    before: the version before it, where there is one: text that stood there is not new. received: the day the record
    arrived; None where that is not known, and then lead time is not judged.
    """

    record: Record
    before: Record | None = None
    received: date | None = None


Places = Callable[[Any], Iterator[str]]
"""Takes a `Subject`, yields the path of each place where the rule is broken; "" is the record itself."""


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule: for which kinds of record, its id, what is wrong where it is broken, what to do, why, and who says so.

    `source` is a key of `SOURCES`, the practice texts and guides behind the rules.
    """

    kinds: tuple[str, ...]
    id: str
    message: str
    hint: str
    reason: str
    source: str
    places: Places


RULE_SOURCES: dict[str, str] = SOURCES | {
    "smart": "Doran 1981, There's a S.M.A.R.T. way to write management's goals and objectives",
    "words-matter": "NIDA (NIH), Words Matter: terms to use and avoid when talking about addiction (public domain)",
    "plain-language": "AHRQ Health Literacy Universal Precautions Toolkit, tool 11: assess and select easy materials",
    "kincaid": "Kincaid and others 1975, Derivation of new readability formulas (US Navy; public domain)",
}
"""Key -> the text behind a rule."""
