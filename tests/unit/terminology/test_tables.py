"""Code tables: reading, both directions, what is refused."""

from __future__ import annotations

import pytest

from fhirbridge.terminology.tables import TableError, parse_table

HEAD = "source,system,target,display,equivalence,back\n"


def test_a_table_looks_up_both_ways() -> None:
    table = parse_table("t", f'{HEAD}a,urn:x,1,"One, first",equal,\n')
    assert table.forward["a"].display == "One, first"
    assert table.backward["urn:x", "1"].source == "a"


def test_the_preferred_way_back_wins() -> None:
    table = parse_table("t", f"{HEAD}a,,1,,narrower,\nb,,1,,narrower,yes\n")
    assert table.backward["", "1"].source == "b"
    assert table.ambiguous_targets() == ()


def test_a_shared_target_without_a_preference_is_ambiguous() -> None:
    table = parse_table("t", f"{HEAD}a,,1,,equal,\nb,,1,,equal,\nc,,2,,equal,\n")
    assert [row.source for row in table.ambiguous_targets()] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("code,target\n", 1),
        ("", 1),
        (f"{HEAD}a,,1,,equal\n", 2),
        (f"{HEAD},,1,,equal,\n", 2),
        (f"{HEAD}a,,1,,alike,\n", 2),
        (f"{HEAD}a,,1,,equal,Yes\n", 2),
        (HEAD.replace(",", ";"), 1),
        (f"{HEAD}a,,1,,equal,\na,,2,,equal,\n", 3),
        (f'{HEAD}a,,"1,,equal,\n', 2),
    ],
)
def test_a_bad_table_names_its_line(text: str, line: int) -> None:
    with pytest.raises(TableError) as caught:
        parse_table("t", text)
    assert caught.value.line == line


def test_a_code_without_a_system_finds_its_way_back() -> None:
    table = parse_table("t", f"{HEAD}a,urn:x,1,,equal,\nb,urn:y,1,,equal,\n")
    back = table.find_back(None, "1")
    assert back is not None and back.source == "a"


def test_empty_lines_of_a_spreadsheet_are_skipped() -> None:
    assert len(parse_table("t", f"{HEAD}a,,1,,equal,\n,,,,,\n\n").rows) == 1
