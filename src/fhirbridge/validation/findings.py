"""What a walk over a resource collects: issues in the order of the tree, and what local references may name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fhirbridge.errors import Issue, Severity

_PLAIN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)


class Findings:
    """Collects issues; `contained` has id → resource type of what the resource in hand contains."""

    __slots__ = ("contained", "issues")

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.contained: Mapping[str, str] = {}

    def note(self, path: str, message: str, rule: str, severity: Severity = "error") -> None:
        """Add an issue at an element path; a message never holds a value."""
        self.issues.append(Issue("FB500", message, expression=path, severity=severity, rule=rule))


def shown(name: str) -> str:
    """Return a JSON key fit for a path; one that is no plain name may be data and is shown as `?`."""
    return name if _PLAIN_NAME.fullmatch(name) else "?"
