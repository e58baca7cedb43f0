"""Judge a record by the rules of quality.

Law of this file: a finding has severity warning or less, and nothing is refused, changed or invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fhirbridge.errors import Issue
from fhirbridge.records import Record
from fhirbridge.validation.quality.model import QualityRule, Subject
from fhirbridge.validation.quality.rules import RULES


def find_broken(subject: Subject) -> Iterator[tuple[QualityRule, str]]:
    """Yield each rule that a record breaks, with the path where it does, in the order of the rules."""
    for rule in RULES:
        if subject.record.kind in rule.kinds:
            for path in rule.places(subject):
                yield rule, path


def quality(record: Record, *, before: Record | None = None, received: date | None = None) -> tuple[Issue, ...]:
    """Return what is missing in a record, in the order of the rules, each with severity warning.

    Args:
        before: the version before this one; wording that stood there is not told again.
        received: the day the record arrived; without it lead time is not judged.
    """
    subject = Subject(record, before, received)
    return tuple(
        Issue("FB500", rule.message, expression=path, severity="warning", rule=rule.id, hint=rule.hint)
        for rule, path in find_broken(subject)
    )
