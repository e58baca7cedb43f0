"""Snapshots: what becomes of a type when a differential is laid over it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.packages import CORE, GUIDE, make_package, make_profiles, make_structure

from fhirbridge.errors import BadPackage
from fhirbridge.validation.packages import Definitions
from fhirbridge.validation.profiles import Profiles
from fhirbridge.validation.snapshots import Node, Snapshot

Tree = dict[str, Any]


def snapshot_of(*structures: Tree) -> Snapshot:
    """Return the snapshot of the first of these definitions."""
    found = make_profiles(*structures).find(structures[0]["url"])
    assert found is not None
    return found.snapshot


def at(snapshot: Snapshot, *path: str) -> Node:
    """Return an element by its steps; `:name` is a slice."""
    node = snapshot.root
    for step in path:
        node = node.slices[step[1:]] if step.startswith(":") else snapshot.scope.children(node)[step]
    return node


def goal(*elements: Tree, **changes: Any) -> Snapshot:
    return snapshot_of(make_structure("mine", "Goal", *elements, **changes))


def test_what_a_differential_leaves_out_stays_as_r4_has_it() -> None:
    made = goal({"path": "Goal.description", "mustSupport": True})
    description = at(made, "description")
    assert (description.min, description.max, description.must_support) == (1, 1, True)
    assert description.types[0].code == "CodeableConcept"


def test_what_it_says_replaces() -> None:
    element = {
        "path": "Goal.subject",
        "type": [{"code": "Reference", "targetProfile": [f"{CORE}Patient"]}],
        "constraint": [{"key": "a-1", "severity": "error", "human": "x", "expression": "true"}],
        "comment": "Only clients.",
    }
    subject = at(goal(element), "subject")
    assert [each.targets for each in subject.types] == [(f"{CORE}Patient",)]
    assert [rule.key for rule in subject.rules] == ["a-1"]
    assert subject.note == "Only clients."


def test_a_chain_of_profiles_is_followed() -> None:
    base = make_structure("base", "Goal", {"path": "Goal.note", "max": "2"})
    mine = make_structure("mine", "Goal", {"path": "Goal.note", "min": 1}, baseDefinition=f"{GUIDE}base")
    note = at(snapshot_of(mine, base), "note")
    assert (note.min, note.max) == (1, 2)


def test_elements_of_datatypes_are_reached() -> None:
    made = goal({"path": "Goal.description.coding.system", "min": 1})
    assert at(made, "description", "coding", "system").min == 1


def test_a_slice_has_what_was_said_of_every_item_and_starts_at_none() -> None:
    made = goal(
        {"path": "Goal.category", "min": 2, "mustSupport": True},
        {"path": "Goal.category.text", "max": "0"},
        {"path": "Goal.category", "sliceName": "a", "max": "1"},
    )
    slice_ = at(made, "category", ":a")
    assert (slice_.min, slice_.max, slice_.must_support) == (0, 1, False)
    assert at(made, "category", ":a", "text").max == 0


def test_slices_of_slices_are_kept_inside() -> None:
    made = goal(
        {"path": "Goal.category", "sliceName": "a"},
        {"path": "Goal.category", "sliceName": "a/b", "min": 1},
        {"path": "Goal.category.text", "min": 1},
    )
    assert at(made, "category", ":a", ":b").min == 1
    assert at(made, "category", ":a", ":b", "text").min == 1


def test_ids_tell_slices_where_the_order_would_not() -> None:
    made = goal(
        {"id": "Goal.category:a", "path": "Goal.category", "sliceName": "a"},
        {"id": "Goal.category:b", "path": "Goal.category", "sliceName": "b"},
        {"id": "Goal.category:a.text", "path": "Goal.category.text", "min": 1},
    )
    assert [at(made, "category", f":{each}", "text").min for each in "ab"] == [1, 0]


def test_an_id_that_does_not_fit_the_path_is_not_trusted() -> None:
    made = goal({"path": "Goal.category", "sliceName": "a"}, {"id": "x", "path": "Goal.category.text", "min": 1})
    assert at(made, "category", ":a", "text").min == 1


def observation(*elements: Tree) -> Snapshot:
    return snapshot_of(make_structure("mine", "Observation", *elements))


@pytest.mark.parametrize(
    "element",
    [
        {"path": "Observation.valueQuantity", "mustSupport": True},
        {"path": "Observation.value[x]", "sliceName": "valueQuantity", "type": [{"code": "Quantity"}]},
        {"id": "Observation.value[x]:valueQuantity", "path": "Observation.valueQuantity", "sliceName": "valueQuantity"},
    ],
)
def test_each_way_to_write_a_type_of_a_choice_is_a_slice_of_it(element: Tree) -> None:
    value = at(observation(element), "value[x]")
    assert len(value.types) == 11
    assert [each.code for each in value.slices["valueQuantity"].types if each.code == "Quantity"] == ["Quantity"]


def test_a_type_that_is_required_leaves_no_room_for_others() -> None:
    value = at(observation({"path": "Observation.valueQuantity", "min": 1}), "value[x]")
    assert ([each.code for each in value.types], value.min) == (["Quantity"], 1)


def test_inside_a_slice_the_short_form_leaves_one_type() -> None:
    made = observation(
        {"path": "Observation.component", "sliceName": "a"},
        {"path": "Observation.component.valueQuantity.unit", "min": 1},
    )
    value = at(made, "component", ":a", "value[x]")
    assert [each.code for each in value.types] == ["Quantity"]
    assert value.children is not None
    assert value.children["unit"].min == 1


def test_an_element_that_is_like_another_has_its_children() -> None:
    made = observation({"path": "Observation.component.referenceRange.text", "min": 1})
    assert at(made, "component", "referenceRange", "text").min == 1


def test_an_element_with_parts_of_its_own_keeps_them_when_its_type_is_repeated() -> None:
    made = observation({"path": "Observation.component", "type": [{"code": "BackboneElement"}]})
    assert at(made, "component", "code").min == 1


def test_an_extension_stands_as_often_as_its_own_definition_says() -> None:
    extension = make_structure("mood", "Extension", differential={"element": [{"path": "Extension", "max": "1"}]})
    using = {
        "path": "Goal.extension",
        "sliceName": "mood",
        "type": [{"code": "Extension", "profile": [extension["url"]]}],
    }
    assert at(snapshot_of(make_structure("mine", "Goal", using), extension), "extension", ":mood").max == 1


def test_a_profile_of_a_datatype_gives_the_children_of_an_element() -> None:
    named = make_structure("named", "CodeableConcept", {"path": "CodeableConcept.text", "min": 1})
    element = {"path": "Goal.description", "type": [{"code": "CodeableConcept", "profile": [named["url"]]}]}
    made = snapshot_of(make_structure("mine", "Goal", element), named)
    assert at(made, "description", "text").min == 1


def test_a_binding_names_the_version_that_its_package_has() -> None:
    moods = {"resourceType": "ValueSet", "id": "moods", "url": "https://guide.example/moods", "version": "7"}
    element = {"path": "Goal.category", "binding": {"strength": "required", "valueSet": moods["url"]}}
    binding = at(snapshot_of(make_structure("mine", "Goal", element), moods), "category").binding
    assert binding is not None
    assert binding.value_set == "https://guide.example/moods|7"


def test_a_published_snapshot_stands_in_where_the_base_is_not_loaded() -> None:
    rules = [{"key": key, "severity": "error", "human": "x", "expression": "true"} for key in ("ele-1", "a-1")]
    published = {"element": [{"path": "Goal"}, {"path": "Goal.note", "min": 1, "constraint": rules}]}
    made = goal(baseDefinition="https://other.example/x", snapshot=published)
    assert (at(made, "note").min, [rule.key for rule in at(made, "note").rules]) == (1, ["a-1"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"baseDefinition": "https://other.example/x"}, "no package here has"),
        ({"baseDefinition": ""}, "rests on nothing"),
        ({"baseDefinition": f"{GUIDE}mine"}, "rests on itself"),
        ({"differential": {"element": [{"path": "Goal.colour"}]}}, "no element colour"),
        ({"differential": {"element": [{"path": "Goal.target.due[x].value"}]}}, "no element value"),
        ({"differential": {"element": [{"path": "Goal.note", "max": "many"}]}}, "not written"),
        ({"differential": {"element": [{"path": "Goal.note", "binding": {}}]}}, "not written"),
        ({"differential": {"element": [{"min": 1}]}}, "no differential"),
        ({"differential": {}}, "no differential"),
    ],
)
def test_a_profile_that_cannot_be_made_says_why(changes: Tree, words: str) -> None:
    with pytest.raises(BadPackage, match=words):
        goal(**changes)


def test_a_snapshot_is_made_once() -> None:
    profiles = Profiles(Definitions(added=(make_package(make_structure("mine", "Goal")),)))
    found = profiles.find(f"{GUIDE}mine")
    assert found is profiles.find(f"{GUIDE}mine|1.0.0")
    assert profiles.snapshots.find(f"{GUIDE}mine") is profiles.snapshots.find(f"{GUIDE}mine|1.0.0")
    assert profiles.snapshots.find(f"{GUIDE}other") is None
