"""Profiles in company: what a resource contains, circles of references, and the rarer ways to tell items apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.packages import CORE, GUIDE, make_profile, make_profiles, make_structure, told

from fhirbridge.fhir.fhirpath import NO_SCENE
from fhirbridge.validation.check import Checker
from fhirbridge.validation.profiles import Conformity

Tree = dict[str, Any]


def points_at(name: str, *types: str) -> Tree:
    """Return a Goal profile whose addresses have to fit a profile of the same package."""
    element = {
        "path": "Goal.addresses",
        "type": [{"code": "Reference", "targetProfile": [f"{GUIDE}{t}" for t in types]}],
    }
    return make_structure(name, "Goal", element)


def test_what_is_named_in_a_bundle_is_held_to_the_target_profile() -> None:
    blood = make_structure("blood", "Observation", {"path": "Observation.note", "min": 1})
    checker = Checker(make_profiles(points_at("mine", "blood"), blood))
    goal = {
        "resourceType": "Goal",
        "meta": {"profile": [f"{GUIDE}mine"]},
        "addresses": [{"reference": "urn:uuid:b3f5f3a2-5c0f-4f4b-9d0a-0f5d5a1f3f01"}],
    }
    observation: Tree = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    entries = [
        {"fullUrl": "urn:uuid:b3f5f3a2-5c0f-4f4b-9d0a-0f5d5a1f3f00", "resource": goal},
        {"fullUrl": "urn:uuid:b3f5f3a2-5c0f-4f4b-9d0a-0f5d5a1f3f01", "resource": observation},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    rules = [each.rule for each in checker.check(bundle) if each.profile.startswith(f"{GUIDE}mine")]
    assert rules == ["reference-target"]
    observation["note"] = [{"text": "x"}]
    assert [each for each in checker.check(bundle) if each.profile] == []


def test_resources_that_name_each_other_are_judged_once() -> None:
    asked: list[str] = []

    def judge(resource: Any, canonical: str) -> bool | None:
        asked.append(canonical)
        return fits(resource, canonical)

    fits = Conformity(judge)
    assert fits({}, "urn:a") is True
    tree: Tree = {}
    assert [fits(tree, "urn:b"), fits(tree, "urn:b")] == [True, True]
    assert asked == ["urn:a", "urn:b"]


def test_a_resource_sees_what_it_contains_itself() -> None:
    inside = points_at("inside", "blood")
    profile = make_profiles(inside, make_structure("blood", "Observation")).find(inside["url"])
    assert profile is not None
    contained = {"resourceType": "Observation", "id": "o", "fits": True}
    named = {"resourceType": "Goal", "contained": [contained], "addresses": [{"reference": "#o"}]}
    scene = replace(
        NO_SCENE,
        resource={"resourceType": "Bundle"},
        root={"resourceType": "Bundle"},
        conforms_to=lambda tree, _: "fits" in tree,
    )
    assert told(profile, named, scene) == []
    assert told(profile, {**named, "contained": [{"resourceType": "Observation", "id": "o"}]}, scene) == [
        ("Goal.addresses[0]", "reference-target")
    ]
    elsewhere = [{"reference": "#"}, {"reference": "Observation/1"}]  # a Goal is ruled out by R4 itself
    assert told(profile, {**named, "addresses": elsewhere}, scene) == []


def test_a_contained_resource_sees_what_stands_beside_it() -> None:
    inside = points_at("inside", "blood")
    profile = make_profiles(inside, make_structure("blood", "Observation")).find(inside["url"])
    assert profile is not None
    named = {"resourceType": "Goal", "id": "g", "addresses": [{"reference": "#o"}]}
    beside: Tree = {"resourceType": "Observation", "id": "o"}
    around = {"resourceType": "CarePlan", "contained": [named, beside]}
    scene = replace(
        NO_SCENE,
        resource=around,
        root=around,
        resolve=lambda text: beside,
        conforms_to=lambda *_: False,
    )
    assert told(profile, named, scene) == [("Goal.addresses[0]", "reference-target")]


def sliced(by: str, *elements: Tree, type_: str = "value") -> Any:
    slicing = {"discriminator": [{"type": type_, "path": by}], "rules": "open"}
    return make_profile(
        "Observation",
        {"path": "Observation.component", "slicing": slicing},
        {"path": "Observation.component", "sliceName": "a", "max": "0"},
        *elements,
    )


@pytest.mark.parametrize("by", ["value.ofType(string)", "value"])
def test_items_are_told_by_a_value_of_one_type(by: str) -> None:
    profile = sliced(by, {"path": "Observation.component.valueString", "fixedString": "x"})
    assert told(profile, {"component": [{"valueString": "x"}]}) == [("Observation.component", "slice-max")]
    assert told(profile, {"component": [{"valueString": "y"}, {"valueInteger": 1}]}) == []


def test_items_are_told_by_the_type_of_a_choice_below_them() -> None:
    profile = sliced("value", {"path": "Observation.component.valueString", "min": 1}, type_="type")
    assert told(profile, {"component": [{"valueInteger": 1}]}) == []
    assert told(profile, {"component": [{"valueString": "x"}]}) == [("Observation.component", "slice-max")]


def test_items_are_told_by_a_profile_that_is_a_type_of_r4() -> None:
    goal = {"path": "Bundle.entry.resource", "type": [{"code": "Goal", "profile": [f"{CORE}Goal"]}]}
    by = {"discriminator": [{"type": "profile", "path": "resource"}], "rules": "open"}
    profile = make_profile(
        "Bundle", {"path": "Bundle.entry", "slicing": by}, {"path": "Bundle.entry", "sliceName": "g", "max": "0"}, goal
    )
    assert told(profile, {"entry": [{"resource": {"resourceType": "Task"}}]}) == []
    assert told(profile, {"entry": [{"resource": {"resourceType": "Goal"}}]}) == [("Bundle.entry", "slice-max")]


@pytest.mark.parametrize(
    ("by", "type_"), [("%x", "value"), ("text", "exists"), ("text", "colour"), ("code", "profile")]
)
def test_a_slicing_that_is_not_understood_is_a_gap(by: str, type_: str) -> None:
    assert len(sliced(by, type_=type_).gaps) == 1


def test_lists_of_primitives_have_items_and_extensions_beside_them() -> None:
    profile = make_profile(
        "Patient",
        {"path": "Patient.name.given", "min": 2, "maxLength": 3},
        {"path": "Patient.name.given.id", "max": "0"},
    )
    name = {"given": ["Ines", None], "_given": [None, {"id": "x"}]}
    assert told(profile, {"name": [name]}) == [
        ("Patient.name[0].given[0]", "max-length"),
        ("Patient.name[0].given[1].id", "cardinality-max"),
    ]


def test_true_is_not_one() -> None:
    profile = make_profile("Patient", {"path": "Patient.active", "fixedBoolean": True})
    assert told(profile, {"active": 1}) == [("Patient.active", "fixed")]
    assert told(profile, {"active": True}) == []


def test_values_that_cannot_be_compared_break_no_limit() -> None:
    profile = make_profile("Goal", {"path": "Goal.target.detailInteger", "minValueInteger": 3})
    assert told(profile, {"target": [{"detailInteger": "x"}, {"detailInteger": 2}]}) == [
        ("Goal.target[1].detailInteger", "min-value")
    ]
