"""HL7's own cases: what their validator recorded of each, and what our checker says.

    python -m bench.conformance.hl7_cases FOLDER

FOLDER holds `expected.json` (a list of {name, errors, allow-comments, ...}) and one JSON text a case. Agreement is the
same verdict, valid or not. Where we find no fault and say that something could not be checked, that is counted apart.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import Issue, MalformedInput
from fhirbridge.formats import json_text
from fhirbridge.validation.check import Checker

BAD = ("error", "fatal")
NOT_CHECKED = ("not-checked", "profile-unknown")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what was recorded of it, and what we say."""

    name: str
    recorded: list[dict[str, Any]]
    they_object: bool
    issues: tuple[Issue, ...]

    @property
    def we_object(self) -> bool:
        """Whether we find a fault."""
        return any(issue.severity in BAD for issue in self.issues)

    @property
    def agree(self) -> bool:
        """Whether both find the resource valid, or both do not."""
        return self.we_object == self.they_object

    @property
    def is_unchecked(self) -> bool:
        """Whether they object, and we say that we could not check everything."""
        return self.they_object and not self.we_object and any(issue.rule in NOT_CHECKED for issue in self.issues)


def iter_cases(folder: Path, checker: Checker) -> Iterator[Case]:
    """Yield each case of a folder, judged."""
    for each in msgspec.json.decode((folder / "expected.json").read_bytes()):
        body = (folder / f"{each['name']}.json").read_bytes()
        yield Case(each["name"], each["issues"], each["errors"] > 0, _judge(checker, body, each["allow-comments"]))


def _judge(checker: Checker, body: bytes, has_comments: bool) -> tuple[Issue, ...]:
    try:
        tree = json_text.parse(json_text.without_comments(body) if has_comments else body)
    except MalformedInput as error:
        return error.issues
    return checker.check(tree)


def report(folder: Path) -> str:
    """Return the table of a folder of cases."""
    cases = list(iter_cases(folder, Checker()))
    apart = [each for each in cases if each.is_unchecked]
    agreed = sum(each.agree for each in cases)
    rows = [f"| {each.name} | {_word(each.they_object)} | {_ours(each)} | {_agree(each)} |" for each in cases]
    told = [
        f"{agreed} of {len(cases)} agree ({agreed / len(cases):.1%}); of the others {len(apart)} not checked by us;",
        f"without those {agreed} of {len(cases) - len(apart)} ({agreed / (len(cases) - len(apart)):.1%}).",
    ]
    return "\n".join(["### HL7's cases", "", "| case | they | we | agree |", "|---|---|---|---|", *rows, "", *told, ""])


def _word(objects: bool) -> str:
    return "invalid" if objects else "valid"


def _ours(case: Case) -> str:
    rules = sorted({issue.rule for issue in case.issues if issue.severity in BAD})
    return f"invalid: {', '.join(rules)}" if rules else _word(case.we_object)


def _agree(case: Case) -> str:
    if case.agree:
        return "yes"
    return "not checked" if case.is_unchecked else "**no**"


def iter_differences(folder: Path) -> Iterator[str]:
    """Yield for each case without agreement what each of both found at fault."""
    for case in iter_cases(folder, Checker()):
        if not case.agree:
            yield f"{case.name}:"
            yield from (f"  they: {each['text'][:160]}" for each in case.recorded if each["severity"] in BAD)
            yield from (f"  we: {each.expression} {each.rule}" for each in case.issues if each.severity in BAD)


def main() -> None:
    """Print the table of the folder that is named, and what is behind each difference."""
    folder = Path(sys.argv[1])
    print(report(folder))
    print("\n".join(iter_differences(folder)))


if __name__ == "__main__":
    main()
