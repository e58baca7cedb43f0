"""Texts, numbers and addresses in the full check."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.fhir_resources import make_goal, make_patient

from fhirbridge.validation.check import check

XHTML = "http://www.w3.org/1999/xhtml"


def said(resource: Any) -> set[tuple[str, str, str]]:
    quiet = {"dom-6", "not-checked"}
    return {(i.expression, i.rule, i.severity) for i in check(resource, profiles=False) if i.rule not in quiet}


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("Standard <script>steal()</script>", "text-active", "error"),
        ("<img src=x onerror=steal()>", "text-active", "error"),
        ("a <b>bold</b> word", "text-html", "information"),
        ("   ", "text-blank", "warning"),
        (" early riser", "text-edges", "warning"),
        ("early riser\n", "text-edges", "warning"),
    ],
)
def test_what_is_unwise_in_a_text_is_told(text: str, rule: str, severity: str) -> None:
    assert said(make_goal(description={"text": text})) == {("Goal.description.text", rule, severity)}


@pytest.mark.parametrize("text", ["fewer than < 3 a week", "a > b and b < c", "Ünï\u00a0code", "line\nbreak"])
def test_a_plain_text_is_left_alone(text: str) -> None:
    assert said(make_goal(description={"text": text})) == set()


def test_markdown_with_a_tag_is_warned_of() -> None:
    goal = make_goal(note=[{"text": "see <red>this"}])
    assert said(goal) == {("Goal.note[0].text", "markdown-html", "warning")}


@pytest.mark.parametrize(("day", "is_told"), [("1799-01-01", True), ("2026-01-01", False), ("2100", True)])
def test_a_day_of_another_age_is_warned_of(day: str, is_told: bool) -> None:
    assert bool(said(make_goal(startDate=day, target=None))) is is_told


def test_a_canonical_is_absolute() -> None:
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"display": "x"},
        "instantiatesCanonical": ["PlanDefinition/1", "#p", "https://a.example/PlanDefinition/1"],
    }
    assert said(plan) == {("CarePlan.instantiatesCanonical[0]", "canonical-absolute", "error")}


@pytest.mark.parametrize(("uri", "severity"), [("oid:1.2.3", "error"), ("uuid:x", "error"), ("urn:oid:1.2", "warning")])
def test_an_oid_or_uuid_has_its_prefix_and_is_somebodys(uri: str, severity: str) -> None:
    found = {each[2] for each in said(make_goal(implicitRules=uri))}
    assert found == {severity}


def test_base64_with_white_space_is_warned_of() -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD QUJD"}
    assert said(binary) == {("Binary.data", "base64-spaced", "warning")}


# -- narrative


def narrated(inner: str, attributes: str = "", **changes: Any) -> Any:
    div = f'<div xmlns="{XHTML}"{attributes}>{inner}</div>'
    return make_patient(text={"status": "generated", "div": div}, **changes)


def test_a_link_in_the_narrative_leads_to_an_id_that_is_here() -> None:
    assert said(narrated('<a href="#n1">name</a> <a name="x">x</a> <a href="#x">y</a>', name=[{"id": "n1"}])) == {
        ("Patient.name[0]", "ele-1", "error")
    }
    assert said(narrated('<a href="#nobody">name</a>')) == {("Patient.text.div", "narrative-link", "error")}
    assert said(narrated('<a href=" ">name</a>')) == {("Patient.text.div", "narrative-link", "warning")}


@pytest.mark.parametrize(
    ("attributes", "is_told"), [("", True), (' lang="de"', True), (' lang="en" xml:lang="en"', False)]
)
def test_the_narrative_is_in_the_language_of_the_resource(attributes: str, is_told: bool) -> None:
    found = {rule for _, rule, _ in said(narrated("words", attributes, language="en"))}
    assert found == ({"narrative-language"} if is_told else set())


# -- ids and labels


def test_no_two_elements_have_one_id() -> None:
    patient = make_patient(name=[{"id": "a", "text": "Li"}], telecom=[{"id": "a", "system": "phone", "value": "1"}])
    assert said(patient) == {("Patient.telecom[0].id", "id-twice", "error")}


def test_no_label_stands_twice() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    assert said(make_goal(meta={"security": [label, label]})) == {("Goal.meta.security[1]", "meta-security", "error")}


def test_no_two_contained_resources_have_one_id() -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "Mill House"}
    goal = make_goal(contained=[inner, inner], expressedBy={"reference": "#o"})
    assert ("Goal.contained[1].id", "contained-twice", "error") in said(goal)
