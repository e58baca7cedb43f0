from __future__ import annotations

from typing import Any

import pytest
from tests.support.terminology import FRUIT, FRUIT_SET, FRUIT_TREE, concept, make_set, make_system

from fhirbridge.terminology.resources import NotReadable, read_code_system, read_value_set
from fhirbridge.terminology.systems import ListedSystem

UNCLOSED = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed"
HOSTILE: list[Any] = [None, 7, "x", [], {"concept": 7}, {"concept": [7]}, {"concept": [{"display": "no code"}]}]
HOSTILE += [{"concept": [{"code": {"a": 1}}]}, {"concept": [{"code": "a", "property": {"code": "b"}}]}, {"url": 7}]


def test_nested_concepts_have_those_around_them_as_parents() -> None:
    system = read_code_system(FRUIT_TREE)
    assert [(each.code, each.parents) for each in system.concepts[:3]] == [
        ("citrus", ()),
        ("lemon", ("citrus",)),
        ("orange", ("citrus",)),
    ]


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ([{"code": "parent", "valueCode": "a"}], []),
        ([{"code": "subsumedBy", "valueCode": "a"}], []),
        ([], [{"code": "child", "valueCode": "b"}]),
    ],
)
def test_parents_may_be_said_by_properties(child: list[Any], parent: list[Any]) -> None:
    system = ListedSystem(read_code_system(make_system(concept("a", property=parent), concept("b", property=child))))
    assert system.descendants("a") == {"b"}
    assert system.ancestors("b") == {"a"}


def test_flags_come_from_properties() -> None:
    found = {each.code: each for each in read_code_system(FRUIT_TREE).concepts}
    assert found["citrus"].is_abstract
    assert found["plum"].is_inactive
    assert not found["apple"].is_inactive


def test_a_coding_as_property_counts_by_its_code() -> None:
    tree = make_system(concept("a", property=[{"code": "seen", "valueCoding": {"system": "s", "code": "x"}}]))
    assert read_code_system(tree).concepts[0].properties[0].value == "x"


@pytest.mark.parametrize("tree", HOSTILE)
def test_what_is_no_code_system_is_refused(tree: Any) -> None:
    with pytest.raises(NotReadable):
        read_code_system(tree)


def test_depth_is_no_danger() -> None:
    tree: dict[str, Any] = {"code": "0"}
    for number in range(1, 5000):
        tree = {"code": str(number), "concept": [tree]}
    system = ListedSystem(read_code_system(make_system(tree)))
    assert len(system.descendants("4999")) == 4999


def test_a_circle_of_parents_ends() -> None:
    ring = [concept(a, property=[{"code": "parent", "valueCode": b}]) for a, b in ("ab", "bc", "ca")]
    system = ListedSystem(read_code_system(make_system(*ring)))
    assert system.descendants("a") == {"b", "c"}


def test_case_counts_unless_the_system_says_not() -> None:
    assert ListedSystem(read_code_system(FRUIT_TREE)).find("LEMON") is None
    folded = ListedSystem(read_code_system({**FRUIT_TREE, "caseSensitive": False}))
    assert folded.has("LEMON") is True
    assert folded.descendants("CITRUS") == {"lemon", "orange"}


@pytest.mark.parametrize(
    "part",
    [
        {"concept": [{"code": "a"}]},
        {},
        {"system": FRUIT, "modifierExtension": []},
        {"system": FRUIT, "valueSet": "x"},
        {"valueSet": [7]},
        {"system": FRUIT, "filter": [7]},
    ],
)
def test_a_value_set_that_is_not_understood_says_so_of_itself(part: dict[str, Any]) -> None:
    found = read_value_set(make_set(part))
    assert (found.url, found.is_readable) == (FRUIT_SET, False)


@pytest.mark.parametrize("tree", [7, {"url": 7}])
def test_a_value_set_needs_to_be_an_object_with_a_name(tree: Any) -> None:
    with pytest.raises(NotReadable):
        read_value_set(tree)


def test_an_expansion_is_read_with_what_is_nested() -> None:
    inner = {"system": FRUIT, "code": "lemon"}
    contains = [{"abstract": True, "display": "group", "contains": [inner]}, {"system": FRUIT, "code": "plum"}]
    found = read_value_set(make_set(expansion={"contains": contains}))
    assert [each.code for each in found.expansion or ()] == ["lemon", "plum"]


@pytest.mark.parametrize(
    ("more", "is_whole"),
    [
        ({}, True),
        ({"total": 1}, True),
        ({"total": 9}, False),
        ({"extension": [{"url": UNCLOSED, "valueBoolean": True}]}, False),
    ],
)  # fmt: skip
def test_an_expansion_tells_whether_it_is_whole(more: dict[str, Any], is_whole: bool) -> None:
    found = read_value_set(make_set(expansion={"contains": [{"system": FRUIT, "code": "plum"}], **more}))
    assert found.is_expansion_whole is is_whole
