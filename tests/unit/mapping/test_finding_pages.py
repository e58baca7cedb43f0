"""Every page of docs/findings tells the truth: its bad sample has that finding where it says so, its good one none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.finding_pages import PAGES, findings, place_of, sample, sections

from fhirbridge.mapping.findings import RULES

CODES = sorted(RULES)


@pytest.mark.parametrize("code", CODES)
def test_a_bad_sample_has_its_finding_at_the_marked_line_and_no_other(tmp_path: Path, code: str) -> None:
    bad = sample(sections((PAGES / f"{code}.md").read_text("utf-8"))["Bad"], code)
    found = findings(tmp_path, bad.files)
    assert {issue.code for issue in found} == {code}, found
    assert bad.marked, "no line of the sample is marked"
    assert {place_of(issue) for issue in found} == bad.marked, found


@pytest.mark.parametrize("code", CODES)
def test_a_good_sample_has_no_finding(tmp_path: Path, code: str) -> None:
    good = sample(sections((PAGES / f"{code}.md").read_text("utf-8"))["Good"], code)
    assert findings(tmp_path, good.files) == []
