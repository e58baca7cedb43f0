"""The structure of resources: each fault once, with its path and rule."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.support.fhir_resources import (
    CLIENT,
    VALID,
    make_care_plan,
    make_consent,
    make_goal,
    make_observation,
    make_patient,
    make_service_request,
    make_task,
)

from fhirbridge.validation.check import Checker

Tree = dict[str, Any]
WHY = {"extension": [{"url": "https://a.example/why", "valueCode": "unknown"}]}
ORGANIZATION: Tree = {"resourceType": "Organization", "id": "o", "name": "Mill House"}


def found(resource: Any) -> list[tuple[str, str]]:
    return [(issue.expression, issue.rule) for issue in Checker().gate(resource)]


@pytest.mark.parametrize("make", VALID)
def test_a_valid_resource_has_no_issues(make: Callable[[], Tree]) -> None:
    assert found(make()) == []


@pytest.mark.parametrize(
    ("resource", "path", "rule"),
    [
        (make_goal(colour="red"), "Goal.colour", "element-unknown"),
        (make_goal(**{"not plain": 1}), "Goal.?", "element-unknown"),
        (make_goal(subject=None), "Goal.subject", "cardinality-min"),
        (make_goal(description={}), "Goal.description", "ele-1"),
        (make_goal(description={"id": "d"}), "Goal.description", "ele-1"),
        (make_goal(target=[]), "Goal.target", "json-empty"),
        (make_goal(target={"dueDate": "2026"}), "Goal.target", "json-type"),
        (make_goal(description=[{"text": "x"}]), "Goal.description", "cardinality-max"),
        (make_goal(note=[None]), "Goal.note[0]", "json-null"),
        ({**make_goal(), "note": None}, "Goal.note", "json-type"),
        ({**make_goal(), "startDate": None}, "Goal.startDate", "json-null"),
        (make_goal(description="own words"), "Goal.description", "json-type"),
        (make_goal(startDate="2026-02-30"), "Goal.startDate", "type-date"),
        (make_goal(lifecycleStatus="busy"), "Goal.lifecycleStatus", "binding-required"),
        (make_goal(startCodeableConcept={"text": "x"}), "Goal.start[x]", "choice"),
        (make_goal(id="a b"), "Goal.id", "type-id"),
        (make_patient(active="true"), "Patient.active", "type-boolean"),
        (make_patient(multipleBirthInteger="2"), "Patient.multipleBirthInteger", "type-integer"),
        (make_patient(name=[{"given": ["Li", 7]}]), "Patient.name[0].given[1]", "type-string"),
        (make_patient(name=[{"given": []}]), "Patient.name[0].given", "json-empty"),
        (make_patient(name=[{"given": "Li"}]), "Patient.name[0].given", "json-type"),
        (make_patient(name=[{"given": ["Li", None]}]), "Patient.name[0].given[1]", "json-null"),
        (make_observation(status=None), "Observation.status", "cardinality-min"),
        (make_observation(valueQuantity={"value": "1.5"}), "Observation.valueQuantity.value", "type-decimal"),
        (make_care_plan(note=[{"time": "2026"}]), "CarePlan.note[0].text", "cardinality-min"),
    ],
)
def test_a_fault_is_told_with_path_and_rule(resource: Tree, path: str, rule: str) -> None:
    assert found(resource) == [(path, rule)]


def test_a_required_choice_is_told_once() -> None:
    communication = {"resourceType": "Communication", "status": "completed", "payload": [{"id": "p"}]}
    assert ("Communication.payload[0].content[x]", "cardinality-min") in found(communication)


@pytest.mark.parametrize("resource", [None, 7, "x", [], {}, {"resourceType": "Thing"}, {"resourceType": ["Goal"]}])
def test_what_is_no_resource_is_told(resource: Any) -> None:
    assert found(resource) == [("", "resource-type")]


def test_all_faults_are_told_in_the_order_of_the_resource() -> None:
    goal = {"resourceType": "Goal", "id": "a b", "colour": 1, "target": [{"dueDate": "x"}]}
    assert [path for path, _ in found(goal)] == [
        "Goal.id",
        "Goal.colour",
        "Goal.target[0].dueDate",
        "Goal.lifecycleStatus",
        "Goal.description",
        "Goal.subject",
    ]


def test_no_issue_quotes_a_value() -> None:
    goal = make_goal(startDate="the day Rosa left", lifecycleStatus="Rosa", **{"Rosa W.": 1})
    assert "Rosa" not in repr(Checker().gate(goal))


# -- primitives and their siblings


@pytest.mark.parametrize(
    "changes",
    [
        {"birthDate": None, "_birthDate": WHY},
        {"_birthDate": {"id": "b"}},
        {"name": [{"given": ["Li", None], "_given": [None, WHY]}]},
        {"name": [{"_given": [WHY]}]},
        {"gender": None, "_gender": WHY},
    ],
)
def test_a_sibling_may_stand_for_a_value(changes: Tree) -> None:
    assert found(make_patient(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"birthDate": None, "_birthDate": {"id": "b"}}, "Patient._birthDate", "ele-1"),
        ({"_birthDate": {}}, "Patient._birthDate", "ele-1"),
        ({"_birthDate": {"colour": 1}}, "Patient._birthDate.colour", "element-unknown"),
        ({"_birthDate": "x"}, "Patient._birthDate", "json-type"),
        ({"_birthDate": [WHY]}, "Patient._birthDate", "json-type"),
        ({"_name": [WHY]}, "Patient._name", "element-unknown"),
        ({"name": [{"given": ["Li"], "_given": [None, WHY]}]}, "Patient.name[0]._given", "json-siblings"),
        ({"name": [{"given": ["Li"], "_given": WHY}]}, "Patient.name[0]._given", "json-type"),
        ({"name": [{"_given": [None]}]}, "Patient.name[0]._given[0]", "json-null"),
        (
            {"name": [{"given": ["Li"], "_given": [{"id": "g", "x": 1}]}]},
            "Patient.name[0]._given[0].x",
            "element-unknown",
        ),
    ],
)
def test_a_faulty_sibling_is_told(changes: Tree, path: str, rule: str) -> None:
    assert found(make_patient(**changes)) == [(path, rule)]


# -- references, bindings, extensions


@pytest.mark.parametrize(
    "text", ["Patient/1", "https://a.example/fhir/Patient/1", "https://a.example/anything", "urn:oid:1.2"]
)
def test_a_reference_may_take_these_forms(text: str) -> None:
    assert found(make_goal(subject={"reference": text})) == []


@pytest.mark.parametrize(
    ("reference", "path", "rule"),
    [
        ({"reference": "Practitioner/1"}, "Goal.subject", "reference-target"),
        ({"reference": "https://a.example/fhir/Device/1"}, "Goal.subject", "reference-target"),
        ({"reference": "my friend"}, "Goal.subject.reference", "reference-format"),
        ({"reference": "urn:uuid:7"}, "Goal.subject.reference", "reference-format"),
        ({"reference": "#nobody"}, "Goal.subject.reference", "ref-1"),
        ({"reference": 7}, "Goal.subject.reference", "type-string"),
        ({}, "Goal.subject", "ele-1"),
    ],
)
def test_a_faulty_reference_is_told(reference: Tree, path: str, rule: str) -> None:
    assert found(make_goal(subject=reference)) == [(path, rule)]


def test_a_concept_with_a_required_binding_needs_a_coding_of_it() -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    condition = {"resourceType": "Condition", "subject": CLIENT}
    good = {"coding": [{"system": "urn:local", "code": "x"}, {"system": system, "code": "active"}]}
    assert found({**condition, "clinicalStatus": good}) == []
    for wrong in ({"text": "active"}, {"coding": [{"code": "active"}]}, {"coding": [{"system": system, "code": "x"}]}):
        assert found({**condition, "clinicalStatus": wrong}) == [("Condition.clinicalStatus", "binding-required")]


def test_an_extension_has_a_url_and_one_value() -> None:
    assert found(make_goal(extension=[{"url": "https://a.example/e", "valueDate": "2026"}])) == []
    assert found(make_goal(extension=[{"valueDate": "2026"}])) == [("Goal.extension[0].url", "cardinality-min")]
    assert found(make_goal(extension=[{"url": "https://a.example/e"}])) == [("Goal.extension[0]", "ext-1")]


# -- contained resources and Bundles


def test_a_contained_resource_is_checked_and_used() -> None:
    request = make_service_request(contained=[ORGANIZATION], performer=[{"reference": "#o"}])
    assert found(request) == []


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"meta": {"versionId": "1"}}, "ServiceRequest.contained[0].meta.versionId", "dom-4"),
        ({"meta": {"security": [{"code": "R"}]}}, "ServiceRequest.contained[0].meta.security", "dom-5"),
        ({"resourceType": "Goal"}, "ServiceRequest.performer[0]", "reference-target"),
        ({"resourceType": "Thing"}, "ServiceRequest.contained[0]", "resource-type"),
        ({"name": 7}, "ServiceRequest.contained[0].name", "type-string"),
    ],
)
def test_a_faulty_contained_resource_is_told(changes: Tree, path: str, rule: str) -> None:
    contained = {**ORGANIZATION, **changes}
    assert (path, rule) in found(make_service_request(contained=[contained], performer=[{"reference": "#o"}]))


def test_a_contained_resource_that_nobody_points_at_is_told() -> None:
    assert found(make_service_request(contained=[ORGANIZATION])) == [("ServiceRequest.contained[0]", "dom-3")]


def test_a_contained_resource_contains_no_others_and_has_an_id() -> None:
    inner = {"resourceType": "Organization", "name": "Mill House", "contained": [ORGANIZATION]}
    issues = found(make_service_request(contained=[inner]))
    assert ("ServiceRequest.contained[0].id", "contained-id") in issues
    assert ("ServiceRequest.contained[0].contained", "dom-2") in issues


def test_a_contained_resource_may_point_at_the_one_around_it() -> None:
    provenance = {
        "resourceType": "Provenance",
        "id": "p",
        "target": [{"reference": "#"}],
        "recorded": "2026-11-01T10:00:00Z",
        "agent": [{"who": {"display": "Riverside"}}],
    }
    assert found(make_goal(contained=[provenance])) == []


def test_entries_of_a_bundle_are_checked_each_with_its_own_contained() -> None:
    request = make_service_request(contained=[ORGANIZATION], performer=[{"reference": "#o"}])
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": request}, {"resource": make_task(owner={"reference": "#o"})}, {"resource": {}}],
    }
    assert found(bundle) == [
        ("Bundle.entry[1].resource.owner.reference", "ref-1"),
        ("Bundle.entry[2].resource", "resource-type"),
    ]


def test_numbers_keep_what_they_are() -> None:
    assert found(make_observation(valueQuantity={"value": Decimal("0.10")})) == []
    assert found(make_consent(provision={"type": "permit", "actor": "x"})) == [("Consent.provision.actor", "json-type")]
