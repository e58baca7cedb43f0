"""What commands print, in a pipe, as JSON and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from fhirbridge.cli.output import issue_line, print_rows, progress
from fhirbridge.errors import Issue

ROWS: list[dict[str, Any]] = [
    {"id": "m-1", "state": "parked", "reason": "a\tb", "more": 1},
    {"id": "m-2", "state": None},
]


def test_in_a_pipe_rows_are_lines_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, ["id", "state", "reason"], as_json=False)
    assert capsys.readouterr().out == "m-1\tparked\ta b\nm-2\t\t\n"


def test_json_has_all_fields_and_the_number_of_its_form(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, ["id"], as_json=True)
    assert json.loads(capsys.readouterr().out) == {"format": 1, "items": ROWS}


def test_an_issue_is_one_line() -> None:
    assert issue_line(Issue("FB500", "expected a date")) == "FB500 expected a date"
    found = Issue("FB203", "no such path", "plan.goalz", location="records/plan.yaml:3:1", severity="warning")
    assert issue_line(found) == "FB203 warning records/plan.yaml:3:1 plan.goalz: no such path"


def test_away_from_a_terminal_there_is_no_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress([1, 2, 3], "mapping") as items:
        assert list(items) == [1, 2, 3]
    assert capsys.readouterr().err == ""


def on_a_terminal(script: str) -> str:
    """Return what a script prints when stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, "-c", script], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait() == 0, b"".join(parts).decode()
    return b"".join(parts).decode()


def test_on_a_terminal_rows_are_a_table_with_headings() -> None:
    script = f"from fhirbridge.cli.output import print_rows\nprint_rows({ROWS!r}, ['id', 'state'], as_json=False)"
    told = on_a_terminal(script)
    assert "state" in told
    assert "m-1" in told


def test_on_a_terminal_long_work_has_a_bar() -> None:
    script = (
        "from fhirbridge.cli.output import progress\n"
        "with progress([1, 2, 3], 'mapping') as items:\n"
        "    print(sum(items))\n"
    )
    told = on_a_terminal(script)
    assert "mapping" in told
    assert "100%" in told
