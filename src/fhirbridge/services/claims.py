"""What a resource claims on its way in and out: what the site or a partner wants, as far as the resource meets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.validation.check import Checker
from fhirbridge.validation.claims import Claims, Passes

FAULTS = ("error", "fatal")


def passed_by(checker: Checker) -> Passes:
    """Return a test: does a resource pass a profile? True of a profile that is not loaded."""

    def passes(resource: dict[str, Any], profile: str) -> bool:
        if checker.profiles.find(profile) is None:
            return True
        return not any(map(is_fault, checker.check(resource, profiles=[profile])))

    return passes


def is_fault(issue: Issue) -> bool:
    """Say whether an issue makes a resource invalid."""
    return issue.severity in FAULTS


def claimed(
    resource: dict[str, Any], claims: Claims, checker: Checker, *, guides: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the resource with what it may claim of the guides (None: the site's), and nothing it does not meet."""
    return claims.put(resource, guides, passed_by(checker))
