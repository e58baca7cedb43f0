"""FHIR over HTTP: reads, searches, versions, formats, headers."""

from __future__ import annotations

import json

import pytest
from tests.support.bridge import BASE_URL, MRN
from tests.support.web import FHIR_JSON, FHIR_XML, Web, outcome_of, tree_of

from fhirbridge.formats import fhir_xml


def test_a_read_has_type_etag_time_notice_and_is_not_to_be_kept(filled: Web) -> None:
    plan = filled.one("CarePlan")
    answer = filled.get("lakeside", f"/fhir/CarePlan/{plan['id']}")
    assert (answer.status_code, answer.content_type) == (200, f"{FHIR_JSON}; charset=utf-8")
    assert answer.headers["ETag"] == f'W/"{plan["meta"]["versionId"]}"'
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "42 CFR part 2" in answer.headers["Disclosure-Notice"]
    assert tree_of(answer)["id"] == plan["id"]


def test_a_caller_who_has_this_version_gets_304_and_no_body(filled: Web) -> None:
    path = f"/fhir/CarePlan/{filled.one('CarePlan')['id']}"
    etag = filled.get("lakeside", path).headers["ETag"]
    answer = filled.get("lakeside", path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert filled.get("lakeside", path, headers={"If-None-Match": 'W/"99"'}).status_code == 200


def test_what_is_redacted_has_no_etag_and_is_never_unchanged(filled: Web) -> None:
    found = tree_of(filled.get("lakeside", "/fhir/Encounter"))["entry"]
    day = next(each["resource"] for each in found if each["resource"].get("status") == "planned")
    assert "REDACTED" in {label["code"] for label in day["meta"]["security"]}
    answer = filled.get("lakeside", f"/fhir/Encounter/{day['id']}", headers={"If-None-Match": 'W/"1"'})
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_head_is_a_read_without_a_body(filled: Web) -> None:
    path = f"/fhir/CarePlan/{filled.one('CarePlan')['id']}"
    answer = filled.ask("lakeside", "HEAD", path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["ETag"] == filled.get("lakeside", path).headers["ETag"]


def test_one_version_can_be_read_and_a_version_that_is_no_number_is_not_found(filled: Web) -> None:
    plan = filled.one("CarePlan")
    path = f"/fhir/CarePlan/{plan['id']}/_history/"
    assert tree_of(filled.get("lakeside", path + plan["meta"]["versionId"]))["id"] == plan["id"]
    for version in ("99", "x", "-1", "¹"):
        assert filled.get("lakeside", path + version).status_code == 404


def test_xml_says_the_same_as_json(filled: Web) -> None:
    path = f"/fhir/CarePlan/{filled.one('CarePlan')['id']}"
    answer = filled.get("lakeside", path, headers={"Accept": FHIR_XML})
    assert answer.content_type == f"{FHIR_XML}; charset=utf-8"
    assert fhir_xml.parse(answer.data) == tree_of(filled.get("lakeside", path, query_string={"_format": "json"}))
    assert filled.get("lakeside", path, query_string={"_format": "xml"}).data == answer.data


def test_a_search_by_form_finds_what_a_search_by_address_finds(filled: Web) -> None:
    form = {"patient.identifier": f"{MRN[0]}|{MRN[1]}", "_include": "CarePlan:goal", "_format": "json"}
    by_form = tree_of(filled.ask("lakeside", "POST", "/fhir/CarePlan/_search", data=form))
    by_address = tree_of(filled.get("lakeside", "/fhir/CarePlan", query_string=form))
    ids = [[entry["fullUrl"] for entry in found["entry"] if "fullUrl" in entry] for found in (by_form, by_address)]
    assert by_form["total"] == by_address["total"] >= 1
    assert ids[0] == ids[1]


def test_a_search_by_form_wants_a_form(filled: Web) -> None:
    answer = filled.ask("lakeside", "POST", "/fhir/CarePlan/_search", json={"status": "active"})
    assert (answer.status_code, outcome_of(answer)["code"]) == (415, "not-supported")


def test_a_slash_at_the_end_changes_nothing(filled: Web) -> None:
    plan = filled.one("CarePlan")["id"]
    for path in ("/fhir/metadata", f"/fhir/CarePlan/{plan}", "/livez"):
        assert filled.get("lakeside", path).status_code == filled.get("lakeside", f"{path}/").status_code == 200
    assert filled.get("lakeside", "/fhir").status_code == filled.get("lakeside", "/fhir/").status_code == 400


def test_metadata_needs_no_token_and_comes_in_both_formats(filled: Web) -> None:
    answer = filled.http.get("/fhir/metadata")
    assert (tree_of(answer)["resourceType"], tree_of(answer)["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert filled.http.get("/fhir/metadata?_format=application/fhir%2Bxml").data.startswith(b"<")
    assert "no-store" not in answer.headers["Cache-Control"]


def test_the_smart_configuration_says_where_to_sign_in(filled: Web) -> None:
    answer = filled.http.get("/fhir/.well-known/smart-configuration", headers={"Accept": "text/html"})
    assert tree_of(answer)["token_endpoint"] == f"{BASE_URL}/auth/token"
    assert answer.content_type == "application/json"


def test_without_a_token_the_answer_is_401_and_says_how(filled: Web) -> None:
    answer = filled.http.get("/fhir/CarePlan/x")
    assert (answer.status_code, outcome_of(answer)["code"]) == (401, "login")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fhirbridge"'
    forged = filled.http.get("/fhir/CarePlan/x", headers={"Authorization": "Bearer nonsense"})
    assert forged.headers["WWW-Authenticate"] == 'Bearer realm="fhirbridge", error="invalid_token"'


def test_a_token_does_not_open_what_its_scope_does_not_cover(filled: Web) -> None:
    answer = filled.get("riverside", "/fhir/CarePlan/x")
    assert (answer.status_code, outcome_of(answer)["code"]) == (403, "forbidden")


def test_an_unknown_type_is_not_found_in_the_format_that_was_asked_for(filled: Web) -> None:
    answer = filled.get("lakeside", "/fhir/Spaceship/1", headers={"Accept": FHIR_XML})
    assert answer.status_code == 404
    assert fhir_xml.parse(answer.data)["issue"][0]["code"] == "not-found"


def test_what_cannot_be_answered_in_the_wanted_format_is_406_in_json(filled: Web) -> None:
    answer = filled.get("lakeside", "/fhir/CarePlan/x", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.content_type) == (406, f"{FHIR_JSON}; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/fhir/CarePlan/x", "GET, HEAD, PUT"),
        ("PUT", "/fhir/CarePlan", "GET, HEAD, POST"),
        ("POST", "/fhir", "GET, HEAD"),
        ("POST", "/fhir/", "GET, HEAD"),
    ],
)
def test_another_method_is_405_and_says_which_are_good(filled: Web, method: str, path: str, allowed: str) -> None:
    answer = filled.ask("lakeside", method, path)
    assert (answer.status_code, outcome_of(answer)["code"]) == (405, "not-supported")
    assert {*answer.headers["Allow"].split(", ")} - {"OPTIONS"} == {*allowed.split(", ")}


def test_a_type_that_can_only_be_read_refuses_a_create_with_405(filled: Web) -> None:
    body = json.dumps({"resourceType": "CarePlan", "status": "active", "intent": "plan"})
    answer = filled.ask("lakeside", "POST", "/fhir/CarePlan", data=body, content_type=FHIR_JSON)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_client_that_no_consent_covers_looks_like_a_client_nobody_knows(filled: Web) -> None:
    known, unknown = filled.search("hillcrest"), filled.search("hillcrest", "LG-0")
    assert known.status_code == unknown.status_code == 200
    assert [name for name, _ in known.headers] == [name for name, _ in unknown.headers]
    assert known.data.replace(MRN[1].encode(), b"LG-0") == unknown.data
    plan = filled.one("CarePlan")["id"]
    there, nowhere = (filled.get("hillcrest", f"/fhir/CarePlan/{each}") for each in (plan, "nowhere"))
    assert there.status_code == nowhere.status_code == 404
    assert there.data == nowhere.data
    assert [name for name, _ in there.headers] == [name for name, _ in nowhere.headers]


def test_each_answer_has_a_request_id_of_its_own(filled: Web) -> None:
    ids = {filled.http.get("/livez").headers["X-Request-Id"] for _ in range(2)}
    assert len(ids) == 2
