"""The commands `bulk` and `propose`: what they print, write and end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.maps import SAMPLES

from fhirbridge.cli.root import run


def test_a_file_is_mapped_to_a_file_that_only_its_owner_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.ndjson"
    sample = str(SAMPLES / "harlan-jail.csv")
    assert run(["bulk", sample, "--map", "harlan-jail", "--out", str(out), "--processes", "1"]) == 0
    assert out.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "out.ndjson.rejected").exists()
    assert "documents mapped to out.ndjson" in capsys.readouterr().err


def test_what_is_set_aside_is_told_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.ndjson"
    file.write_text("{}\n", encoding="utf-8")
    out = tmp_path / "out.ndjson"
    assert run(["bulk", str(file), "--map", "county-report", "--out", str(out), "--processes", "1"]) == 1
    told = capsys.readouterr().err
    assert "line 1: FB302 " in told
    assert "1 set aside in out.ndjson.rejected" in told
    assert json.loads((tmp_path / "out.ndjson.rejected").read_text("utf-8"))["line"] == 1


def test_a_proposal_names_what_changes_and_keeps_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = SAMPLES / "plan.json"
    assert run(["map", str(held), "--map", "plan"]) == 0
    resources = json.loads(capsys.readouterr().out)
    plan = next(each for each in resources if each["resourceType"] == "CarePlan")
    plan["title"], plan["description"] = "After the winter", "seen on the ward"
    (tmp_path / "back.json").write_text(json.dumps([plan]), encoding="utf-8")
    assert run(["propose", str(tmp_path / "back.json"), "--map", "plan", "--held", str(held)]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["changes"] == [{"path": "title", "kind": "changed"}]
    assert "changed title" in printed.err
    assert [list(each["fields"]) for each in told["complement"].values()] == [["description"]]


def test_a_proposal_that_cannot_be_used_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "back.json").write_text('{"resourceType": "CarePlan", "implicitRules": "x"}', encoding="utf-8")
    assert run(["propose", str(tmp_path / "back.json"), "--map", "plan"]) == 1
    assert "FB311" in capsys.readouterr().err
