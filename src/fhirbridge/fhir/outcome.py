"""Issues as an OperationOutcome.

Source: http://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhirbridge.errors import Issue, get_condition

_ALL_OK = {"severity": "information", "code": "informational", "details": {"text": "No issues found."}}


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return an OperationOutcome (tree) with one entry per issue, in order; without issues it says so."""
    return {"resourceType": "OperationOutcome", "issue": [_entry(issue) for issue in issues] or [dict(_ALL_OK)]}


def _entry(issue: Issue) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "severity": issue.severity,
        "code": get_condition(issue.code).issue,
        "details": {"text": issue.message},
    }
    parts = (
        issue.code,
        issue.rule and f"rule {issue.rule}",
        issue.profile and f"profile {issue.profile}",
        issue.location and f"at {issue.location}",
        issue.hint,
    )
    entry["diagnostics"] = "; ".join(part for part in parts if part)
    if issue.expression:
        entry["expression"] = [issue.expression]
    return entry
