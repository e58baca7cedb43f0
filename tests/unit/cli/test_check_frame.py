"""How `check` shows a finding: the row it is in and a caret."""

from __future__ import annotations

from pathlib import Path

from fhirbridge.cli.check import frame, parse_location
from fhirbridge.errors import Issue

FINDING = Issue("FB203", "no such path", location="records/plan.yaml:2:3", hint="did you mean plan.goals?")


def test_a_finding_shows_its_row_a_caret_and_a_hint(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records/plan.yaml").write_text("map: plan\n  plan.goalz[] <=> goal[]\n", encoding="utf-8")
    assert list(frame(tmp_path, FINDING)) == [
        "FB203 records/plan.yaml:2:3: no such path",
        "    2 |   plan.goalz[] <=> goal[]",
        "      |   ^",
        "      = did you mean plan.goals?",
    ]


def test_a_finding_without_a_file_or_row_is_told_in_words_only(tmp_path: Path) -> None:
    assert list(frame(tmp_path, FINDING))[1:] == ["      = did you mean plan.goals?"]
    (tmp_path / "plan.yaml").write_text("map: plan\n", encoding="utf-8")
    assert list(frame(tmp_path, Issue("FB100", "short", location="plan.yaml:9:1"))) == ["FB100 plan.yaml:9:1: short"]


def test_a_location_may_lack_line_and_column() -> None:
    assert parse_location("records/plan.yaml") == ("records/plan.yaml", 0, 0)
    assert parse_location("a:b:c") == ("a:b:c", 0, 0)
