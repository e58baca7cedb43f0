"""One round: a check reports what it can at once, and what a refused row might have said is not called missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.finding_pages import MAP, base, definitions, findings

from fhirbridge.mapping.files import Bundle
from fhirbridge.mapping.library import inspect_folder

GOOD = base("report")[MAP]


def codes(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """Return the codes found in the map with these changes."""
    text = GOOD
    for good, bad in changes:
        assert text.count(good) == 1, good
        text = text.replace(good, bad)
    return sorted(issue.code for issue in findings(folder, {**base("report"), MAP: text}))


UNREADABLE = ("note[].time             | date", "note[].time             date")
NO_SUCH_FIELD = ("monitoring.period_start ", "monitoring.period_strat ")
NO_SUCH_ELEMENT = ("effectivePeriod.end ", "effectivePeriod.edn ")
DOUBLED = ("component[code.text=attended]", "component[code.text=offered]")
NO_SUCH_TABLE = ("| code result", "| code reslut")
NO_SUCH_BLOCK = ("| ref agency", "| ref agenzy")
NO_SUCH_FILE = ("tables/result.csv", "tables/reslut.csv")
BAD_KEY = ("key: monitoring.id", "key: monitoring.idd")
BAD_LOOP = ("for organisation in monitoring.agency", "for organisation in monitoring.agenzy")
BAD_STATUS = ("'final' ", "'finall' ")


def test_text_binding_and_checks_report_together(tmp_path: Path) -> None:
    found = codes(tmp_path, UNREADABLE, NO_SUCH_FIELD, DOUBLED)
    assert found == ["FB105", "FB201", "FB207"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (UNREADABLE, "FB105"),
        (NO_SUCH_FIELD, "FB201"),
        (NO_SUCH_ELEMENT, "FB202"),
        (NO_SUCH_TABLE, "FB108"),
        (NO_SUCH_BLOCK, "FB110"),
        (NO_SUCH_FILE, "FB111"),
        (BAD_KEY, "FB201"),
        (BAD_LOOP, "FB201"),
        (BAD_STATUS, "FB210"),
    ],
)
def test_one_fault_is_one_finding(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    assert codes(tmp_path, change) == [code]


def test_faults_of_different_rows_are_all_told(tmp_path: Path) -> None:
    found = codes(tmp_path, NO_SUCH_FIELD, NO_SUCH_ELEMENT, NO_SUCH_TABLE, NO_SUCH_BLOCK, BAD_STATUS)
    assert found == ["FB108", "FB110", "FB201", "FB202", "FB210"]


def test_the_rows_of_a_block_without_a_key_are_looked_at(tmp_path: Path) -> None:
    assert codes(tmp_path, BAD_KEY, NO_SUCH_ELEMENT) == ["FB201", "FB202"]


def test_every_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    found = codes(tmp_path, ("  result: tables/result.csv", "  result: tables/a.csv\n  other: tables/b.csv"))
    assert found == ["FB111", "FB111"]


def test_what_no_refused_row_can_have_said_is_still_missing(tmp_path: Path) -> None:
    no_status = ("      'final'                        := status\n", "")
    no_row = ("  monitoring.tests[].id ", "  monitoring.tests[].idd ")
    assert codes(tmp_path, no_status, no_row) == ["FB201", "FB209"]


def test_what_is_wrong_in_a_base_is_told_once_for_all_its_overlays(tmp_path: Path) -> None:
    overlays = {f"partners/{name}.yaml": f"map: {name}\nversion: 1.0.0\nextends: probe\n" for name in ("one", "two")}
    text = GOOD.replace(*NO_SUCH_FIELD)
    found = findings(tmp_path, {**base("report"), MAP: text, **overlays})
    assert [(issue.code, issue.location.split(":")[0]) for issue in found] == [("FB201", MAP)]


@given(
    st.integers(0, len(GOOD) - 1),
    st.integers(0, 12),
    st.sampled_from(["", "[", "'", "|", ":", "#", "\t", "x", "\n", "$"]),
)
@settings(max_examples=80, deadline=None)
def test_a_map_spoilt_anywhere_makes_findings_and_never_a_fault(at: int, gone: int, put: str) -> None:
    files = {name: content.encode() for name, content in base("report").items()}
    text = (GOOD[:at] + put + GOOD[at + gone :]).encode()
    found = inspect_folder(Bundle({**files, MAP: text}), definitions())
    assert all(issue.location.rsplit(":", 2)[0] in {*files, MAP} for issue in found.issues)
