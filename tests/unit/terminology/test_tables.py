"""Code tables: reading, both directions, what is refused."""

from __future__ import annotations

import pytest

from fhirbridge.terminology.tables import TableError, format_table, parse_table

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
        (f"{HEAD}a,,1,,fixed,\n", 2),
        (f"{HEAD}a,,,,unmatched,yes\n", 2),
        (f"{HEAD}*,,1,,equal,\n", 2),
        (f"{HEAD}*,,1,,fixed,\n*,,2,,fixed,\n", 3),
        (f"{HEAD}*,,,,fixed,\n", 2),
        (f"{HEAD}*,,1,,provided,\n", 2),
        (f"{HEAD}*,urn:x,other,,other-map,\n", 2),
        (f"{HEAD}{'a' * 1_001},,1,,equal,\n", 2),
        (f"# made: today\n{HEAD}", 1),
        (HEAD.replace("back", "back,note"), 1),
        (f"{HEAD}a,,1,,wider,\na,,2,,inexact,\na,,3,,subsumes,\n", 4),
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


def test_of_several_targets_the_nearest_is_taken() -> None:
    table = parse_table("t", f"{HEAD}a,,1,,inexact,\na,,2,,equivalent,\na,,3,,wider,\n")
    assert table.forward["a"].target == "2"
    assert [table.find_back("", each) is not None for each in ("1", "2", "3")] == [False, True, False]


def test_a_target_that_is_not_the_nearest_goes_back_where_it_is_marked() -> None:
    table = parse_table("t", f"{HEAD}a,,1,,equal,\na,,2,,narrower,yes\n")
    back = table.find_back("", "2")
    assert back is not None and back.source == "a"


@pytest.mark.parametrize("word", ["unmatched", "disjoint"])
def test_a_code_without_a_match_is_known_and_never_translated(word: str) -> None:
    table = parse_table("t", f"{HEAD}a,,1,,equal,\nb,,,,{word},\n*,,9,,fixed,\n")
    assert table.has_line("b")
    assert table.find_row("b") is None
    assert table.find_back("", "") is None


def test_a_disjoint_target_is_never_used() -> None:
    table = parse_table("t", f"{HEAD}a,,1,,disjoint,\na,,2,,inexact,\n")
    assert table.forward["a"].target == "2"
    assert table.find_back("", "1") is None


def test_every_other_code_becomes_the_fixed_one() -> None:
    row = parse_table("t", f"{HEAD}a,,1,,equal,\n*,urn:x,9,Other,fixed,\n").find_row("zebra")
    assert row is not None
    assert (row.system, row.target, row.display, row.line) == ("urn:x", "9", "Other", 3)


def test_every_other_code_is_kept_and_comes_back() -> None:
    table = parse_table("t", f"{HEAD}a,urn:x,1,,equal,\n*,urn:x,,,provided,\n")
    row, back = table.find_row("zebra"), table.find_back("urn:x", "zebra")
    assert row is not None and (row.system, row.target) == ("urn:x", "zebra")
    assert back is not None and back.source == "zebra"


@pytest.mark.parametrize(("system", "code"), [("urn:y", "zebra"), ("urn:x", "a"), ("urn:x", "b")])
def test_a_code_that_was_not_kept_does_not_come_back(system: str, code: str) -> None:
    text = f"{HEAD}a,urn:x,1,,equal,\nb,,,,unmatched,\n*,urn:x,,,provided,\n"
    assert parse_table("t", text).find_back(system, code) is None


@pytest.mark.parametrize(
    ("lines", "ambiguous"),
    [
        ("*,,9,,fixed,\n", ["*"]),
        ("a,,9,,equal,\n*,,9,,fixed,\n", ["a", "*"]),
        ("a,,9,,equal,yes\n*,,9,,fixed,\n", []),
        ("a,,9,,equal,\n*,,,,provided,\n", ["a", "9"]),
        ("a,,9,,equal,yes\n*,,,,provided,\n", []),
        ("a,,a,,equal,\n*,,,,provided,\n", []),
        ("a,urn:x,9,,equal,\n*,,,,provided,\n", []),
    ],
)
def test_what_every_other_code_becomes_must_have_a_way_back(lines: str, ambiguous: list[str]) -> None:
    assert [row.source for row in parse_table("t", HEAD + lines).ambiguous_targets()] == ambiguous


def test_version_and_address_stand_above_the_header() -> None:
    table = parse_table("t", f"# version: 1.2.0,,,,,\n# url: https://a.example/cm\n{HEAD}a,,1,,equal,\n")
    assert (table.version, table.url, table.rows[0].line) == ("1.2.0", "https://a.example/cm", 4)


def test_a_table_has_an_end() -> None:
    with pytest.raises(TableError, match="more than 100000 lines"):
        parse_table("t", HEAD + "".join(f"a{number},,1,,equal,\n" for number in range(100_001)))


def test_what_is_written_reads_as_the_same_table() -> None:
    text = (
        "# version: 2\nsource,system,target,display,equivalence,back,comment\n"
        'a,urn:x,1,"One, first",narrower,yes,as we see it\nb,urn:x,1,,equal,,\nc,,,,unmatched,,\n*,urn:x,9,,fixed,,\n'
    )
    assert format_table(parse_table("t", text)) == text
