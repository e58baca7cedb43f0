"""Findings on their way out: fixes written into files, SARIF and GitHub's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.finding_pages import MAP, base

from fhirbridge.errors import Fix, Issue
from fhirbridge.services.maps.checking import Accepted, Checked, apply_fixes, check_all
from fhirbridge.services.maps.sarif import prefix_of, to_github, to_sarif

GOOD = base("report")[MAP]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the sample map."""
    for name, content in base("report").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> list[Issue]:
    """Write the map and return what check says."""
    (folder / MAP).write_bytes(text.encode("utf-8"))
    return [issue for each in check_all(folder) for issue in each.issues]


SLIPS = [("period_start ", "period_strat "), ("effectivePeriod.end", "effectivePeriod.edn"), ("'final' ", "'finall' ")]


def test_fixes_bring_a_spoilt_map_back_to_the_byte(folder: Path) -> None:
    text = GOOD
    for good, bad in SLIPS:
        text = text.replace(good, bad, 1)
    assert apply_fixes(folder, write(folder, text)) == 3
    assert (folder / MAP).read_text("utf-8") == GOOD
    assert check_all(folder)[0].issues == ()


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_a_fix_leaves_line_ends_and_a_byte_order_mark_alone(folder: Path, ending: str) -> None:
    text = "\ufeff" + GOOD.replace("\n", ending)
    assert apply_fixes(folder, write(folder, text.replace("period_start ", "period_strat ", 1))) == 1
    assert (folder / MAP).read_bytes() == text.encode("utf-8")


def test_two_fixes_of_one_line_are_both_written(folder: Path) -> None:
    text = GOOD.replace("monitoring.period_end  ", "monitoring.period_end \u00a0", 1) + "  \n"
    assert apply_fixes(folder, write(folder, text)) == 2
    assert (folder / MAP).read_text("utf-8") == GOOD + "\n"


def at(line: int, fix: Fix, file: str = MAP) -> Issue:
    return Issue("FB201", "wrong", location=f"{file}:{line}:1", fix=fix)


def test_a_fix_whose_words_stand_no_longer_there_is_left_out(folder: Path) -> None:
    assert apply_fixes(folder, [at(1, Fix("gone", "there", 1))]) == 0
    assert (folder / MAP).read_text("utf-8") == GOOD


def test_of_two_fixes_that_overlap_one_is_written(folder: Path) -> None:
    assert apply_fixes(folder, [at(1, Fix("map: probe", "map: x", 1)), at(1, Fix("probe", "second", 6))]) == 1
    assert (folder / MAP).read_text("utf-8").startswith("map: second\n")


def test_no_fix_is_written_outside_the_folder(folder: Path) -> None:
    outside = folder / "outside.yaml"
    outside.write_text("map: probe\n", encoding="utf-8")
    inner = folder / "inner"
    inner.mkdir()
    assert apply_fixes(inner, [at(1, Fix("probe", "x", 6), "../outside.yaml")]) == 0
    assert outside.read_text("utf-8") == "map: probe\n"


# -- SARIF: what the standard demands of a log, as far as we write it --------------------------------------------------

LEVELS = {"error", "warning", "note"}


def assert_sarif(log: dict[str, Any]) -> None:
    """Check the parts of SARIF 2.1.0 that must be there, and that no path is absolute."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["shortDescription"]["text"] and rule["defaultConfiguration"]["level"] in LEVELS for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        for location in result["locations"]:
            assert_region(location["physicalLocation"])
        for fix in result.get("fixes", []):
            assert fix["description"]["text"]
            assert_changes(fix["artifactChanges"])


def assert_region(place: dict[str, Any]) -> None:
    uri, region = place["artifactLocation"]["uri"], place["region"]
    assert not uri.startswith(("/", "file:"))
    assert "\\" not in uri
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1


def assert_changes(changes: list[dict[str, Any]]) -> None:
    for change in changes:
        for replacement in change["replacements"]:
            assert_region({"artifactLocation": change["artifactLocation"], "region": replacement["deletedRegion"]})
            assert replacement["deletedRegion"]["endColumn"] >= replacement["deletedRegion"]["startColumn"]
            assert isinstance(replacement["insertedContent"]["text"], str)


SPOILT = GOOD.replace("period_start ", "period_strat ", 1).replace(
    "'Monitoring report'            := code.text",
    "'Monitoring report' := code.text | when monitoring.sessions_offered # fhirbridge: ignore[FB238] it is 0 or more",
)


def test_a_log_has_what_sarif_demands_with_fixes_and_what_is_accepted(folder: Path) -> None:
    write(folder, SPOILT)
    log = to_sarif(check_all(folder), prefix="my maps")
    assert_sarif(log)
    found, accepted = log["runs"][0]["results"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20maps/records/probe.yaml"
    deleted = found["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    assert (deleted["startLine"], deleted["startColumn"], deleted["endColumn"]) == (17, 18, 30)
    assert accepted["suppressions"] == [{"kind": "inSource", "justification": "it is 0 or more"}]


def test_a_folder_without_findings_makes_an_empty_log(folder: Path) -> None:
    log = to_sarif(check_all(folder))
    assert_sarif(log)
    assert log["runs"][0]["results"] == []


def test_a_finding_without_a_place_has_no_location() -> None:
    log = to_sarif([Checked("x", "", "", "", (Issue("FB999", "odd"),), (Accepted(Issue("FB121", "odd"), "why"),))])
    assert ["locations" in result for result in log["runs"][0]["results"]] == [False, False]
    assert list(to_github([Checked("x", "", "", "", (Issue("FB999", "odd"),))])) == ["::error title=FB999::odd"]


def test_github_is_told_file_line_and_column_and_no_sign_breaks_the_command() -> None:
    issue = Issue("FB201", "50% of\nit: a,b", severity="warning", location="records/a,b:c.yaml:3:7", hint="mend\r it")
    (line,) = to_github([Checked("x", "1.0.0", "x", "", (issue,))], prefix="maps")
    assert (
        line == "::warning file=maps/records/a%2Cb%3Ac.yaml,line=3,col=7,title=FB201::50%25 of%0Ait: a,b%0Amend%0D it"
    )


def test_paths_are_told_from_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "maps").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert prefix_of(Path("site/maps")) == "site/maps"
    assert prefix_of(tmp_path / "site" / "maps") == "site/maps"
    monkeypatch.chdir(tmp_path / "site" / "maps")
    assert prefix_of(Path("..")) == ""
    assert prefix_of(Path(".")) == "."
