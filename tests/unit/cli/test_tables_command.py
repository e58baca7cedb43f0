"""`fhirbridge tables convert`: both ways, what is left out, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.maps import MAPPINGS

from fhirbridge.cli.root import run

HEAD = "source,system,target,display,equivalence,back\n"
SHIPPED = sorted((MAPPINGS / "tables").glob("*.csv"))


def converted(file: Path, form: str, capsys: pytest.CaptureFixture[str], *, code: int = 0) -> tuple[str, str]:
    """Return what the command prints on stdout and stderr."""
    found = run(["tables", "convert", str(file), "--to", form])
    told = capsys.readouterr()
    assert found == code, told.err
    return told.out, told.err


@pytest.mark.parametrize("file", SHIPPED, ids=[file.stem for file in SHIPPED])
def test_every_shipped_table_goes_to_a_concept_map_and_back(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / f"{file.stem}.conceptmap.json"
    there.write_text(converted(file, "conceptmap", capsys)[0], "utf-8")
    back, told = converted(there, "csv", capsys)
    assert sorted(back.splitlines()) == sorted(file.read_text("utf-8").splitlines())
    assert told == ""


def test_what_csv_has_no_place_for_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "need.json"
    file.write_text(json.dumps({"resourceType": "ConceptMap", "title": "Needs", "publisher": "Harlan", "group": []}))
    assert converted(file, "csv", capsys) == (HEAD, "left out: ConceptMap.publisher\nleft out: ConceptMap.title\n")


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("need.csv", HEAD.encode() + b"a,,1,,same,\n", "need.csv:2"),
        ("need.json", b"{}", "need.json:1"),
        ("need.csv", b"\xff", "not UTF-8"),
        ("need.csv", b"x" * (4 * 1024 * 1024 + 1), "larger than 4 MiB"),
    ],
)
def test_what_is_no_table_is_refused(
    name: str, body: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(body)
    assert told in converted(tmp_path / name, "conceptmap", capsys, code=1)[1]
