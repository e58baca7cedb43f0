from __future__ import annotations

from typing import Any

import pytest
from tests.support.terminology import FRUIT, FRUIT_SET, FRUIT_TREE, concept, make_set, make_system, make_terminology

from fhirbridge.terminology import answers, expansion
from fhirbridge.terminology.expansion import Wish
from fhirbridge.terminology.service import NotKnown, Terminology

ALL = {"system": FRUIT}
EVERY = ["citrus", "lemon", "orange", "plum", "apple"]


def codes(terminology: Terminology, *wish: Any) -> list[str]:
    return [each.concept.code for each in terminology.expand(FRUIT_SET, Wish(*wish)).entries]


def test_codes_come_in_the_order_of_the_definition_and_once() -> None:
    terminology = make_terminology(FRUIT_TREE, make_set(ALL, {"system": FRUIT, "concept": [{"code": "lemon"}]}))
    assert codes(terminology) == EVERY


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (("CIT",), ["citrus"]),
        (("le cit",), []),
        (("", 1, 2), ["lemon", "orange"]),
        (("", 4, 9), ["apple"]),
        (("", 0, 0), []),
        (("", 0, None, True), ["citrus", "lemon", "orange", "apple"]),
    ],
)
def test_a_wish_is_heard(wish: tuple[Any, ...], expected: list[str]) -> None:
    assert codes(make_terminology(FRUIT_TREE, make_set(ALL)), *wish) == expected


def test_the_total_counts_all_pages() -> None:
    found = make_terminology(FRUIT_TREE, make_set(ALL)).expand(FRUIT_SET, Wish("", 1, 1))
    assert (found.total, found.offset, found.is_closed) == (5, 1, True)


def test_filters_exclusions_and_nested_sets_are_followed() -> None:
    citrus = {"system": FRUIT, "filter": [{"property": "concept", "op": "descendent-of", "value": "citrus"}]}
    inner = make_set(citrus, url="urn:inner")
    outer = make_set({"valueSet": ["urn:inner"]}, exclude=[{"system": FRUIT, "concept": [{"code": "lemon"}]}])
    assert codes(make_terminology(FRUIT_TREE, inner, outer)) == ["orange"]


def test_a_value_set_shows_its_own_display() -> None:
    part = {"system": FRUIT, "concept": [{"code": "plum", "display": "Prune"}, {"code": "apple"}]}
    found = make_terminology(FRUIT_TREE, make_set(part)).expand(FRUIT_SET)
    assert [(each.concept.display, each.concept.is_inactive) for each in found.entries] == [
        ("Prune", True),
        ("Apple", False),
    ]


def test_named_codes_of_a_system_that_is_not_loaded_can_be_listed() -> None:
    part = {"system": "http://snomed.info/sct", "concept": [{"code": "1", "display": "One"}]}
    found = make_terminology(make_set(part)).expand(FRUIT_SET)
    assert [(each.concept.code, each.concept.display, each.version) for each in found.entries] == [("1", "One", "")]


def test_a_part_of_a_system_is_listed_and_said_to_be_open() -> None:
    found = make_terminology({**FRUIT_TREE, "content": "example"}, make_set(ALL)).expand(FRUIT_SET)
    assert (len(found.entries), found.is_closed) == (5, False)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"system": "http://snomed.info/sct"}, answers.SYSTEM_UNKNOWN),
        ({"system": "urn:ietf:bcp:13"}, answers.NOT_LISTED),
        ({"system": FRUIT, "valueSet": ["urn:none"]}, answers.VALUE_SET_UNKNOWN),
        ({"valueSet": [FRUIT_SET]}, answers.CYCLE),
        ({"system": FRUIT, "version": "9"}, answers.NOT_LISTED),
    ],
)
def test_what_cannot_be_counted_out_is_refused(part: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotKnown, match=reason):
        make_terminology(FRUIT_TREE, make_set(part)).expand(FRUIT_SET)


def test_an_expansion_that_came_along_stands_in() -> None:
    tree = make_set({"system": "urn:none"}, expansion={"contains": [{"system": "urn:none", "code": "a"}]})
    assert codes(make_terminology(tree)) == ["a"]
    with pytest.raises(NotKnown, match=answers.SYSTEM_UNKNOWN):
        codes(make_terminology({**tree, "expansion": {**tree["expansion"], "total": 2}}))


def test_too_many_codes_want_a_page() -> None:
    many = make_system(*(concept(str(number)) for number in range(expansion.MAX_PAGE + 1)))
    terminology = make_terminology(many, make_set(ALL))
    with pytest.raises(NotKnown, match=answers.TOO_COSTLY):
        codes(terminology)
    assert len(codes(terminology, "", 0, 5000)) == expansion.MAX_PAGE
    assert len(codes(terminology, "", 1, None)) == expansion.MAX_PAGE


def test_codes_that_may_not_be_shipped_are_not_listed() -> None:
    with pytest.raises(NotKnown, match=answers.WITHHELD):
        Terminology.core().expand("http://hl7.org/fhir/ValueSet/c80-doc-typecodes")
