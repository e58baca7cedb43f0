"""Search parameters and their values, from the R4 table alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fhir_resources import VALID, make_care_plan, make_goal, make_patient, make_task

from fhirbridge.fhir.elements import RESOURCE_TYPES
from fhirbridge.fhir.search_parameters import COLUMNS, IndexValue, index_values, search_parameters

NEEDED = {
    "CarePlan": "subject patient category status date identifier intent goal activity-reference care-team condition",
    "Goal": "patient lifecycle-status target-date identifier category",
    "ServiceRequest": "patient status category code authored identifier performer requester based-on",
    "Task": "patient owner status focus code identifier",
    "Patient": "identifier name family given birthdate gender telecom",
    "Practitioner": "identifier name",
    "Organization": "identifier name",
    "Condition": "patient clinical-status category code identifier",
    "CareTeam": "patient status identifier category",
    "EpisodeOfCare": "patient status identifier",
    "Encounter": "patient status identifier",
    "Consent": "patient status identifier category",
    "Flag": "patient identifier",
    "Appointment": "patient status identifier",
    "MedicationStatement": "patient status identifier category code",
    "Observation": "patient status identifier category code",
}


def values_of(resource: dict[str, Any], parameter: str) -> list[tuple[str, str]]:
    return [(value.a, value.b) for value in index_values(resource) if value.param == parameter]


@pytest.mark.parametrize(("type_", "names"), NEEDED.items())
def test_the_parameters_we_need_are_offered(type_: str, names: str) -> None:
    assert set(names.split()) | {"_id", "_lastUpdated"} <= search_parameters(type_).keys()


@pytest.mark.parametrize("type_", RESOURCE_TYPES)
def test_every_parameter_offered_has_an_expression_of_its_type(type_: str) -> None:
    for parameter in search_parameters(type_).values():
        assert parameter.expression.lstrip("(").startswith((type_, "Resource."))


def test_an_unknown_type_has_no_parameters() -> None:
    assert search_parameters("Nothing") == {}
    assert index_values({"resourceType": "Nothing"}) == []


def test_a_plan_is_found_by_its_parts() -> None:
    plan = make_care_plan()
    assert values_of(plan, "patient") == values_of(plan, "subject") == [("Patient/amina-o", "")]
    assert values_of(plan, "goal") == [("Goal/goal-1", "")]
    assert values_of(plan, "activity-reference") == [("ServiceRequest/referral-1", "")]
    assert values_of(plan, "identifier") == [("https://riverside.example/plans", "RP-7")]
    assert values_of(plan, "status") == [("", "active")]
    assert values_of(plan, "date") == [("2026-10-01T00:00:00Z", "2027-03-31T23:59:59Z")]


def test_a_group_is_a_subject_but_no_patient() -> None:
    plan = make_care_plan(subject={"reference": "Group/mornings"})
    assert values_of(plan, "patient") == []
    assert values_of(plan, "subject") == [("Group/mornings", "")]


def test_a_reference_without_a_literal_is_told_by_its_type() -> None:
    plan = make_care_plan(subject={"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "type": "Patient"})
    assert values_of(plan, "patient") == [("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "")]


def test_a_choice_is_taken_by_its_type() -> None:
    goal = make_goal(target=[{"dueDate": "2027-01"}, {"dueDuration": {"value": 3}}])
    assert values_of(goal, "target-date") == [("2027-01-01T00:00:00Z", "2027-01-31T23:59:59Z")]


def test_names_are_folded() -> None:
    patient = make_patient()
    assert values_of(patient, "name") == [("okonkwo-nunez", ""), ("amina", ""), ("li", "")]
    assert values_of(patient, "family") == [("okonkwo-nunez", "")]


def test_telecom_is_filtered_by_system() -> None:
    patient = make_patient(
        telecom=[{"system": "phone", "value": "555-0100"}, {"system": "email", "value": "a@b.example"}]
    )
    assert values_of(patient, "phone") == [("", "555-0100")]
    assert values_of(patient, "telecom") == [("", "555-0100"), ("", "a@b.example")]


def test_labels_and_profiles_are_found_on_every_type() -> None:
    meta = {
        "security": [{"system": "urn:x", "code": "R"}],
        "profile": ["https://a.example/p"],
        "lastUpdated": "2026-01-01",
    }
    goal = make_goal(meta=meta)
    assert values_of(goal, "_security") == [("urn:x", "R")]
    assert values_of(goal, "_profile") == [("", "https://a.example/p")]


def test_columns_are_left_to_the_store() -> None:
    names = {value.param for value in index_values(make_task(meta={"lastUpdated": "2026-11-01T10:00:00Z"}))}
    assert not names & set(COLUMNS)


def test_a_value_stands_once() -> None:
    plan = make_care_plan(goal=[{"reference": "Goal/1"}, {"reference": "Goal/1"}])
    assert values_of(plan, "goal") == [("Goal/1", "")]


@pytest.mark.parametrize("make", VALID)
def test_values_are_texts_of_the_four_kinds(make: Callable[[], dict[str, Any]]) -> None:
    for value in index_values(make()):
        assert isinstance(value, IndexValue)
        assert value.kind in ("token", "reference", "string", "date")
        assert value.kind != "date" or (len(value.a), len(value.b)) == (20, 20)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["coding", "code", "reference", "start"]), inner)
    ),
    max_leaves=8,
)


@given(st.sampled_from([make_care_plan, make_goal, make_patient, make_task]), st.data())
def test_any_shape_is_passed_over_without_a_fault(make: Callable[..., dict[str, Any]], data: st.DataObject) -> None:
    resource = make()
    changes = {name: data.draw(JSON) for name in resource if name != "resourceType"}
    assert isinstance(index_values({**resource, **changes}), list)
