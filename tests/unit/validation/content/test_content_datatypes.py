"""Datatypes whose elements agree, codes against terminology, references beyond their form."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.fhir_resources import make_goal, make_observation, make_patient

from fhirbridge.terminology.service import Coding, Verdict
from fhirbridge.validation.check import Checker, check
from fhirbridge.validation.content.snomed import is_constraint

USE = "http://hl7.org/fhir/identifier-use"


def said(resource: Any) -> set[tuple[str, str]]:
    return {(i.expression, i.rule) for i in check(resource, profiles=False) if i.rule != "dom-6"}


# -- attachments and identifiers


@pytest.mark.parametrize(
    ("attachment", "found"),
    [
        ({"contentType": "text/plain", "data": "QUJD", "size": 3, "hash": "PAG9uybzWLqyfyZ5JKosmgP8/bg="}, set()),
        ({"contentType": "text/plain", "data": "QUJD", "size": 4}, {("Patient.photo[0].size", "attachment-size")}),
        ({"contentType": "text/plain", "data": "QUJD", "hash": "QUJD"}, {("Patient.photo[0].hash", "attachment-hash")}),
        ({"title": "nothing"}, {("Patient.photo[0]", "attachment-empty")}),
        ({"contentType": "text/plain", "data": "%", "size": 9}, {("Patient.photo[0].data", "type-base64Binary")}),
    ],
)
def test_size_and_hash_of_an_attachment_are_those_of_its_data(attachment: Any, found: set[tuple[str, str]]) -> None:
    assert said(make_patient(photo=[attachment])) == found


@pytest.mark.parametrize(
    ("identifier", "rule"),
    [
        ({"system": "clients", "value": "1"}, "identifier-system"),
        ({"system": "urn:ietf:rfc:3986", "value": "C-104"}, "identifier-uri"),
        ({"system": "urn:ietf:rfc:3986", "value": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}, None),
        ({"system": "ldap://a.example", "value": "1"}, None),
    ],
)
def test_the_system_of_an_identifier_is_an_address(identifier: Any, rule: str | None) -> None:
    assert {each for _, each in said(make_patient(identifier=[identifier]))} == ({rule} if rule else set())


# -- codes


@pytest.mark.parametrize(
    ("coding", "rule"),
    [
        ({"system": "http://terminology.hl7.org/CodeSystem/goal-category", "code": "dietary"}, None),
        ({"system": "http://terminology.hl7.org/CodeSystem/goal-category", "code": "nonsense"}, "code-unknown"),
        (
            {"system": "http://terminology.hl7.org/CodeSystem/goal-category", "code": "dietary", "display": "Sleep"},
            "display-wrong",
        ),
        ({"code": "dietary"}, "code-system-missing"),
        ({"system": "goal-category", "code": "dietary"}, "code-system-relative"),
        ({"system": "http://hl7.org/fhir/ValueSet/goal-category", "code": "dietary"}, "code-system-value-set"),
        ({"system": "http://snomed.info/sct", "code": "276885007x"}, "code-unknown"),
        ({"system": "http://snomed.info/sct", "code": "276885007"}, "not-checked"),
        ({"system": "http://loinc.org", "code": "8310-6"}, "code-unknown"),
        ({"system": "https://a.example/codes", "code": "x"}, "not-checked"),
    ],
)
def test_a_code_is_one_of_its_system(coding: Any, rule: str | None) -> None:
    found = {each for _, each in said(make_goal(category=[{"coding": [coding]}]))}
    assert found == ({rule} if rule else set())


def test_a_system_that_is_not_loaded_is_told_once() -> None:
    coding = {"system": "https://a.example/codes", "code": "x"}
    assert len(said(make_goal(category=[{"coding": [coding]}, {"coding": [{**coding, "code": "y"}]}]))) == 1


def test_an_extensible_binding_is_wished_for() -> None:
    type_ = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"}]}
    identifier = {"type": type_, "system": "https://a.example/ids", "value": "1"}
    assert said(make_patient(identifier=[identifier])) == {("Patient.identifier[0].type", "binding-extensible")}


def test_a_required_binding_that_cannot_be_counted_out_is_asked_of_terminology() -> None:
    assert said(make_patient(photo=[{"contentType": "no type", "url": "https://a.example/p"}])) == {
        ("Patient.photo[0].contentType", "binding-media-type")
    }
    assert ("Patient.language", "binding-required") not in said(make_patient(language="en"))


def test_an_unknown_unit_is_no_code() -> None:
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": "mg per day"}
    found = said(make_observation(valueQuantity=quantity))
    assert ("Observation.valueQuantity.code", "code-unknown") in found


class Nothing:
    """A terminology that knows every value set and no code."""

    def is_known(self, value_set: str) -> bool:
        return True

    def validate(self, value_set: str, coding: Coding) -> Verdict:
        return Verdict("out", "not-in-set")

    def validate_in_system(self, coding: Coding) -> Verdict:
        return Verdict("out", "code-unknown")


def test_the_terminology_that_is_given_is_asked() -> None:
    checker = Checker(terminology=Nothing())  # type: ignore[arg-type]
    goal = make_goal(category=[{"coding": [{"system": "https://a.example/codes", "code": "x"}]}])
    assert "code-unknown" in {issue.rule for issue in checker.check(goal, profiles=False)}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("<< 404684003 |finding|", True),
        ("(<< 1 MINUS << 2) OR ^ 3", True),
        ("1 2", False),
        ("<<", False),
        ("(1", False),
    ],
)
def test_operands_and_operators_of_a_constraint_take_turns(text: str, is_one: bool) -> None:
    assert is_constraint(text) is is_one


# -- references


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ({"reference": "Patient/1", "type": "Patient"}, None),
        ({"reference": "Patient/1", "type": "Group"}, "reference-type"),
        ({"reference": "Patient?identifier=1"}, None),
        ({"reference": "Patient?"}, "reference-query"),
        ({"type": "Patient"}, "reference-empty"),
        ({"display": "the client"}, None),
    ],
)
def test_a_reference_says_nothing_against_itself(reference: Any, rule: str | None) -> None:
    assert {each for _, each in said(make_goal(subject=reference))} == ({rule} if rule else set())


def test_parameters_hold_what_their_resources_name() -> None:
    def held(name: str) -> Any:
        goal = make_goal(subject={"reference": name})
        return {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "a", "resource": make_patient(id="1")},
                {"name": "b", "part": [{"name": "c", "resource": goal}]},
            ],
        }

    assert said(held("Patient/1")) == set()
    assert said(held("Group/1")) == set()
    assert said(held("Patient/2")) == {
        ("Parameters.parameter[1].part[0].resource.subject.reference", "reference-missing")
    }
