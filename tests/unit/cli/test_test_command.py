"""`fhirbridge test`: what it prints, what it never prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.small_maps import PASSING, changed, make_folder

from fhirbridge.cli.root import run

FAILING = PASSING.replace("family: Vega", "family: Okafor")


def test_a_passing_folder_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(make_folder(tmp_path)), "--laws", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split("\t") == ["small", "1", "3", "0", "83.3%"]


def test_a_failure_ends_with_1_and_shows_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(make_folder(tmp_path, FAILING)), "--laws", "0"]) == 1
    told = capsys.readouterr()
    assert "sources/small.yaml:25:30 small::two names: person.name[0].family: other value" in told.err
    assert not [word for word in ("Vega", "Okafor") if word in told.out + told.err]


def test_values_are_shown_to_those_who_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["test", str(make_folder(tmp_path, FAILING)), "--laws", "0", "--show-values"])
    assert '      expected "Okafor"\n      found    "Vega"\n' in capsys.readouterr().err


def test_a_broken_law_shows_its_row_and_the_paths_of_an_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "doc.last            <=> name[0].family     | verbatim"
    text = changed(row, "doc.last <=> contact[0].relationship[0].text | verbatim")
    assert run(["test", str(make_folder(tmp_path, "tests: []\n", map_text=text)), "--laws", "20"]) == 1
    told = capsys.readouterr().err
    assert "   12 |       doc.last <=> contact[0].relationship[0].text" in told
    assert "        doc.last\n" in told


def test_json_says_everything_and_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(make_folder(tmp_path, FAILING)), "--laws", "2", "--json"]) == 1
    text = capsys.readouterr().out
    told = json.loads(text)
    assert (told["format"], told["passed"], told["items"][0]["failures"][0]["kind"]) == (1, False, "other value")
    assert {each["name"] for each in told["coverage"][0]["missed"]} >= {"doc.alive", "sex: M"}
    assert told["leftOut"][0]["path"] == "doc.note"
    assert "Okafor" not in text


def test_thin_coverage_fails_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(make_folder(tmp_path))
    assert run(["test", folder, "--laws", "0", "--min-coverage", "80"]) == 0
    assert run(["test", folder, "--laws", "0", "--min-coverage", "95"]) == 1
    assert "small: coverage 83.3% is below 95%" in capsys.readouterr().err


def test_coverage_lists_what_no_test_touches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["test", str(make_folder(tmp_path)), "--laws", "2", "--coverage"])
    told = capsys.readouterr().err
    assert "  rows executed: 7 of 8\n" in told
    assert "    sources/small.yaml:16 row doc.alive <=> active\n" in told
    assert "small: laws leave out doc.note (sources/small.yaml): ignored: for the agency alone" in told


def test_junit_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    run(["test", str(make_folder(tmp_path)), "--laws", "0", "--junit", str(tmp_path / "junit.xml")])
    assert (tmp_path / "junit.xml").read_text("utf-8").startswith("<?xml version='1.0' encoding='utf-8'?>\n<testsuites")


def test_update_says_what_it_wrote_and_then_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(make_folder(tmp_path, FAILING)), "--laws", "0", "--update"]) == 0
    assert "updated sources/small.yaml:25: person.name[0].family\n" in capsys.readouterr().err


def test_changed_outside_a_work_tree_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(make_folder(tmp_path)), "--changed"]) == 2
    assert "no git work tree" in capsys.readouterr().err


def test_nothing_is_left_where_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    run(["test", str(make_folder(tmp_path)), "--laws", "5"])
    assert list(here.iterdir()) == []
