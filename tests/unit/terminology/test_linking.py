"""Tables that go on in other tables: what is found where, and that every chain ends."""

from __future__ import annotations

import pytest

from fhirbridge.terminology.tables import CodeTable, TableError, link_table, parse_table

HEAD = "source,system,target,display,equivalence,back\n"


def tables(**texts: str) -> dict[str, CodeTable]:
    return {name: parse_table(name, HEAD + text) for name, text in texts.items()}


def test_a_code_that_one_table_lacks_is_looked_up_in_the_next() -> None:
    linked = link_table("a", tables(a="x,,1,,equal,\n*,,b,,other-map,\n", b="x,,9,,equal,\ny,,2,,equal,\n"))
    x, y = linked.find_row("x"), linked.find_row("y")
    assert x is not None and (x.target, x.table, x.line) == ("1", "a", 2)
    assert y is not None and (y.target, y.table, y.line) == ("2", "b", 3)
    assert linked.others == ("b",)


def test_the_way_back_goes_through_the_chain_too() -> None:
    linked = link_table("a", tables(a="x,,1,,equal,\n*,,b,,other-map,\n", b="y,,2,,equal,\n"))
    back = linked.find_back("", "2")
    assert back is not None and back.source == "y"
    assert linked.ambiguous_targets() == ()


def test_a_target_shared_by_two_tables_is_ambiguous() -> None:
    linked = link_table("a", tables(a="x,,1,,equal,\n*,,b,,other-map,\n", b="y,,1,,equal,\n"))
    assert [(row.table, row.line) for row in linked.ambiguous_targets()] == [("a", 2), ("b", 2)]


def test_what_the_last_table_does_with_other_codes_holds_for_the_chain() -> None:
    linked = link_table("a", tables(a="x,,1,,equal,\n*,,b,,other-map,\n", b="y,,2,,equal,\n*,,9,,fixed,\n"))
    row = linked.find_row("zebra")
    assert row is not None and (row.target, row.table, row.line) == ("9", "b", 3)


def test_no_match_in_the_first_table_is_not_looked_up_in_the_next() -> None:
    linked = link_table("a", tables(a="x,,,,unmatched,\n*,,b,,other-map,\n", b="x,,9,,equal,\n"))
    assert linked.find_row("x") is None
    assert linked.has_line("x")


def test_no_match_in_the_next_table_is_known_in_the_first() -> None:
    linked = link_table("a", tables(a="y,,1,,equal,\n*,,b,,other-map,\n", b="x,,,,unmatched,\n*,,9,,fixed,\n"))
    assert linked.has_line("x")
    assert linked.find_row("x") is None


@pytest.mark.parametrize("name", ["https://b.example/cm", "https://fhirbridge.org/fhir/ConceptMap/b"])
def test_another_table_is_found_by_its_address(name: str) -> None:
    own = parse_table("a", f"{HEAD}*,,{name},,other-map,\n")
    other = parse_table("b", f"# url: https://b.example/cm\n{HEAD}y,,2,,equal,\n")
    assert link_table("a", {"a": own, "b": other}).find_row("y") is not None


def test_a_chain_that_comes_back_to_itself_is_refused_at_the_line_that_closes_it() -> None:
    with pytest.raises(TableError, match="a → b → a") as caught:
        link_table("a", tables(a="*,,b,,other-map,\n", b="y,,2,,equal,\n*,,a,,other-map,\n"))
    assert (caught.value.table, caught.value.line) == ("b", 3)


def test_a_table_that_goes_on_in_none_of_the_maps_tables_is_refused() -> None:
    with pytest.raises(TableError, match="no table `b`") as caught:
        link_table("a", tables(a="*,,b,,other-map,\n"))
    assert (caught.value.table, caught.value.line) == ("a", 2)


def test_a_chain_is_not_longer_than_eight_tables() -> None:
    chain = {f"t{n}": f"c{n},,{n},,equal,\n*,,t{n + 1},,other-map,\n" for n in range(9)} | {"t9": "c9,,9,,equal,\n"}
    with pytest.raises(TableError, match="without end"):
        link_table("t0", tables(**chain))
    assert len(link_table("t2", tables(**chain)).forward) == 8


def test_a_table_that_stands_alone_is_itself() -> None:
    alone = tables(a="x,,1,,equal,\n")
    assert link_table("a", alone) is alone["a"]
