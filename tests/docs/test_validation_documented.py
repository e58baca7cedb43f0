"""docs/validation.md has a row for each rule of R4's content, with its severities and what is said."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fhirbridge.validation.content
import fhirbridge.validation.structure
from fhirbridge.validation.structure.faults import Kind

PAGE = (Path(__file__).parents[2] / "docs" / "validation.md").read_text("utf-8")
GATE, FULL = "## Rules of the gate", "## Rules of the full check"


def kinds_of(package: Any) -> Iterator[Kind]:
    """Yield the kinds of faults that the modules of a package define."""
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(each.name)).values():
            if isinstance(value, Kind):
                yield value
            elif isinstance(value, dict):
                yield from (kind for kind in value.values() if isinstance(kind, Kind))


def rows_of(kinds: set[Kind]) -> list[str]:
    """Return the row of each rule: its messages stand together, the gravest first."""
    rules: dict[str, list[Kind]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.rule, kind.severity, kind.message)):
        rules.setdefault(kind.rule, []).append(kind)
    return [_row(rule, told) for rule, told in rules.items()]


def _row(rule: str, told: list[Kind]) -> str:
    severities = "/".join(dict.fromkeys(kind.severity for kind in told))
    return f"| {rule} | {severities} | {' '.join(dict.fromkeys(kind.message for kind in told))} |"


def section(title: str) -> list[str]:
    body = PAGE.split(f"{title}\n", 1)[1].split("\n## ", 1)[0]
    return [line for line in body.splitlines() if line.startswith("|")][2:]


def test_the_rules_of_the_gate_stand_in_their_rows() -> None:
    assert section(GATE) == rows_of(set(kinds_of(fhirbridge.validation.structure)))


def test_the_rules_of_the_full_check_stand_in_their_rows() -> None:
    structure = set(kinds_of(fhirbridge.validation.structure))
    assert section(FULL) == rows_of(set(kinds_of(fhirbridge.validation.content)) - structure)
