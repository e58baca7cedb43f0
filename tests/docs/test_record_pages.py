"""docs/records/ says what records and maps say now."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from fhirbridge.records import KINDS
from fhirbridge.services.definitions import find_defaults
from fhirbridge.services.maps.pages.records import INDEX, record_pages

PAGES = Path(__file__).parents[2] / "docs" / "records"
HINT = "stale: run `fhirbridge docs records docs/records`"


@cache
def made() -> dict[str, str]:
    return record_pages(find_defaults() / "mappings")


def test_every_kind_has_a_page_and_no_page_is_left_over() -> None:
    assert set(made()) == {INDEX, *(f"{kind}.md" for kind in KINDS)}
    assert {file.name for file in PAGES.glob("*.md")} == set(made())


@pytest.mark.parametrize("name", [INDEX, *(f"{kind}.md" for kind in KINDS)])
def test_a_page_says_what_the_map_says(name: str) -> None:
    assert (PAGES / name).read_text("utf-8") == made()[name], HINT


def test_every_plain_field_says_where_it_goes_or_why_nowhere() -> None:
    rows = [line for page in made().values() for line in page.splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |  |") and "| object" not in row] == []
