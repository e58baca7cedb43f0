"""Proposals of `fhirbridge new mapping` that nobody has looked at yet: the REVIEW marks left in maps and tables.

Law of this file: a mark is counted by its place in a file alone; nothing that stands beside it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirbridge.errors import Issue, ReleaseRefused
from fhirbridge.mapping.files import Files

MARK = re.compile(rb"REVIEW:|'REVIEW'")
"""A comment or reason that asks for a look, or a constant that stands in for a value."""
ENDINGS = (".yaml", ".yml", ".csv", ".json", ".xsd")
SAMPLES = "tests/"
HINT = "Look at each, correct the row or the table, take the mark out, and `fhirbridge plan` again."


def count_marks(files: Files) -> dict[str, int]:
    """Return how many lines of each file still wait for a look; files without such a line are left out."""
    return {name: count for name, count in _counts(files) if count}


def _counts(files: Files) -> Iterator[tuple[str, int]]:
    for name in files.names():
        if name.endswith(ENDINGS) and not name.startswith(SAMPLES):
            yield name, sum(1 for line in files.read(name).splitlines() if MARK.search(line))


def require_reviewed(files: Files) -> None:
    """Refuse a release in which proposals wait for a look.

    Raises:
        ReleaseRefused: one issue a file, with the number of its lines.
    """
    marks = count_marks(files)
    if marks:
        issues = [_issue(name, count) for name, count in marks.items()]
        raise ReleaseRefused("Proposed rows wait to be looked at.", issues=issues)


def _issue(name: str, count: int) -> Issue:
    message = f"lines with REVIEW: {count}"
    return Issue(ReleaseRefused.code, message, rule="release-looked-at", location=name, hint=HINT)
