"""`fhirbridge profiles` and `fhirbridge validate`: what they print, where, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.packages import GUIDE, make_package_bytes, make_structure

from fhirbridge.cli.root import run

NOTED = make_structure("noted", "Goal", {"path": "Goal.note", "min": 1, "mustSupport": True})
GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "To sleep at home"},
    "subject": {"reference": "Patient/1"},
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Settings that name a folder of profiles, and a package beside them."""
    (tmp_path / "site.toml").write_text('base_url = "http://127.0.0.1:8080"\nprofiles = "profiles"\n')
    (tmp_path / "profiles").mkdir()
    (tmp_path / "guide.tgz").write_bytes(make_package_bytes(NOTED))
    (tmp_path / "broken.tgz").write_bytes(make_package_bytes(make_structure("x", "Goal", baseDefinition="urn:x")))
    (tmp_path / "goal.json").write_text(json.dumps(GOAL))
    return tmp_path


def called(site: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    """Return what a command prints on stdout and stderr."""
    found = run(["-s", str(site / "site.toml"), *words])
    told = capsys.readouterr()
    assert found == code, told.err
    return told.out, told.err


def test_a_package_is_added_listed_shown_and_removed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = called(site, capsys, "profiles", "add", str(site / "guide.tgz"))
    assert out == "example.guide#1.0.0: 1 profiles, 0 extensions\n"
    assert "example.guide#1.0.0\tpackages\t1" in called(site, capsys, "profiles", "list")[0]
    out, err = called(site, capsys, "profiles", "show", "noted", "--must-support")
    assert out.startswith("Goal.note\t1..*\tTrue\tAnnotation")
    assert f"{GUIDE}noted|1.0.0" in err
    called(site, capsys, "profiles", "remove", "example.guide#1.0.0")
    assert "example.guide" not in called(site, capsys, "profiles", "list", "--json")[0]


def test_a_profile_that_cannot_be_used_is_told_when_it_is_added(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "urn:x" in called(site, capsys, "profiles", "add", str(site / "broken.tgz"))[1]
    assert "no .tgz archive" in called(site, capsys, "profiles", "add", str(site / "goal.json"), code=1)[1]


def test_a_package_needs_a_folder_of_our_own(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "site.toml").write_text('base_url = "http://127.0.0.1:8080"\n')
    assert "names no folder" in called(site, capsys, "profiles", "add", str(site / "guide.tgz"), code=2)[1]


def test_a_profile_is_shown_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called(site, capsys, "profiles", "add", str(site / "guide.tgz"))
    told = json.loads(called(site, capsys, "profiles", "show", f"{GUIDE}noted", "--json")[0])
    assert (told["format"], told["type"], [row["element"] for row in told["elements"]]) == (
        1,
        "Goal",
        ["Goal", "Goal.note"],
    )


def test_issues_are_printed_with_path_severity_rule_and_profile(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called(site, capsys, "profiles", "add", str(site / "guide.tgz"))
    words = ("validate", str(site / "goal.json"), "--profile", f"{GUIDE}noted")
    out, err = called(site, capsys, *words, code=1)
    assert f"Goal.note: error cardinality-min: This element is required. [{GUIDE}noted|1.0.0]\n" in out
    assert "1 resources: 1 errors" in err


def test_many_resources_are_told_apart_and_nothing_of_them_is_quoted(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(GOAL), json.dumps({**GOAL, "lifecycleStatus": "asleep"})]
    (site / "goals.ndjson").write_text("\n".join(lines))
    out, err = called(site, capsys, "validate", str(site / "goals.ndjson"), "--gate", code=1)
    assert [line.partition(" ")[0] for line in out.splitlines()] == ["goals.ndjson:2"]
    assert "asleep" not in out + err


@pytest.mark.parametrize(("form", "key"), [("json", "items"), ("outcome", "issue")])
def test_issues_come_as_json_or_as_an_outcome(
    form: str, key: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = called(site, capsys, "validate", str(site / "goal.json"), "--output-format", form)
    assert json.loads(out)[key]


def test_json_is_short_for_its_format(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (item,) = json.loads(called(site, capsys, "validate", str(site / "goal.json"), "--json")[0])["items"]
    assert (item["resource"], item["passes"]) == ("goal.json", True)


def test_a_folder_of_profiles_that_is_not_there_is_said(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "profiles").rmdir()
    assert "is not there" in called(site, capsys, "validate", str(site / "goal.json"), code=2)[1]
