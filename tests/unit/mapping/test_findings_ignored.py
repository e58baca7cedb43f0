"""`ignore[...]` comments: what they hide, what they cannot hide, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.finding_pages import MAP, base, definitions, findings

from fhirbridge.mapping.checking.folder import Ignored
from fhirbridge.mapping.findings import RULES
from fhirbridge.mapping.library import inspect_folder
from fhirbridge.mapping.text.ignores import ignores_of

ROW = "monitoring.agency.name => performer[0].display | default 'unknown'"  # FB243: the default is never used
BELOW = "monitoring.agency             <=> performer[0]            | ref agency\n"


def check(folder: Path, *lines: str) -> list[str]:
    """Return code and line, below the row of the agency, of each finding in a map with more lines there."""
    return [f"{issue.code}@{int(issue.location.split(':')[1]) - 16}" for issue in findings(folder, files(*lines))]


def files(*lines: str) -> dict[str, str]:
    more = "".join(f"      {line}".rstrip() + "\n" for line in lines)
    return {**base("report"), MAP: base("report")[MAP].replace(BELOW, BELOW + more)}


def ignored(folder: Path) -> list[Ignored]:
    return inspect_folder(folder, definitions()).ignored


def test_a_finding_stands_without_a_comment(tmp_path: Path) -> None:
    assert check(tmp_path, ROW) == ["FB243@1"]


@pytest.mark.parametrize(
    "lines",
    [
        (f"{ROW} # fhirbridge: ignore[FB243] the feed may lack it",),
        ("# fhirbridge: ignore[FB243] the feed may lack it", ROW),
        ("# fhirbridge: ignore[FB243] the feed may lack it", "# another remark", "", ROW),
        ("#fhirbridge:ignore[ FB243 ]the feed may lack it", ROW),
    ],
)
def test_a_comment_at_the_line_or_above_it_hides_the_finding(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert check(tmp_path, *lines) == []
    assert [(each.issue.code, each.reason) for each in ignored(tmp_path)] == [("FB243", "the feed may lack it")]


def test_a_comment_hides_only_the_codes_it_names(tmp_path: Path) -> None:
    found = check(tmp_path, f"{ROW} # fhirbridge: ignore[FB239] why")
    assert sorted(found) == ["FB125@1", "FB243@1"]


def test_one_comment_may_name_several_codes(tmp_path: Path) -> None:
    two = "monitoring.agency.name => identifier[0].value | default 'unknown'"
    assert check(tmp_path, two) == ["FB277@1", "FB243@1"]
    assert check(tmp_path, f"{two} # fhirbridge: ignore[FB243, FB277] why") == []


def test_a_comment_that_is_needed_no_more_is_reported_only_where_all_checks_have_run(tmp_path: Path) -> None:
    comment = "# fhirbridge: ignore[FB243] why"
    assert check(tmp_path, comment, "monitoring.agency.name => performer[0].display") == ["FB125@1"]
    assert check(tmp_path, comment, "monitoring.agency.nme => performer[0].display") == ["FB201@2"]


def test_what_cannot_be_ignored_is_told_and_stands(tmp_path: Path) -> None:
    found = check(tmp_path, "# fhirbridge: ignore[FB201] why", "monitoring.agency.nme => performer[0].display")
    assert sorted(found) == ["FB126@1", "FB201@2"]


@pytest.mark.parametrize("comment", ["ignore", "ignore[]", "ignore[FB243]", "ignore FB243 why"])
def test_a_comment_without_codes_or_reason_hides_nothing(tmp_path: Path, comment: str) -> None:
    assert sorted(check(tmp_path, f"{ROW} # fhirbridge: {comment}")) == ["FB123@1", "FB243@1"]


def test_a_code_that_does_not_exist_is_told_with_the_nearest(tmp_path: Path) -> None:
    _, (wrong,) = ignores_of("x: 1 # fhirbridge: ignore[FB1243] why\n", "a.yaml")
    assert (wrong.code, wrong.location, wrong.hint) == ("FB124", "a.yaml:1:6", "a code is FB and three digits")
    _, (wrong,) = ignores_of("x: 1 # fhirbridge: ignore[FB999] why\n", "a.yaml")
    assert (wrong.code, wrong.message) == ("FB124", "there is no finding `FB999`")


def test_other_comments_are_left_alone() -> None:
    assert ignores_of("# nothing to ignore here\n'x#fhirbridge: ignore' := y\n", "a.yaml") == ((), ())


def test_a_comment_at_the_end_of_a_file_concerns_itself() -> None:
    (found,), _ = ignores_of("map: x\n# fhirbridge: ignore[FB243] why", "a.yaml")
    assert found.line == 2


def test_every_warning_but_that_of_a_vain_comment_may_be_ignored_and_no_refusal_may() -> None:
    assert {code for code, rule in RULES.items() if rule.severity == "warning" and not rule.ignorable} == {"FB125"}
    stages = {rule.stage for rule in RULES.values() if rule.ignorable and rule.severity == "error"}
    assert stages == {"check"}


def test_without_profiles_a_comment_about_them_is_not_called_vain(tmp_path: Path) -> None:
    text = base("report")[MAP].replace("make: Observation", "make: Observation  # fhirbridge: ignore[FB264] why")
    assert [issue.code for issue in findings(tmp_path, {**base("report"), MAP: text})] == ["FB125"]
    bare = type(definitions())(definitions().extensions, definitions().xml)
    assert inspect_folder(tmp_path, bare).issues == []
