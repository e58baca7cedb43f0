"""What became of a message: the JSON that is kept with it and shown to its sender. Paths and rules, no values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue


@dataclass(frozen=True, slots=True)
class Outcome:
    """Records ("plan/riverside/p-1") and resources ("CarePlan/<id>") that a message made, and what was found."""

    records: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    lead_time_days: int | None = None

    def to_tree(self) -> dict[str, Any]:
        """Return the outcome as a JSON tree."""
        tree: dict[str, Any] = {
            "records": list(self.records),
            "resources": list(self.resources),
            "issues": [issue_to_tree(issue) for issue in self.issues],
        }
        return tree if self.lead_time_days is None else {"lead_time_days": self.lead_time_days, **tree}

    def to_bytes(self) -> bytes:
        """Return the outcome as it is kept with its message."""
        return json.dumps(self.to_tree()).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> Outcome:
        """Return the outcome kept with a message; an empty body is an empty outcome."""
        tree = json.loads(body or b"{}")
        return cls(
            records=tuple(tree.get("records", ())),
            resources=tuple(tree.get("resources", ())),
            issues=tuple(issue_from_tree(issue) for issue in tree.get("issues", ())),
            lead_time_days=tree.get("lead_time_days"),
        )


def issue_to_tree(issue: Issue) -> dict[str, str]:
    """Return an issue as a JSON tree in the order a person reads it."""
    return {
        "code": issue.code,
        "severity": issue.severity,
        "path": issue.expression,
        "rule": issue.rule,
        "message": issue.message,
        "hint": issue.hint,
        "location": issue.location,
        "profile": issue.profile,
    }


def issue_from_tree(tree: Mapping[str, Any]) -> Issue:
    """Return the issue that `issue_to_tree` wrote."""
    return Issue(
        code=tree["code"],
        message=tree["message"],
        expression=tree["path"],
        severity=tree["severity"],
        rule=tree["rule"],
        location=tree["location"],
        hint=tree["hint"],
        profile=tree.get("profile", ""),
    )
