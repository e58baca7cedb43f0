from __future__ import annotations

from typing import Any

import pytest
from tests.support.terminology import COLOUR, FRUIT, FRUIT_MAP, make_map, make_terminology

from fhirbridge.terminology.answers import Coding
from fhirbridge.terminology.tables import parse_table
from fhirbridge.terminology.translation import ConceptMap

LEMON = Coding(FRUIT, "lemon")


def target(code: str, equivalence: str = "equivalent", **more: Any) -> dict[str, Any]:
    return {"code": code, "equivalence": equivalence, **more}


def group(*elements: tuple[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    rows = [{"code": code, "target": targets} for code, targets in elements]
    return {"source": FRUIT, "target": COLOUR, "element": rows, **more}


def found(map_: dict[str, Any], coding: Coding = LEMON, *others: Any, back: bool = False) -> list[tuple[str, str]]:
    terminology = make_terminology(map_, *others)
    concept_map = terminology.find_map(map_["url"])
    assert concept_map
    matches = (terminology.translate_back if back else terminology.translate)(concept_map, coding)
    return [(each.equivalence, each.target.code if each.target else "") for each in matches]


def test_every_target_is_told_the_nearest_first() -> None:
    two = make_map(group(("lemon", [target("pale", "wider"), target("yellow")])))
    assert found(two) == [("equivalent", "yellow"), ("wider", "pale")]


def test_a_code_of_another_system_or_of_none_in_the_map_has_no_target() -> None:
    one = make_map(group(("lemon", [target("yellow")])))
    assert found(one, Coding("urn:other", "lemon")) == []
    assert found(one, Coding(FRUIT, "plum")) == []
    assert found(one, Coding("", "lemon")) == [("equivalent", "yellow")]


@pytest.mark.parametrize("targets", [[], [{"equivalence": "unmatched"}]])
def test_what_has_no_match_is_said_so(targets: list[dict[str, Any]]) -> None:
    terminology = make_terminology(make_map(group(("lemon", targets))))
    map_ = terminology.find_map(FRUIT_MAP)
    assert map_
    (match,) = terminology.translate(map_, LEMON)
    assert (match.equivalence, match.target, match.is_translation) == ("unmatched", None, False)


def test_the_way_back_is_seen_from_the_other_side() -> None:
    rows = group(("lemon", [target("yellow", "wider")]), ("banana", [target("yellow")]))
    assert found(make_map(rows), Coding(COLOUR, "yellow"), back=True) == [
        ("equivalent", "banana"),
        ("narrower", "lemon"),
    ]
    assert found(make_map(rows), Coding("urn:other", "yellow"), back=True) == []


@pytest.mark.parametrize(
    ("unmapped", "expected"),
    [
        ({"mode": "provided"}, [("equal", "plum")]),
        ({"mode": "fixed", "code": "grey"}, [("relatedto", "grey")]),
        ({"mode": "other-map", "url": "urn:map:other"}, [("equivalent", "blue")]),
        ({"mode": "other-map", "url": "urn:map:none"}, []),
    ],
)
def test_any_other_code_goes_where_the_map_says(unmapped: dict[str, str], expected: list[tuple[str, str]]) -> None:
    other = make_map(group(("plum", [target("blue")])), url="urn:map:other")
    first = make_map(group(("lemon", [target("yellow")]), unmapped=unmapped))
    assert found(first, Coding(FRUIT, "plum"), other) == expected


def test_maps_that_go_on_in_a_circle_end() -> None:
    ring = [make_map(group(unmapped={"mode": "other-map", "url": f"urn:{b}"}), url=f"urn:{a}") for a, b in ("ab", "ba")]
    assert found(ring[0], LEMON, ring[1]) == []


def test_a_map_that_depends_on_more_than_the_code_is_not_used() -> None:
    depends = [{"property": "urn:p", "value": "x"}]
    terminology = make_terminology(make_map(group(("lemon", [target("yellow", dependsOn=depends)]))))
    map_ = terminology.find_map(FRUIT_MAP)
    assert map_
    assert "dependsOn" in map_.fault
    assert terminology.translate(map_, LEMON) == []


def test_a_code_table_is_a_concept_map() -> None:
    text = (
        "source,system,target,display,equivalence,back\n"
        f"L,{COLOUR},yellow,Yellow,equivalent,yes\nB,{COLOUR},yellow,Yellow,wider,\nX,,,,unmatched,\n*,,,,provided,\n"
    )
    terminology = make_terminology().with_tables([parse_table("fruit", text)])
    map_ = terminology.find_map("https://fhirbridge.org/fhir/ConceptMap/fruit")
    assert map_
    assert terminology.translate(map_, Coding(code="B"))[0].target == Coding(COLOUR, "yellow", "Yellow")
    assert [each.target.code for each in terminology.translate_back(map_, Coding(COLOUR, "yellow")) if each.target] == [
        "L",
        "B",
    ]
    assert [each.equivalence for each in terminology.translate(map_, Coding(code="X"))] == ["unmatched"]
    assert [each.equivalence for each in terminology.translate(map_, Coding(code="Q"))] == ["equal"]


def test_maps_are_found_by_the_system_they_start_from() -> None:
    terminology = make_terminology(make_map(group(("lemon", [target("yellow")]))), make_map(url="urn:empty"))
    assert [each.url for each in terminology.maps_from(FRUIT)] == [FRUIT_MAP]


def test_of_one_url_the_first_table_is_taken() -> None:
    lines = [f"source,system,target,display,equivalence,back\nL,,{code},,equal,\n" for code in ("a", "b")]
    terminology = make_terminology().with_tables(parse_table("t", each) for each in lines)
    map_ = terminology.find_map("https://fhirbridge.org/fhir/ConceptMap/t")
    assert isinstance(map_, ConceptMap)
    assert [each.target.code for each in terminology.translate(map_, Coding(code="L")) if each.target] == ["a"]
