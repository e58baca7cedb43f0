"""GET $document: the Bundle as JSON or XML, with the statement beside it; a stored document is refused."""

from __future__ import annotations

import pytest
from tests.support.web import FHIR_XML, Web, make_web, outcome_of, tree_of

from fhirbridge.formats import fhir_xml
from fhirbridge.web.answers import NOTICE_HEADER


@pytest.fixture(scope="module")
def web() -> Web:
    return make_web(filled=True)


def path_of(web: Web) -> str:
    return f"/fhir/CarePlan/{web.one('CarePlan')['id']}/$document"


def test_the_document_of_a_plan_is_answered_with_its_notice(web: Web) -> None:
    answer = web.get("lakeside", path_of(web), query_string={"persist": "false"})
    bundle = tree_of(answer)
    assert (answer.status_code, bundle["type"]) == (200, "document")
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    assert answer.headers[NOTICE_HEADER] and answer.headers["Cache-Control"] == "no-store"


def test_the_document_can_be_had_as_xml(web: Web) -> None:
    answer = web.get("lakeside", path_of(web), headers={"Accept": FHIR_XML})
    assert fhir_xml.parse(answer.data)["type"] == "document"


def test_a_document_is_never_stored(web: Web) -> None:
    answer = web.get("lakeside", path_of(web), query_string={"persist": "true"})
    assert answer.status_code == 400
    assert "outlive" in outcome_of(answer)["details"]["text"] or "outlive" in outcome_of(answer)["diagnostics"]


def test_without_a_consent_there_is_no_document(web: Web) -> None:
    unknown = web.get("hillcrest", "/fhir/CarePlan/none/$document")
    answer = web.get("hillcrest", path_of(web))
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data) == (404, unknown.data)


def test_the_capability_statement_names_the_operation(web: Web) -> None:
    statement = tree_of(web.http.get("/fhir/metadata"))
    offered = {
        each["type"]: [o["name"] for o in each.get("operation", [])] for each in statement["rest"][0]["resource"]
    }
    assert offered["Composition"] == ["document"]
