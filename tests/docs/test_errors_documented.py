"""docs/errors.md describes each condition, with the numbers of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhirbridge.errors import CONDITIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
ROWS = {
    cells[0]: cells
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
    if line.startswith("| FB") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}


@pytest.mark.parametrize("code", CONDITIONS)
def test_each_condition_is_described_with_its_numbers(code: str) -> None:
    condition = CONDITIONS[code]
    assert ROWS[code][1:4] == [str(condition.status), condition.issue, str(condition.exit)]
    assert ROWS[code][4], "the meaning is told"


def test_no_code_is_described_that_does_not_exist() -> None:
    assert set(ROWS) - set(CONDITIONS) <= {"FB200"}, "FB2xx has the row of FB100 in the table"
