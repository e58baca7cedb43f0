"""`$validate`: an OperationOutcome for whoever has signed in; nothing of the body is kept, logged or quoted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.web import FHIR_JSON, FHIR_XML, Web, captured_log, outcome_of, tree_of
from werkzeug.test import TestResponse

CANARY = "Zanzibar-Quux"
GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "lifecycleStatus": CANARY,
    "description": {"text": CANARY},
    "subject": {"reference": "Patient/1"},
}


def asked(web: Web, path: str, body: Any, **parts: Any) -> TestResponse:
    return web.ask("northmoor", "POST", path, data=json.dumps(body), content_type=FHIR_JSON, **parts)


@pytest.mark.parametrize("path", ["/fhir/$validate", "/fhir/Goal/$validate"])
def test_a_resource_is_checked_and_nothing_of_it_is_left(filled: Web, path: str) -> None:
    with captured_log() as log:
        answer = asked(filled, path, GOAL)
    assert answer.status_code == 200
    errors = [issue for issue in tree_of(answer)["issue"] if issue["severity"] == "error"]
    assert [issue["expression"] for issue in errors] == [["Goal.lifecycleStatus"]]
    assert CANARY not in answer.text + log.getvalue()


def test_parameters_name_the_profile(filled: Web) -> None:
    parts = [{"name": "resource", "resource": GOAL}, {"name": "profile", "valueUri": "https://guide.example/x"}]
    answer = asked(filled, "/fhir/$validate", {"resourceType": "Parameters", "parameter": parts})
    assert any("profile-unknown" in issue["diagnostics"] for issue in tree_of(answer)["issue"])


def test_the_address_names_the_profile_of_a_bare_resource(filled: Web) -> None:
    answer = asked(filled, "/fhir/$validate", GOAL, query_string={"profile": "https://guide.example/x"})
    assert any("profile-unknown" in issue["diagnostics"] for issue in tree_of(answer)["issue"])


def test_xml_is_taken_and_given(filled: Web) -> None:
    body = '<Basic xmlns="http://hl7.org/fhir"><code><text value="x"/></code></Basic>'
    answer = filled.ask(
        "northmoor", "POST", "/fhir/$validate", data=body, content_type=FHIR_XML, headers={"Accept": FHIR_XML}
    )
    assert (answer.status_code, answer.mimetype) == (200, FHIR_XML)
    assert b"OperationOutcome" in answer.data


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [("/fhir/Task/$validate", {}, 400), ("/fhir/$validate", {"mode": "delete"}, 400)],
)
def test_what_cannot_be_answered_is_refused(filled: Web, path: str, query: dict[str, str], status: int) -> None:
    answer = asked(filled, path, GOAL, query_string=query)
    assert answer.status_code == status
    assert outcome_of(answer)
    assert CANARY not in answer.text


def test_it_needs_a_token(filled: Web) -> None:
    assert filled.http.post("/fhir/$validate", data=json.dumps(GOAL), content_type=FHIR_JSON).status_code == 401
