"""`fmt` and `effective` as somebody at a keyboard meets them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.maps import MAPPINGS

from fhirbridge.cli.init import SETTINGS
from fhirbridge.cli.root import run
from fhirbridge.errors import EXIT_USAGE

UGLY = "version: '1.0.0'\nmap:   probe   # mine\n"


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    file = tmp_path / "records" / "probe.yaml"
    file.parent.mkdir()
    file.write_text(UGLY)
    return file


def test_the_shipped_maps_pass_the_check_of_layout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--check", str(MAPPINGS)]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_is_brought_into_its_layout_and_named(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", str(ugly.parents[1])]) == 0
    assert ugly.read_text() == "map: probe  # mine\nversion: 1.0.0\n"
    assert capsys.readouterr().out == f"{ugly}\n"
    assert [file.name for file in ugly.parent.iterdir()] == ["probe.yaml"]


def test_a_check_changes_nothing_and_fails(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--check", str(ugly)]) == 1
    assert ugly.read_text() == UGLY
    assert "would change 1" in capsys.readouterr().err


def test_a_diff_shows_what_would_change(ugly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--diff", str(ugly.parent)]) == 0
    assert "+version: 1.0.0\n" in capsys.readouterr().out
    assert ugly.read_text() == UGLY


@pytest.mark.parametrize("body", [b"map: [\n", b"map: \xff\n", b"map: x\nrecords: {a: {rows: |\n a <> b\n"])
def test_a_file_that_cannot_be_read_stays_as_it_is(ugly: Path, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    ugly.write_bytes(body)
    assert run(["fmt", str(ugly)]) == 1
    assert ugly.read_bytes() == body
    assert "FB101" in capsys.readouterr().err


def test_a_byte_order_mark_and_windows_lines_are_taken_out(ugly: Path) -> None:
    ugly.write_bytes(b"\xef\xbb\xbfmap: probe\r\nversion: 1.0.0\r\n")
    assert run(["fmt", str(ugly)]) == 0
    assert ugly.read_bytes() == b"map: probe\nversion: 1.0.0\n"


def test_a_whole_map_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["effective", "lakeside-hospital-plan", "--maps", str(MAPPINGS)]) == 0
    file = tmp_path / "whole.yaml"
    file.write_text(capsys.readouterr().out)
    assert run(["fmt", "--check", str(file)]) == 0


def test_an_unknown_map_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(MAPPINGS, tmp_path / "maps")
    assert run(["effective", "lakeside", "--maps", str(tmp_path / "maps")]) == 1
    assert "no map `lakeside`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("new", "mapping", "a-jail", "--from", __file__), ("fmt",), ("test", "--update")]
)
def test_what_writes_maps_never_writes_into_those_of_the_package(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "fhirbridge.toml"
    assert run(["-s", str(settings), *arguments]) == EXIT_USAGE
    assert "Go to the folder of your bridge" in capsys.readouterr().err
    settings.write_text(SETTINGS, encoding="utf-8")
    assert run(["-s", str(settings), *arguments]) == EXIT_USAGE
    assert "are not to be changed" in capsys.readouterr().err
