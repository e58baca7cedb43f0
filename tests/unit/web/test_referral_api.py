"""A hospital sends a referral back: create and update of a ServiceRequest over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.bridge import BASE_URL, MRN
from tests.support.web import FHIR_JSON, FHIR_XML, Web, make_web, outcome_of, tree_of
from werkzeug.test import TestResponse

from fhirbridge.formats import fhir_xml


@pytest.fixture
def web() -> Web:
    return make_web(filled=True)


def make_referral(web: Web, **changes: Any) -> dict[str, Any]:
    """A referral about the client of the samples, as a hospital would write it."""
    patient = web.one("Patient")["id"]
    category = {"system": "https://fhirbridge.org/fhir/CodeSystem/service-category", "code": "medication-management"}
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [category]}],
        "code": {"text": "Buprenorphine clinic"},
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-11-22",
        **changes,
    }


def send(web: Web, method: str, path: str, tree: dict[str, Any], **headers: str) -> TestResponse:
    sent = {"Content-Type": FHIR_JSON, **headers}
    return web.ask("lakeside", method, path, data=json.dumps(tree), headers=sent)


def test_a_create_answers_201_with_address_and_version(web: Web) -> None:
    answer = send(web, "POST", "/fhir/ServiceRequest", make_referral(web))
    assert answer.status_code == 201, answer.text
    id_ = tree_of(answer)["id"]
    assert answer.headers["Location"] == f"{BASE_URL}/fhir/ServiceRequest/{id_}/_history/1"
    assert answer.headers["ETag"] == 'W/"1"'
    assert tree_of(web.get("lakeside", f"/fhir/ServiceRequest/{id_}")) == tree_of(answer)


def test_the_same_create_with_the_same_key_has_no_second_effect(web: Web) -> None:
    referral = make_referral(web)
    first, second = (send(web, "POST", "/fhir/ServiceRequest", referral, **{"Idempotency-Key": "r-1"}) for _ in "ab")
    assert first.status_code == second.status_code == 201
    assert first.headers["Location"] == second.headers["Location"]
    other = send(web, "POST", "/fhir/ServiceRequest", {**referral, "intent": "plan"}, **{"Idempotency-Key": "r-1"})
    assert other.status_code == 422


def test_xml_is_as_good_as_json(web: Web) -> None:
    body = fhir_xml.format(make_referral(web))
    headers = {"Content-Type": FHIR_XML, "Accept": FHIR_XML}
    answer = web.ask("lakeside", "POST", "/fhir/ServiceRequest", data=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert fhir_xml.parse(answer.data)["code"]["text"] == "Buprenorphine clinic"


def test_an_update_replaces_the_version_that_was_read(web: Web) -> None:
    created = send(web, "POST", "/fhir/ServiceRequest", make_referral(web))
    path = f"/fhir/ServiceRequest/{tree_of(created)['id']}"
    changed = {**tree_of(created), "code": {"text": "Methadone clinic"}}
    answer = send(web, "PUT", path, changed, **{"If-Match": created.headers["ETag"]})
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"'), answer.text
    assert answer.headers["Content-Location"] == f"{BASE_URL}{path}/_history/2"
    assert tree_of(web.get("lakeside", f"{path}/_history/1"))["code"] == tree_of(created)["code"]


def test_an_update_that_lost_a_race_is_412_and_changes_nothing(web: Web) -> None:
    created = send(web, "POST", "/fhir/ServiceRequest", make_referral(web))
    path, etag = f"/fhir/ServiceRequest/{tree_of(created)['id']}", created.headers["ETag"]
    first = {**tree_of(created), "code": {"text": "The faster one"}}
    assert send(web, "PUT", path, first, **{"If-Match": etag}).status_code == 200
    lost = send(web, "PUT", path, {**tree_of(created), "code": {"text": "The slower one"}}, **{"If-Match": etag})
    assert (lost.status_code, outcome_of(lost)["code"]) == (412, "conflict")
    assert tree_of(web.get("lakeside", path))["code"]["text"] == "The faster one"


def test_an_update_says_which_version_it_saw(web: Web) -> None:
    created = send(web, "POST", "/fhir/ServiceRequest", make_referral(web))
    answer = send(web, "PUT", f"/fhir/ServiceRequest/{tree_of(created)['id']}", tree_of(created))
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "required")


def test_the_address_and_the_body_speak_of_the_same_resource(web: Web) -> None:
    created = send(web, "POST", "/fhir/ServiceRequest", make_referral(web))
    path = f"/fhir/ServiceRequest/{tree_of(created)['id']}"
    for wrong in ({**tree_of(created), "id": "other"}, {**tree_of(created), "resourceType": "CarePlan"}):
        assert send(web, "PUT", path, wrong, **{"If-Match": 'W/"1"'}).status_code == 400


def test_a_referral_about_somebody_this_hospital_may_not_see_is_refused_like_one_about_nobody(web: Web) -> None:
    answers = []
    for subject in (f"Patient/{web.one('Patient')['id']}", "Patient/nobody"):
        body = json.dumps(make_referral(web, subject={"reference": subject}))
        answers.append(web.ask("hillcrest", "POST", "/fhir/ServiceRequest", data=body, content_type=FHIR_JSON))
    assert answers[0].status_code == answers[1].status_code == 422
    assert answers[0].data == answers[1].data


def test_a_resource_that_breaks_rules_is_told_every_path(web: Web) -> None:
    broken = make_referral(web, status="perhaps", authoredOn="2026-02-30")
    answer = send(web, "POST", "/fhir/ServiceRequest", broken)
    assert answer.status_code == 422
    paths = {path for issue in tree_of(answer)["issue"] for path in issue.get("expression", [])}
    assert {"ServiceRequest.status", "ServiceRequest.authoredOn"} <= {path.split("[")[0] for path in paths}
    assert MRN[1] not in answer.text
