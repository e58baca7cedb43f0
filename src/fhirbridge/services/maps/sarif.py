"""Findings in the forms that other programs read: SARIF 2.1.0 and GitHub's workflow commands.

Laws of this file: a path is written from where the user stands, never from the root of this machine.
Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html,
https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from fhirbridge import __version__
from fhirbridge.errors import Fix, Issue
from fhirbridge.mapping.findings import RULES
from fhirbridge.services.maps.checking import Accepted, Checked
from fhirbridge.services.maps.explaining_findings import MORE

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"fatal": "error", "error": "error", "warning": "warning", "information": "note"}


def prefix_of(folder: Path) -> str:
    """Return how the files of a folder are named from where the user stands; nothing for a folder elsewhere."""
    here = Path.cwd()
    resolved = folder.resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else ""


def to_sarif(checked: Iterable[Checked], *, prefix: str = "") -> dict[str, Any]:
    """Return a SARIF log with every finding; those that a comment accepts are in it as suppressed."""
    maps = list(checked)
    codes = sorted({issue.code for each in maps for issue in each.issues} | _accepted_codes(maps))
    results = [_result(issue, codes, prefix) for each in maps for issue in each.issues]
    results += [_suppressed(accepted, codes, prefix) for each in maps for accepted in each.accepted]
    driver = {
        "name": "fhirbridge",
        "version": __version__,
        "informationUri": MORE,
        "rules": [_rule(code) for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _accepted_codes(maps: Sequence[Checked]) -> set[str]:
    return {accepted.issue.code for each in maps for accepted in each.accepted}


def _rule(code: str) -> dict[str, Any]:
    rule = RULES.get(code)
    return {
        "id": code,
        "shortDescription": {"text": rule.sentence if rule else code},
        "helpUri": f"{MORE}/{code}",
        "defaultConfiguration": {"level": rule.severity if rule else "error"},
    }


def _result(issue: Issue, codes: Sequence[str], prefix: str) -> dict[str, Any]:
    text = f"{issue.message}; {issue.hint}" if issue.hint else issue.message
    result: dict[str, Any] = {
        "ruleId": issue.code,
        "ruleIndex": codes.index(issue.code),
        "level": _LEVELS[issue.severity],
        "message": {"text": text},
    }
    place = _place(issue)
    if place is not None:
        file, line, column = place
        region = {"startLine": line, "startColumn": column}
        artifact = _artifact(file, prefix)
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
        if issue.fix is not None:
            result["fixes"] = [_fix(issue.fix, artifact, line)]
    return result


def _suppressed(accepted: Accepted, codes: Sequence[str], prefix: str) -> dict[str, Any]:
    suppression = {"kind": "inSource", "justification": accepted.reason}
    return {**_result(accepted.issue, codes, prefix), "suppressions": [suppression]}


def _fix(fix: Fix, artifact: dict[str, str], line: int) -> dict[str, Any]:
    region = {"startLine": line, "startColumn": fix.column, "endLine": line, "endColumn": fix.column + len(fix.old)}
    replacement = {"deletedRegion": region, "insertedContent": {"text": fix.new}}
    return {
        "description": {"text": f"write `{fix.new}` for `{fix.old}`" if fix.new else "take it out"},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
    }


def _artifact(file: str, prefix: str) -> dict[str, str]:
    return {"uri": quote((PurePosixPath(prefix) / file).as_posix())}


def _place(issue: Issue) -> tuple[str, int, int] | None:
    """Return file, line and column of a finding, None for one that has no place in a file."""
    parts = issue.location.rsplit(":", 2)
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return parts[0], max(int(parts[1]), 1), max(int(parts[2]), 1)


# -- GitHub ----------------------------------------------------------------------------------------------------------


def to_github(checked: Iterable[Checked], *, prefix: str = "") -> Iterator[str]:
    """Yield one workflow command a finding; it shows at its line in a pull request."""
    for issue in (issue for each in checked for issue in each.issues):
        level = {"error": "error", "warning": "warning", "note": "notice"}[_LEVELS[issue.severity]]
        properties = {"title": issue.code}
        place = _place(issue)
        if place is not None:
            file, line, column = place
            shown = (PurePosixPath(prefix) / file).as_posix()
            properties = {"file": shown, "line": str(line), "col": str(column), **properties}
        named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        text = f"{issue.message}\n{issue.hint}" if issue.hint else issue.message
        yield f"::{level} {named}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
