"""Proposals that nobody has looked at do not become active."""

from __future__ import annotations

import pytest

from fhirbridge.errors import ReleaseRefused
from fhirbridge.mapping.files import Bundle
from fhirbridge.services.maps.reviewing import count_marks, require_reviewed

ROWS = b"# Look at each REVIEW, then take it out\na => b  # REVIEW: name 0.81\n'REVIEW' := c\nd => e\n"


def test_lines_that_wait_for_a_look_are_counted_file_by_file() -> None:
    files = Bundle({"sources/a.yaml": ROWS, "tables/a.csv": b"x,,y,REVIEW: a guess\n", "records/b.yaml": b"a => b\n"})
    assert count_marks(files) == {"sources/a.yaml": 2, "tables/a.csv": 1}


def test_samples_may_hold_the_word() -> None:
    assert count_marks(Bundle({"tests/a.csv": b"REVIEW: due in May\n"})) == {}


def test_a_release_with_marks_is_refused_with_its_files() -> None:
    with pytest.raises(ReleaseRefused) as caught:
        require_reviewed(Bundle({"sources/a.yaml": ROWS}))
    [issue] = caught.value.issues
    assert (issue.location, issue.message) == ("sources/a.yaml", "lines with REVIEW: 2")


def test_a_release_without_marks_is_let_through() -> None:
    require_reviewed(Bundle({"sources/a.yaml": b"a => b\n"}))
