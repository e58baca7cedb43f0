"""What a profile holds a resource to: one test a kind of rule, the slices among them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.packages import CORE, GUIDE, issues_of, make_profile, make_profiles, make_structure, told

from fhirbridge.fhir.fhirpath import NO_SCENE, Scene

Tree = dict[str, Any]
RED: Tree = {"coding": [{"system": "urn:s", "code": "red"}]}
BLUE: Tree = {"coding": [{"system": "urn:s", "code": "blue"}]}
LEAF = {"system": "urn:s", "code": "leaf"}


def goal(**changes: Any) -> Tree:
    return {"resourceType": "Goal", **changes}


def observation(**changes: Any) -> Tree:
    return {"resourceType": "Observation", **changes}


RULES: list[tuple[Tree, Tree, Tree, str, str]] = [
    ({"path": "Goal.note", "min": 1}, goal(note=[{"text": "x"}]), goal(), "note", "cardinality-min"),
    ({"path": "Goal.note", "min": 2}, goal(note=[{}, {}]), goal(note=[{}]), "note", "cardinality-min"),
    ({"path": "Goal.note", "max": "1"}, goal(note=[{}]), goal(note=[{}, {}]), "note", "cardinality-max"),
    ({"path": "Goal.note", "max": "0"}, goal(), goal(note=[{}]), "note", "cardinality-max"),
    (
        {"path": "Goal.note.author[x]", "min": 1},
        goal(note=[{"authorString": "x"}]),
        goal(note=[{"authorString": "x"}, {}]),
        "note[1].author[x]",
        "cardinality-min",
    ),
    (
        {"path": "Goal.start[x]", "type": [{"code": "date"}]},
        goal(startDate="2026"),
        goal(startCodeableConcept={}),
        "startCodeableConcept",
        "type",
    ),
    (
        {"path": "Goal.lifecycleStatus", "fixedCode": "active"},
        goal(lifecycleStatus="active"),
        goal(lifecycleStatus="planned"),
        "lifecycleStatus",
        "fixed",
    ),
    (
        {"path": "Goal.priority", "patternCodeableConcept": RED},
        goal(priority=RED),
        goal(priority=BLUE),
        "priority",
        "pattern",
    ),
    (
        {"path": "Goal.note.text", "maxLength": 3},
        goal(note=[{"text": "abc"}]),
        goal(note=[{"text": "abcd"}]),
        "note[0].text",
        "max-length",
    ),
    (
        {"path": "Goal.startDate", "minValueDate": "2026-02"},
        goal(startDate="2026-02-01"),
        goal(startDate="2026-01-31"),
        "startDate",
        "min-value",
    ),
    (
        {"path": "Goal.startDate", "maxValueDate": "2026-02"},
        goal(startDate="2026-02-28"),
        goal(startDate="2026-03"),
        "startDate",
        "max-value",
    ),
    (
        {"path": "Goal.target.detailQuantity", "maxValueQuantity": {"value": 5, "code": "d"}},
        goal(
            target=[
                {"detailQuantity": {"value": 9, "code": "wk"}},
                {"detailQuantity": {"value": Decimal("5.0"), "code": "d"}},
            ]
        ),
        goal(target=[{"detailQuantity": {"value": 6, "code": "d"}}]),
        "target[0].detailQuantity",
        "max-value",
    ),
    (
        {
            "path": "Goal",
            "constraint": [{"key": "a-1", "severity": "warning", "human": "Say why", "expression": "note.exists()"}],
        },
        goal(note=[{"text": "x"}]),
        goal(),
        "",
        "a-1",
    ),
    (
        {"path": "Goal.subject", "type": [{"code": "Reference", "targetProfile": [f"{CORE}Patient"]}]},
        goal(subject={"reference": "https://ehr.example/Patient/1"}),
        goal(subject={"reference": "Group/1"}),
        "subject",
        "reference-target",
    ),
    (
        {"path": "Goal.subject", "type": [{"code": "Reference", "targetProfile": [f"{CORE}Patient"]}]},
        goal(subject={"display": "somebody"}),
        goal(subject={"reference": "urn:uuid:1", "type": "Group"}),
        "subject",
        "reference-target",
    ),
    (
        {"path": "Goal.priority.coding.system", "min": 1},
        goal(priority=RED),
        goal(priority={"coding": [RED["coding"][0], {"code": "x"}]}),
        "priority.coding[1].system",
        "cardinality-min",
    ),
    (
        {"path": "Goal.lifecycleStatus.extension", "min": 1},
        goal(lifecycleStatus="active", _lifecycleStatus={"extension": [{"url": "urn:x"}]}),
        goal(_lifecycleStatus={"id": "x"}),
        "lifecycleStatus.extension",
        "cardinality-min",
    ),
]


@pytest.mark.parametrize(
    ("element", "good", "bad", "path", "rule"), RULES, ids=[f"{r[4]}-{r[0]['path']}" for r in RULES]
)
def test_a_rule_is_held(element: Tree, good: Tree, bad: Tree, path: str, rule: str) -> None:
    profile = make_profile("Goal", element)
    assert told(profile, good) == []
    assert told(profile, bad) == [(f"Goal.{path}".rstrip("."), rule)]


def test_an_issue_names_the_profile_with_its_version() -> None:
    (issue,) = issues_of(make_profile("Goal", {"path": "Goal.note", "min": 1}, version="3"), goal())
    assert (issue.profile, issue.severity) == (f"{GUIDE}mine|3", "error")


def test_another_type_than_that_of_the_profile_is_told() -> None:
    assert told(make_profile("Goal"), {"resourceType": "Patient"}) == [("Goal", "profile-type")]


def test_what_r4_says_itself_is_not_told_again() -> None:
    assert told(make_profile("Goal", {"path": "Goal.description", "min": 1, "max": "1"}), goal()) == []


def test_a_primitive_that_has_only_an_extension_is_there() -> None:
    profile = make_profile("Goal", {"path": "Goal.startDate", "min": 1, "fixedDate": "2026"})
    assert told(profile, goal(_startDate={"extension": [{"url": "urn:x"}]})) == []


@pytest.mark.parametrize("shape", ["x", 1, None, True, [], {}, [[]], [None], [1], {"coding": "x"}, {"coding": [1]}])
def test_no_shape_of_json_makes_a_check_fail(shape: Any) -> None:
    profile = make_profile(
        "Goal",
        {
            "path": "Goal.category",
            "slicing": {"discriminator": [{"type": "value", "path": "coding.code"}], "rules": "closed"},
        },
        {"path": "Goal.category", "sliceName": "a", "min": 1},
        {"path": "Goal.category.coding.code", "fixedCode": "x"},
        {"path": "Goal.subject", "type": [{"code": "Reference", "targetProfile": [f"{CORE}Patient"]}]},
        {"path": "Goal.priority", "binding": {"strength": "required", "valueSet": "urn:vs"}},
        {"path": "Goal.target.dueDate", "min": 1},
    )
    told(profile, goal(category=shape, subject=shape, priority=shape, target=shape, _category=shape))
    assert told(profile, shape) is not None


# -- bindings


def with_codes(**codes: bool | None) -> Scene:
    """Return a scene in which codes are in every value set, out of it, or not known."""

    def member_of(value: Any, value_set: str) -> bool | None:
        return codes[value if isinstance(value, str) else value["coding"][0]["code"]]

    return replace(NO_SCENE, member_of=member_of)


def bound(strength: str, path: str = "Goal.priority", **more: Any) -> Any:
    return make_profile("Goal", {"path": path, "binding": {"strength": strength, "valueSet": "urn:vs", **more}})


@pytest.mark.parametrize(
    ("strength", "rule", "severity"),
    [("required", "binding-required", "error"), ("extensible", "binding-extensible", "warning")],
)
def test_a_code_out_of_the_value_set_is_told(strength: str, rule: str, severity: str) -> None:
    scene = with_codes(red=True, blue=False)
    assert issues_of(bound(strength), goal(priority=RED), scene) == []
    (issue,) = issues_of(bound(strength), goal(priority=BLUE), scene)
    assert (issue.rule, issue.severity) == (rule, severity)
    (issue,) = issues_of(bound(strength), goal(priority={"text": "x"}), scene)
    assert (issue.rule, issue.severity) == (rule, severity)


def test_a_value_set_that_is_not_known_is_not_checked() -> None:
    (issue,) = issues_of(bound("required"), goal(priority=RED), with_codes(red=None))
    assert (issue.rule, issue.severity) == ("not-checked", "information")


def test_preferred_and_example_bindings_demand_nothing() -> None:
    assert told(bound("preferred"), goal(priority=BLUE), with_codes(blue=False)) == []


def test_a_binding_that_r4_has_already_is_left_to_it() -> None:
    value_set = "http://hl7.org/fhir/ValueSet/goal-status|4.0.1"
    element = {"path": "Goal.lifecycleStatus", "binding": {"strength": "required", "valueSet": value_set}}
    assert told(make_profile("Goal", element), goal(lifecycleStatus="x"), with_codes(x=False)) == []


def test_no_code_may_leave_the_widest_value_set() -> None:
    limit = {"url": f"{CORE}elementdefinition-maxValueSet", "valueCanonical": "urn:most"}
    assert told(bound("preferred", extension=[limit]), goal(priority=BLUE), with_codes(blue=False)) == [
        ("Goal.priority", "binding-max")
    ]


def test_a_code_that_is_missing_may_say_why() -> None:
    why = {"url": f"{CORE}data-absent-reason", "valueCode": "unknown"}
    assert told(bound("required"), goal(priority={"extension": [why]})) == []


def test_codes_stand_in_texts_too() -> None:
    assert told(bound("required", "Goal.statusReason"), goal(statusReason="x"), with_codes(x=False)) == [
        ("Goal.statusReason", "binding-required")
    ]


# -- slices


def sliced(*slices: Tree, type_: str = "value", by: str = "$this", **how: Any) -> Any:
    slicing = {"discriminator": [{"type": type_, "path": by}], "rules": "open", **how}
    return make_profile("Goal", {"path": "Goal.category", "slicing": slicing}, *slices)


RED_SLICE = {"path": "Goal.category", "sliceName": "red", "patternCodeableConcept": RED}
BLUE_SLICE = {"path": "Goal.category", "sliceName": "blue", "patternCodeableConcept": BLUE}


def test_the_items_of_a_slice_are_counted_apart() -> None:
    profile = sliced({**RED_SLICE, "min": 1, "max": "1"})
    assert told(profile, goal(category=[BLUE, RED])) == []
    assert told(profile, goal(category=[BLUE])) == [("Goal.category", "slice-min")]
    assert told(profile, goal()) == [("Goal.category", "slice-min")]
    assert told(profile, goal(category=[RED, RED])) == [("Goal.category", "slice-max")]


def test_what_is_said_of_a_slice_holds_for_its_items_alone() -> None:
    profile = sliced(RED_SLICE, {"path": "Goal.category.text", "min": 1})
    assert told(profile, goal(category=[BLUE, {**RED, "text": "x"}])) == []
    assert told(profile, goal(category=[BLUE, RED])) == [("Goal.category[1].text", "cardinality-min")]


def test_a_closed_slicing_allows_no_others() -> None:
    profile = sliced(RED_SLICE, rules="closed")
    assert told(profile, goal(category=[RED, BLUE])) == [("Goal.category[1]", "slice-closed")]


def test_an_open_end_wants_the_others_last() -> None:
    profile = sliced(RED_SLICE, rules="openAtEnd")
    assert told(profile, goal(category=[RED, BLUE])) == []
    assert told(profile, goal(category=[BLUE, RED])) == [("Goal.category[0]", "slice-order")]


def test_an_ordered_slicing_wants_its_order() -> None:
    profile = sliced(RED_SLICE, BLUE_SLICE, ordered=True)
    assert told(profile, goal(category=[RED, BLUE])) == []
    assert told(profile, goal(category=[BLUE, RED])) == [("Goal.category[1]", "slice-order")]


def test_a_slice_by_default_takes_what_is_left() -> None:
    profile = sliced(RED_SLICE, {"path": "Goal.category", "sliceName": "@default", "max": "0"})
    assert told(profile, goal(category=[RED])) == []
    assert told(profile, goal(category=[RED, BLUE])) == [("Goal.category", "slice-max")]


def test_a_slice_inside_a_slice_is_counted() -> None:
    leafy = {"coding": [RED["coding"][0], LEAF]}
    profile = sliced(
        RED_SLICE,
        {"path": "Goal.category", "sliceName": "red/leaf", "min": 1, "patternCodeableConcept": {"coding": [LEAF]}},
    )
    assert told(profile, goal(category=[leafy])) == []
    assert told(profile, goal(category=[RED])) == [("Goal.category", "slice-min")]


@pytest.mark.parametrize("by", ["coding.code", "coding"])
def test_items_are_told_by_what_stands_below_them(by: str) -> None:
    below = {"path": "Goal.category.coding.code", "fixedCode": "red"}
    profile = sliced({"path": "Goal.category", "sliceName": "red", "min": 1}, below, by=by)
    assert told(profile, goal(category=[RED])) == []
    assert told(profile, goal(category=[BLUE])) == [("Goal.category", "slice-min")]


def test_items_are_told_by_the_part_of_a_pattern() -> None:
    profile = sliced({**RED_SLICE, "min": 1}, by="coding.code")
    assert told(profile, goal(category=[{"coding": [{"system": "urn:other", "code": "red"}]}])) == [
        ("Goal.category[0]", "pattern")
    ]


def test_items_are_told_by_two_discriminators_together() -> None:
    both = [{"type": "value", "path": "coding.code"}, {"type": "exists", "path": "text"}]
    profile = make_profile(
        "Goal",
        {"path": "Goal.category", "slicing": {"discriminator": both, "rules": "open"}},
        {"path": "Goal.category", "sliceName": "red", "min": 1},
        {"path": "Goal.category.coding.code", "fixedCode": "red"},
        {"path": "Goal.category.text", "min": 1},
    )
    assert told(profile, goal(category=[{**RED, "text": "x"}])) == []
    assert told(profile, goal(category=[RED])) == [("Goal.category", "slice-min")]


@pytest.mark.parametrize(("says", "item"), [({"min": 1}, {"text": "x"}), ({"max": "0"}, RED)])
def test_items_are_told_by_whether_an_element_is_there(says: Tree, item: Tree) -> None:
    profile = sliced(
        {"path": "Goal.category", "sliceName": "a", "max": "0"},
        {"path": "Goal.category.text", **says},
        type_="exists",
        by="text",
    )
    assert told(profile, goal(category=[item])) == [("Goal.category", "slice-max")]


def test_items_are_told_by_a_required_value_set() -> None:
    binding = {"strength": "required", "valueSet": "urn:vs"}
    profile = sliced({"path": "Goal.category", "sliceName": "a", "min": 1, "binding": binding})
    assert told(profile, goal(category=[RED]), with_codes(red=True)) == []
    assert told(profile, goal(category=[BLUE]), with_codes(blue=False)) == [("Goal.category", "slice-min")]
    assert told(profile, goal(category=[RED]), with_codes(red=None)) == [("Goal.category", "not-checked")]


def test_a_slice_that_says_nothing_its_items_are_told_by_is_not_checked() -> None:
    profile = sliced({"path": "Goal.category", "sliceName": "a", "min": 1})
    assert profile.gaps == ("Goal.category:a: a slice of category does not say what its items are told by ($this)",)
    assert told(profile, goal(category=[RED])) == [("Goal.category", "not-checked")]


def test_choices_are_told_by_their_type() -> None:
    profile = make_profile("Observation", {"path": "Observation.valueQuantity.unit", "min": 1})
    assert told(profile, observation(valueString="x")) == []
    assert told(profile, observation(valueQuantity={"value": 1})) == [
        ("Observation.valueQuantity.unit", "cardinality-min")
    ]


def test_extensions_are_told_by_their_url() -> None:
    one = {
        "path": "Goal.extension",
        "sliceName": "a",
        "min": 1,
        "type": [{"code": "Extension", "profile": ["urn:a|1"]}],
    }
    profile = make_profile("Goal", one)
    assert told(profile, goal(extension=[{"url": "urn:a"}, {"url": "urn:b"}])) == []
    assert told(profile, goal(extension=[{"url": "urn:b"}])) == [("Goal.extension", "slice-min")]


def test_extensions_inside_an_extension_are_told_by_a_fixed_url() -> None:
    profile = make_profile(
        "Extension",
        {"path": "Extension.extension", "sliceName": "part", "min": 1},
        {"path": "Extension.extension.url", "fixedUri": "part"},
        {"path": "Extension.extension.value[x]", "min": 1, "type": [{"code": "Coding"}]},
    )
    assert told(profile, {"url": "x", "extension": [{"url": "part", "valueCoding": {}}]}) == []
    assert told(profile, {"url": "x", "extension": [{"url": "part", "valueString": "x"}]}) == [
        ("Extension.extension[0].valueString", "type")
    ]


def test_items_are_told_by_an_extension_inside_them() -> None:
    profile = sliced(
        {"path": "Goal.category", "sliceName": "a", "max": "0"},
        {"path": "Goal.category.extension", "sliceName": "e", "type": [{"code": "Extension", "profile": ["urn:e"]}]},
        {"path": "Goal.category.extension.valueCode", "fixedCode": "x"},
        by="extension('urn:e').value",
    )
    marked = {"extension": [{"url": "urn:e", "valueCode": "x"}]}
    assert told(profile, goal(category=[marked])) == [("Goal.category", "slice-max")]
    assert told(profile, goal(category=[{"extension": [{"url": "urn:e", "valueCode": "y"}]}])) == []


# -- what references and entries name


def addressed(*targets: str, type_: str = "type", by: str = "resolve()") -> Any:
    slicing = {"discriminator": [{"type": type_, "path": by}], "rules": "open"}
    slice_ = {
        "path": "Goal.addresses",
        "sliceName": "a",
        "min": 1,
        "type": [{"code": "Reference", "targetProfile": list(targets)}],
    }
    blood = make_structure("blood", "Observation", {"path": "Observation.code", "patternCodeableConcept": RED})
    mine = make_structure("mine", "Goal", {"path": "Goal.addresses", "slicing": slicing}, slice_)
    found = make_profiles(mine, blood).find(f"{GUIDE}mine")
    assert found is not None
    return found


def near(**resources: Tree) -> Scene:
    """Return a scene in which references name these resources, which fit any profile whose name they carry."""
    return replace(
        NO_SCENE,
        resolve=lambda text: resources.get(text.rpartition("/")[2]),
        conforms_to=lambda tree, canonical: tree.get("fits") == canonical.rpartition("/")[2].partition("|")[0],
    )


@pytest.mark.parametrize("scene", [NO_SCENE, near(o={"resourceType": "Observation"})])
def test_references_are_told_by_the_type_of_what_they_name(scene: Scene) -> None:
    profile = addressed(f"{CORE}Observation")
    assert told(profile, goal(addresses=[{"reference": "Observation/o"}]), scene) == []
    assert told(profile, goal(addresses=[{"reference": "Condition/c"}]), scene) == [("Goal.addresses", "slice-min")]


def test_references_are_told_by_the_profile_of_what_they_name() -> None:
    profile, named = addressed(f"{GUIDE}blood", type_="profile"), goal(addresses=[{"reference": "Observation/o"}])
    assert told(profile, named, near(o={"resourceType": "Observation", "fits": "blood"})) == []
    assert told(profile, named, near(o={"resourceType": "Observation"})) == [("Goal.addresses", "slice-min")]
    assert told(profile, named) == [("Goal.addresses", "not-checked")]


def test_references_are_told_by_an_element_of_what_they_name() -> None:
    profile = addressed(f"{GUIDE}blood", type_="value", by="resolve().code")
    named = goal(addresses=[{"reference": "Observation/o"}])
    assert told(profile, named, near(o={"resourceType": "Observation", "code": RED, "fits": "blood"})) == []
    assert told(profile, named, near(o={"resourceType": "Observation", "code": BLUE})) == [
        ("Goal.addresses", "slice-min")
    ]


def test_what_a_reference_names_has_to_fit_a_target_profile() -> None:
    blood = make_structure("blood", "Observation")
    element = {"path": "Goal.addresses", "type": [{"code": "Reference", "targetProfile": [blood["url"]]}]}
    profile = make_profiles(make_structure("mine", "Goal", element), blood).find(f"{GUIDE}mine")
    assert profile is not None
    named = goal(addresses=[{"reference": "Observation/o"}])
    assert told(profile, named) == []
    assert told(profile, named, near(o={"resourceType": "Observation", "fits": "blood"})) == []
    assert told(profile, named, near(o={"resourceType": "Observation"})) == [("Goal.addresses[0]", "reference-target")]
    unknown = replace(near(o={"resourceType": "Observation"}), conforms_to=NO_SCENE.conforms_to)
    assert told(profile, named, unknown) == [("Goal.addresses[0]", "not-checked")]


def test_a_target_that_is_not_loaded_rules_nothing_out() -> None:
    element = {"path": "Goal.addresses", "type": [{"code": "Reference", "targetProfile": ["urn:unknown"]}]}
    assert told(make_profile("Goal", element), goal(addresses=[{"reference": "Patient/1"}])) == []


def test_an_entry_may_be_left_with_a_type_and_a_profile() -> None:
    mine = make_structure("mine", "Goal")
    element = {"path": "Bundle.entry.resource", "type": [{"code": "Goal", "profile": [mine["url"]]}]}
    profile = make_profiles(make_structure("all", "Bundle", element), mine).find(f"{GUIDE}all")
    assert profile is not None
    assert told(profile, {"entry": [{"resource": {"resourceType": "Goal", "fits": "mine"}}]}, near()) == []
    assert told(profile, {"entry": [{"resource": {"resourceType": "Patient"}}]}, near()) == [
        ("Bundle.entry[0].resource", "type")
    ]
    assert told(profile, {"entry": [{"resource": goal()}]}, near()) == [("Bundle.entry[0].resource", "type-profile")]
    assert told(profile, {"entry": [{"resource": goal()}]}) == [("Bundle.entry[0].resource", "not-checked")]


def test_entries_are_told_by_the_type_of_their_resource() -> None:
    profile = make_profile(
        "Bundle",
        {"path": "Bundle.entry", "slicing": {"discriminator": [{"type": "type", "path": "resource"}], "rules": "open"}},
        {"path": "Bundle.entry", "sliceName": "goal", "max": "1"},
        {"path": "Bundle.entry.resource", "type": [{"code": "Goal"}]},
    )
    assert told(profile, {"entry": [{"resource": goal()}, {"resource": {"resourceType": "Patient"}}]}) == []
    assert told(profile, {"entry": [{"resource": goal()}, {"resource": goal()}]}) == [("Bundle.entry", "slice-max")]


# -- profiles of datatypes, invariants


def typed(*profiles: Tree) -> Any:
    types = [{"code": "CodeableConcept", "profile": [each["url"] for each in profiles]}]
    found = make_profiles(make_structure("mine", "Goal", {"path": "Goal.priority", "type": types}), *profiles)
    return found.find(f"{GUIDE}mine")


def concept(name: str, code: Tree) -> Tree:
    return make_structure(
        name, "CodeableConcept", differential={"element": [{"path": "CodeableConcept", "patternCodeableConcept": code}]}
    )


def test_a_value_has_to_fit_the_profile_of_its_type() -> None:
    profile = typed(concept("red", RED))
    assert told(profile, goal(priority=RED)) == []
    assert told(profile, goal(priority=BLUE)) == [("Goal.priority", "pattern")]


def test_of_several_profiles_of_its_type_it_has_to_fit_one() -> None:
    profile = typed(concept("red", RED), concept("blue", BLUE))
    assert told(profile, goal(priority=BLUE)) == []
    assert told(profile, goal(priority={"text": "x"})) == [("Goal.priority", "type-profile")]


def test_a_profile_of_a_type_that_is_not_loaded_is_not_checked() -> None:
    element = {"path": "Goal.priority", "type": [{"code": "CodeableConcept", "profile": ["urn:x"]}]}
    assert told(make_profile("Goal", element), goal(priority=RED)) == [("Goal.priority", "not-checked")]


@pytest.mark.parametrize("expression", ["note.(", "subject.resolve().active"])
def test_an_invariant_that_cannot_be_judged_is_not_checked(expression: str) -> None:
    rule = {"key": "a-1", "severity": "error", "human": "x", "expression": expression}
    found = issues_of(
        make_profile("Goal", {"path": "Goal", "constraint": [rule]}), goal(subject={"reference": "Patient/1"})
    )
    assert [(each.rule, each.severity) for each in found] == [("not-checked", "information")]


def test_a_profile_that_cannot_be_used_is_not_checked() -> None:
    profile = make_profile("Goal", baseDefinition="urn:unknown")
    assert "no package" in profile.fault
    assert told(profile, goal()) == [("Goal", "not-checked")]
