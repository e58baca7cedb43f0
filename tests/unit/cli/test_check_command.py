"""`fhirbridge check`: its formats, exit codes, fixes and pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.finding_pages import MAP, base

from fhirbridge.cli.root import run

GOOD = base("report")[MAP]
WARNED = GOOD.replace("version: 1.0.0", "version: 1.0")
SPOILT = GOOD.replace("period_start ", "period_strat ", 1)


class Check:
    """Runs the command on a folder with the sample map."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.err = ""
        for name, content in base("report").items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")

    def __call__(self, text: str, *options: str, code: int) -> str:
        (self.folder / MAP).write_text(text, encoding="utf-8")
        found = run(["check", str(self.folder), *options])
        told = self.capsys.readouterr()
        self.err = told.err
        assert found == code, told
        return told.out


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    return Check(tmp_path, capsys)


@pytest.mark.parametrize(
    ("text", "options", "code"), [(GOOD, (), 0), (WARNED, (), 0), (WARNED, ("--strict",), 1), (SPOILT, (), 1)]
)
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_an_error_ends_with_1_and_a_warning_only_when_it_is_strict(
    check: Check, text: str, options: tuple[str, ...], code: int, form: str
) -> None:
    check(text, "--output-format", form, *options, code=code)


def test_text_shows_the_row_a_caret_and_the_fix(check: Check) -> None:
    assert "probe" in check(SPOILT, code=1)
    lines = check.err.splitlines()
    assert lines[0].startswith("FB201 records/probe.yaml:17:7: ")
    assert lines[2].endswith("^")
    assert lines[-1].startswith("      = fix: monitoring.period_start ")


def test_json_is_the_same_under_both_names_and_tells_the_fix(check: Check) -> None:
    told = check(SPOILT, "--json", code=1)
    assert told == check(SPOILT, "--output-format", "json", code=1)
    (issue,) = json.loads(told)["items"][0]["issues"]
    assert (issue["code"], issue["fix"]) == ("FB201", {"column": 18, "old": "period_strat", "new": "period_start"})


def test_json_tells_what_a_comment_accepts(check: Check) -> None:
    accepted = WARNED.replace("version: 1.0", "version: 1.0  # fhirbridge: ignore[FB127] theirs")
    (item,) = json.loads(check(accepted, "--json", "--strict", code=0))["items"]
    assert [(each["code"], each["reason"]) for each in item["ignored"]] == [("FB127", "theirs")]


def test_sarif_and_github_are_all_that_stdout_holds(check: Check) -> None:
    assert json.loads(check(SPOILT, "--output-format", "sarif", code=1))["version"] == "2.1.0"
    assert check(SPOILT, "--output-format", "github", code=1).startswith("::error file=")
    assert check.err == ""


def test_fix_writes_what_is_certain_and_checks_again(check: Check) -> None:
    check(SPOILT, "--fix", code=0)
    assert (check.folder / MAP).read_text("utf-8") == GOOD
    assert check.err.splitlines() == ["1 fix written"]
    check(GOOD, "--fix", code=0)
    assert check.err.splitlines() == ["0 fixes written"]


def test_explain_prints_a_page_and_checks_nothing(check: Check) -> None:
    assert check(SPOILT, "--explain", "fb201", code=0).startswith("# FB201: ")
    assert check.err == ""


def test_an_unknown_code_is_answered_with_the_nearest(check: Check) -> None:
    check(GOOD, "--explain", "FB2011", code=1)
    assert "FB201" in check.err


def test_fixes_are_never_written_into_the_maps_of_the_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-s", str(tmp_path / "fhirbridge.toml"), "check", "--fix"]) == 2
    assert "nothing says which folder to write to" in capsys.readouterr().err
