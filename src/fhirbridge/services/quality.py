"""Reports on the quality of records: as JSON, as OperationOutcome, as DetectedIssues, and per agency over time.

Laws of this file: a report holds paths, rules and counts, no data value of a person; nothing is stored, so a report
always says what the rules of today say of what is kept.
Source: http://hl7.org/fhir/R4/detectedissue.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhirbridge.errors import InvalidContent, Issue
from fhirbridge.fhir.bundles import bundle
from fhirbridge.fhir.outcome import operation_outcome
from fhirbridge.formats import record_json
from fhirbridge.ids import CANONICAL, key_system, stable_id
from fhirbridge.records import KINDS, Plan, Record
from fhirbridge.services import intake, reading
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.store.base import RecordRow, Transaction
from fhirbridge.validation.quality import judge
from fhirbridge.validation.quality.model import RULE_SOURCES, QualityRule, Subject
from fhirbridge.validation.quality.reading import find_client_grade
from fhirbridge.validation.quality.rules import RULES

Tree = dict[str, Any]

AGENCY: Mapping[str, str] = {
    "plan": "agency",
    "referral": "from_agency",
    "discharge": "agency",
    "transition": "establishment",
}
"""Kind of record that is judged -> the field with the organisation that can mend it."""

SUBJECTS: Mapping[str, str] = {
    "plan": "CarePlan",
    "referral": "ServiceRequest",
    "discharge": "EpisodeOfCare",
    "transition": "EpisodeOfCare",
}
"""Kind of record -> the resource that stands for it."""

RULE_SYSTEM = f"{CANONICAL}/CodeSystem/quality-rule"
FROM_FILE = "file"
"""Stands in the identifier system of a record that no partner handed in."""


def rule_rows() -> list[Tree]:
    """Return every rule as a row: rule, records, message, hint, reason, source."""
    return [
        {
            "rule": rule.id,
            "records": ", ".join(rule.kinds),
            "message": rule.message,
            "hint": rule.hint,
            "reason": rule.reason,
            "source": RULE_SOURCES[rule.source],
        }
        for rule in RULES
    ]


@dataclass(frozen=True, slots=True)
class Report:
    """What the rules say of one record. `source` is the partner it came from, "" for a record of a file."""

    record: Record
    findings: tuple[tuple[QualityRule, str], ...]
    source: str = ""

    def to_tree(self) -> Tree:
        """Return the report as JSON: {kind, findings: [{rule, path, message, hint, reason, source}], measures}."""
        return {
            "kind": self.record.kind,
            "findings": [_finding(rule, path) for rule, path in self.findings],
            "measures": _measures(self.record),
        }

    def detected_issue(self, rule: QualityRule, path: str, on: date) -> Tree:
        """Return one finding as a DetectedIssue, identified on a day."""
        return {
            "resourceType": "DetectedIssue",
            "id": stable_id(self.source, "DetectedIssue", self.record.kind, self.record.id, rule.id, path),
            "status": "final",
            "code": {"coding": [{"system": RULE_SYSTEM, "code": rule.id}], "text": rule.message},
            "severity": "low",
            "identifiedDateTime": on.isoformat(),
            "implicated": [self._implicated()],
            "detail": f"{rule.message} At {path or self.record.kind}.",
            "mitigation": [{"action": {"text": rule.hint}}],
        }

    def _implicated(self) -> Tree:
        system = key_system(self.source or FROM_FILE, self.record.kind)
        return {
            "type": SUBJECTS[self.record.kind],
            "identifier": {"system": system, "value": self.record.id},
        }


def to_outcome(reports: Iterable[Report]) -> Tree:
    """Return reports as one OperationOutcome; its expressions are paths in the records."""
    return operation_outcome(
        Issue("FB500", rule.message, expression=path, severity="warning", rule=rule.id, hint=rule.hint)
        for report in reports
        for rule, path in report.findings
    )


def to_detected_issues(reports: Iterable[Report], on: date) -> Tree:
    """Return reports as a collection of DetectedIssues, identified on a day."""
    issues = [each.detected_issue(rule, path, on) for each in reports for rule, path in each.findings]
    return bundle(issues, "collection")


def _finding(rule: QualityRule, path: str) -> Tree:
    return {
        "rule": rule.id,
        "path": path,
        "message": rule.message,
        "hint": rule.hint,
        "reason": rule.reason,
        "source": RULE_SOURCES[rule.source],
    }


def _measures(record: Record) -> Tree:
    grade = find_client_grade(record) if isinstance(record, Plan) else None
    return {} if grade is None else {"reading_grade": grade}


def report(record: Record, *, before: Record | None = None, received: date | None = None, source: str = "") -> Report:
    """Return what the rules say of a record."""
    return Report(record, tuple(judge.find_broken(Subject(record, before, received))), source)


def read_report(kind: str, body: bytes, before: bytes | None = None) -> Report:
    """Return what the rules say of a record in a file, by its JSON and that of the version before.

    Raises:
        MalformedInput: a file is no JSON.
        InvalidContent: it is no record of this kind, or no rule speaks of the kind.
    """
    return report(_parse(kind, body), before=_parse(kind, before) if before is not None else None)


def _parse(kind: str, body: bytes) -> Record:
    if kind not in AGENCY:
        raise InvalidContent(f"no rule of quality speaks of this kind of record; those are: {', '.join(AGENCY)}")
    tree = record_json.parse(body)
    if issues := reading.find_record_issues(kind, tree):
        raise InvalidContent("this is no valid record of its kind", issues=issues)
    return KINDS[kind].model_validate(tree)


def reports_on_message(bridge: Bridge, caller: Caller, message_id: str) -> list[Report]:
    """Return what the rules say of each record that a message of this caller made, as it is kept now.

    Raises:
        NotFound: the caller sent no such message.
    """
    named = [str(name).split("/", 2) for name in intake.records_of(bridge, caller, message_id)]
    with bridge.store.snapshot() as tx:
        return [_newest(tx, kind, source, key) for kind, source, key in named if kind in AGENCY]


def _newest(tx: Transaction, kind: str, source: str, key: str) -> Report:
    versions = list(tx.iter_record_versions(kind, source, key))
    before = load_record(versions[-2]) if len(versions) > 1 else None
    return report(load_record(versions[-1]), before=before, received=_day(versions[0]), source=source)


def load_record(row: RecordRow) -> Record:
    """Return the record that a row keeps."""
    return KINDS[row.kind].model_validate(json.loads(row.body))


def _day(row: RecordRow) -> date | None:
    return row.stored_at.date() if row.stored_at else None


# -- per agency over time


def over_time(bridge: Bridge, *, source: str | None = None, since: str = "") -> list[Tree]:
    """Return rows {agency, month, kind, records, findings, rules}, by agency, month and kind.

    A version of a record counts in the month it was stored; `findings` per record is what may be compared.

    Args:
        source: only what this partner handed in.
        since: the first month, such as 2026-07; "" for all.
    """
    found: dict[tuple[str, str, str], tuple[Counter[str], list[int]]] = {}
    with bridge.store.snapshot() as tx:
        for kind in AGENCY:
            for row, before in _with_before(tx.iter_record_versions(kind, source)):
                month = row.stored_at.strftime("%Y-%m") if row.stored_at else ""
                if month >= since:
                    _count(found, row, before, month)
    return [_row(*key, rules, len(records)) for key, (rules, records) in sorted(found.items())]


def _with_before(rows: Iterable[RecordRow]) -> Iterator[tuple[RecordRow, RecordRow | None]]:
    """Yield each version with the one before it."""
    before: RecordRow | None = None
    for row in rows:
        is_next = before is not None and (before.source, before.key) == (row.source, row.key)
        yield row, before if is_next else None
        before = row


def _count(
    found: dict[tuple[str, str, str], tuple[Counter[str], list[int]]],
    row: RecordRow,
    before: RecordRow | None,
    month: str,
) -> None:
    record = load_record(row)
    agency = getattr(record, AGENCY[row.kind]).number
    rules, records = found.setdefault((agency, month, row.kind), (Counter(), []))
    records.append(1)
    judged = report(record, before=load_record(before) if before else None, received=_day(row))
    rules.update(rule.id for rule, _ in judged.findings)


def _row(agency: str, month: str, kind: str, rules: Counter[str], records: int) -> Tree:
    return {
        "agency": agency,
        "month": month,
        "kind": kind,
        "records": records,
        "findings": rules.total(),
        "rules": dict(sorted(rules.items())),
    }
