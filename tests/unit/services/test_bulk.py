"""A large file through a map: in order, on several processes, what cannot be used set aside whole."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import MAPPINGS, SAMPLES

from fhirbridge.errors import InvalidContent, MalformedInput, NotFound
from fhirbridge.services.maps.bulk import CHUNK, Job, Summary, map_bulk

JAIL = Job(MAPPINGS, "harlan-jail", "jail")
REPORT = Job(MAPPINGS, "county-report", "county")


def run(job: Job, file: Path, processes: int = 2) -> tuple[Summary, list[Any], list[Any]]:
    out, aside = io.BytesIO(), io.BytesIO()
    summary = Summary()
    for summary in map_bulk(job, file, out, aside, processes=processes):
        assert summary.read_bytes <= file.stat().st_size
    made, refused = ([json.loads(line) for line in each.getvalue().splitlines()] for each in (out, aside))
    return summary, made, refused


def jail_file(folder: Path, count: int) -> Path:
    header, first, *_ = (SAMPLES / "harlan-jail.csv").read_bytes().splitlines(keepends=True)
    file = folder / "many.csv"
    number = first.split(b";")[0]
    file.write_bytes(header + b"".join(first.replace(number, b"H-%d" % n, 1) for n in range(count)))
    return file


def report_file(folder: Path, *lines: bytes) -> Path:
    file = folder / "many.ndjson"
    file.write_bytes(b"\n".join(lines))
    return file


def report(**changes: Any) -> bytes:
    return json.dumps({**json.loads((SAMPLES / "county-report.json").read_text("utf-8")), **changes}).encode()


def test_a_file_comes_out_in_the_order_it_came_in(tmp_path: Path) -> None:
    summary, made, aside = run(JAIL, jail_file(tmp_path, 3 * CHUNK + 7))
    assert [each[0]["record"]["id"] for each in made] == [f"H-{n}" for n in range(3 * CHUNK + 7)]
    assert (summary.mapped, summary.refused, aside) == (3 * CHUNK + 7, 0, [])


def test_what_cannot_be_used_is_set_aside_whole_with_its_line(tmp_path: Path) -> None:
    file = report_file(tmp_path, report(report_id="1"), b"{no json", b"", report(report_id="2", **{"from": "soon"}))
    summary, made, aside = run(REPORT, file)
    assert [each[0]["record"]["id"] for each in made] == ["1"]
    assert [(each["line"], each["issues"][0]["code"]) for each in aside] == [(2, "FB400"), (4, "FB304")]
    assert aside[0]["text"] == "{no json"
    assert (summary.done, summary.refused) == (3, 2)


def test_findings_are_counted_by_field_and_hold_no_value(tmp_path: Path) -> None:
    file = report_file(tmp_path, *(report(report_id=str(n), **{"from": "soon"}) for n in range(3)))
    summary, _, _ = run(REPORT, file)
    assert summary.counts["FB304", "error", "doc.from"] == 3
    assert [finding.line for finding in summary.findings if finding.issue.code == "FB304"] == [1, 2, 3]
    assert all("soon" not in finding.issue.message for finding in summary.findings)


def test_a_map_whose_documents_are_no_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidContent):
        run(Job(MAPPINGS, "state-parole"), report_file(tmp_path, b"<x/>"))
    with pytest.raises(NotFound):
        run(Job(MAPPINGS, "no-such-map"), report_file(tmp_path, b"{}"))


def test_a_file_that_is_not_what_the_map_states_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(MalformedInput):
        run(JAIL, tmp_path / "x.csv")


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput):
        run(REPORT, report_file(tmp_path, b"[" * 2_000_001))
