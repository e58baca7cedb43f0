"""Source: http://hl7.org/fhir/R4/terminology-service.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.web import FHIR_JSON, FHIR_XML, Web, tree_of

SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
STATUS = "http://hl7.org/fhir/ValueSet/request-status"
TABLE = "https://fhirbridge.org/fhir/ConceptMap/service-type"

QUESTIONS = {
    "CodeSystem/$lookup": {"system": SERVICE_TYPE, "code": "108"},
    "CodeSystem/$validate-code": {"url": SERVICE_TYPE, "code": "108"},
    "CodeSystem/$subsumes": {"system": SERVICE_TYPE, "codeA": "108", "codeB": "105"},
    "ValueSet/$validate-code": {"url": STATUS, "system": "http://hl7.org/fhir/request-status", "code": "active"},
    "ValueSet/$expand": {"url": STATUS},
    "ConceptMap/$translate": {"url": TABLE, "code": "relapse-prevention"},
}


def parameters(**values: str) -> str:
    rows = [{"name": name, "valueString": value} for name, value in values.items()]
    return json.dumps({"resourceType": "Parameters", "parameter": rows})


def result(tree: dict[str, Any]) -> Any:
    return next(each["valueBoolean"] for each in tree["parameter"] if each["name"] == "result")


@pytest.mark.parametrize(("path", "asked"), QUESTIONS.items())
def test_a_question_may_be_a_query_or_parameters(filled: Web, path: str, asked: dict[str, str]) -> None:
    got = filled.get("lakeside", f"/fhir/{path}", query_string=asked)
    posted = filled.ask(
        "lakeside", "POST", f"/fhir/{path}", data=parameters(**asked), headers={"Content-Type": FHIR_JSON}
    )
    assert (got.status_code, posted.status_code) == (200, 200)
    assert tree_of(got)["resourceType"] == tree_of(posted)["resourceType"]


@pytest.mark.parametrize("path", QUESTIONS)
def test_each_question_wants_a_token(filled: Web, path: str) -> None:
    for method in ("GET", "POST"):
        assert filled.http.open(f"/fhir/{path}", method=method).status_code == 401


def test_a_table_of_the_active_maps_is_a_concept_map(filled: Web) -> None:
    tree = tree_of(
        filled.get("lakeside", "/fhir/ConceptMap/$translate", query_string=QUESTIONS["ConceptMap/$translate"])
    )
    concept = tree["parameter"][1]["part"][1]["valueCoding"]
    assert result(tree) is True
    assert (concept["system"], concept["code"]) == (SERVICE_TYPE, "105")


def test_the_answer_is_xml_where_that_is_wanted(filled: Web) -> None:
    asked = {**QUESTIONS["ValueSet/$expand"], "_format": "xml"}
    answer = filled.get("lakeside", "/fhir/ValueSet/$expand", query_string=asked)
    assert answer.mimetype == FHIR_XML
    assert b"<expansion>" in answer.data


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("CodeSystem/$lookup", {"system": "urn:none", "code": "x"}, 404),
        ("CodeSystem/$lookup", {"system": SERVICE_TYPE}, 400),
        ("ValueSet/$expand", {"url": STATUS, "limit": "9"}, 400),
        ("ValueSet/$expand", {"url": "http://hl7.org/fhir/ValueSet/mimetypes"}, 422),
        ("ConceptMap/$translate", {"url": "urn:none", "code": "x"}, 404),
    ],
)
def test_what_cannot_be_answered_is_an_outcome(filled: Web, path: str, asked: dict[str, str], status: int) -> None:
    answer = filled.get("lakeside", f"/fhir/{path}", query_string=asked)
    assert (answer.status_code, tree_of(answer)["resourceType"]) == (status, "OperationOutcome")


def test_metadata_names_the_operations(filled: Web) -> None:
    resources = tree_of(filled.http.get("/fhir/metadata"))["rest"][0]["resource"]
    named = {f"{each['type']}/${op['name']}" for each in resources for op in each.get("operation", ())}
    assert set(QUESTIONS) <= named
