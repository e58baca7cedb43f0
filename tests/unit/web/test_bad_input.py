"""Bad input: the right status, one clear answer with path and rule, nothing lost, no personal data said or logged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.bridge import BASE_URL, sample, sample_tree
from tests.support.web import FHIR_XML, Web, captured_log, issue_codes, make_web, outcome_of, tree_of
from werkzeug.test import TestResponse

CANARY = "Zanzibar-Quux"
"""Stands for a value of a person wherever one could stand; it must be in no answer to an error and in no log."""


def changed(**release: Any) -> bytes:
    tree = sample_tree("northmoor-release")
    tree["release"] |= release
    return json.dumps(tree).encode()


def without(name: str) -> bytes:
    tree = sample_tree("northmoor-release")
    del tree["inmate"][name]
    return json.dumps(tree).encode()


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "not JSON": (b"inmate: " + CANARY.encode(), 400, "FB400"),
    "half of it": (sample("northmoor-release")[:200], 400, "FB400"),
    "not an object": (json.dumps([CANARY]).encode(), 400, "FB400"),
    "too deep": (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, 400, "FB400"),
    "a key twice": (f'{{"noticeId": "1", "noticeId": "{CANARY}"}}'.encode(), 400, "FB400"),
    "not UTF-8": (b'{"noticeId": "\xff"}', 400, "FB400"),
    "NaN": (b'{"noticeId": NaN}', 400, "FB400"),
    "empty": (b"", 400, "FB400"),
    "too large": (b'{"x": "' + b"y" * 100_000 + b'"}', 413, "FB401"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_at_once_and_the_sender_keeps_it(web: Web, name: str) -> None:
    body, status, code = REFUSED[name]
    with captured_log() as log:
        answer = web.push("northmoor", "transition", body)
    assert (answer.status_code, issue_codes(answer)) == (status, [code])
    assert CANARY not in answer.text + log.getvalue()
    with web.world.bridge.store.snapshot() as tx:
        assert not list(tx.iter_messages())


def test_a_duplicate_key_is_named_by_its_path(web: Web) -> None:
    answer = web.push("northmoor", "transition", b'{"release": {"date": "1", "date": "2"}}')
    issue = json.loads(answer.data)["issues"][0]
    assert (issue["path"], issue["location"]) == ("release.date", "1:27")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json; charset=utf-16", ""])
def test_a_wrong_media_type_is_415(web: Web, media_type: str) -> None:
    headers = {"Content-Type": media_type, "Idempotency-Key": "k"}
    answer = web.ask("northmoor", "POST", "/intake/transition", data=b"{}", headers=headers)
    assert (answer.status_code, issue_codes(answer)) == (415, ["FB402"])


def test_a_packed_body_is_415(web: Web) -> None:
    answer = web.push("northmoor", "transition", b"{}", **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_an_unknown_record_kind_is_404(web: Web) -> None:
    answer = web.push("riverside", "horoscope", b"{}")
    assert (answer.status_code, issue_codes(answer)) == (404, ["FB800"])


PARKED: dict[str, tuple[bytes, str]] = {
    "a wrong type": (changed(isFinal="perhaps"), "release.isFinal"),
    "an impossible date": (changed(date="02/30/2027"), "release.date"),
    "a date that is words": (changed(date=CANARY), "release.date"),
    "an unknown code": (changed(type=CANARY), "release.type"),
    "a missing field": (without("docNumber"), "inmate.docNumber"),
}


@pytest.mark.parametrize("name", PARKED)
def test_what_cannot_be_used_is_parked_whole_and_named_by_path_and_rule(web: Web, name: str) -> None:
    body, path = PARKED[name]
    with captured_log() as log:
        accepted = web.push("northmoor", "transition", body)
        web.world.work()
        told = web.get("northmoor", tree_of(accepted)["status"].removeprefix(BASE_URL))
    assert (accepted.status_code, tree_of(told)["state"]) == (202, "parked")
    named = [issue for issue in tree_of(told)["issues"] if path in issue["path"] or path in issue["message"]]
    assert named, tree_of(told)["issues"]
    assert named[0]["rule"]
    assert CANARY not in told.text + log.getvalue()
    with web.world.bridge.store.snapshot() as tx:
        assert [message.body for message in tx.iter_messages()] == [body]


def test_a_field_that_no_map_reads_is_reported_by_path_and_kept_in_the_message(web: Web) -> None:
    body = json.dumps(sample_tree("northmoor-release") | {"extra": CANARY}).encode()
    with captured_log() as log:
        accepted = web.push("northmoor", "transition", body)
        web.world.work()
        told = web.get("northmoor", tree_of(accepted)["status"].removeprefix(BASE_URL))
    assert [issue["path"] for issue in tree_of(told)["issues"] if issue["severity"] == "warning"] == ["doc.extra"]
    assert CANARY not in told.text + log.getvalue()


DTD = (
    f'<!DOCTYPE x [<!ENTITY e "{CANARY}">]>'
    '<ServiceRequest xmlns="http://hl7.org/fhir"><id value="&e;"/></ServiceRequest>'
)

FHIR_REFUSED: dict[str, tuple[str, bytes, int]] = {
    "XML with a DTD": (FHIR_XML, DTD.encode(), 400),
    "XML that is none": (FHIR_XML, b"<ServiceRequest", 400),
    "XML of another kind": (FHIR_XML, b"<patient xmlns='urn:other'/>", 400),
    "JSON of no type": ("application/fhir+json", b'{"id": "x"}', 400),
    "JSON of an unknown type": ("application/fhir+json", b'{"resourceType": "Spaceship"}', 400),
    "a media type of nobody": ("text/plain", b"hello", 415),
    "too large": ("application/fhir+json", b"x" * 100_001, 413),
}


@pytest.mark.parametrize("name", FHIR_REFUSED)
def test_a_resource_that_cannot_be_read_is_an_operation_outcome(web: Web, name: str) -> None:
    media_type, body, status = FHIR_REFUSED[name]
    with captured_log() as log:
        answer = web.ask("lakeside", "POST", "/fhir/ServiceRequest", data=body, content_type=media_type)
    assert answer.status_code == status
    assert outcome_of(answer)["severity"] == "error"
    assert outcome_of(answer)["details"]["text"]
    assert CANARY not in answer.text + log.getvalue()


@pytest.mark.parametrize(
    "query", [{"nonsense": CANARY}, {"_include": CANARY}, {"status:nonsense": CANARY}, {"date": f"zz{CANARY}"}]
)
def test_a_search_that_is_not_supported_is_400_and_never_ignored(web: Web, query: dict[str, str]) -> None:
    with captured_log() as log:
        answer = web.get("lakeside", "/fhir/CarePlan", query_string=query)
    assert (answer.status_code, outcome_of(answer)["severity"]) == (400, "error")
    assert CANARY not in log.getvalue()


def test_a_body_that_says_it_is_too_large_is_not_read(web: Web) -> None:
    token = web.token("northmoor")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "k"}
    environ = {"CONTENT_LENGTH": "99999999"}
    answer = web.http.post("/intake/transition", data=b"{}", headers=headers, environ_overrides=environ)
    assert answer.status_code == 413


def broken_clock() -> Any:
    raise ZeroDivisionError(CANARY)


@pytest.mark.parametrize("path", ["/fhir/CarePlan/x", "/intake/messages/x"])
def test_a_fault_is_500_with_a_reference_that_stands_in_the_log_and_nothing_else(path: str) -> None:
    web = make_web()
    token = web.token("lakeside")
    app = make_web(clock=broken_clock, store=web.world.bridge.store).app
    with captured_log() as log:
        answer = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 500
    reference = answer.headers["X-Request-Id"]
    assert reference in answer.text
    assert reference in log.getvalue()
    assert "ZeroDivisionError" in log.getvalue()
    assert CANARY not in answer.text + log.getvalue()
    assert "Traceback" not in answer.text + log.getvalue()


def every_request(web: Web) -> list[Callable[[], TestResponse]]:
    return [
        lambda: web.search("lakeside", CANARY),
        lambda: web.get("lakeside", f"/fhir/Patient/{CANARY}"),
        lambda: web.get("lakeside", f"/{CANARY}?name={CANARY}"),
        lambda: web.http.open(f"/fhir/{CANARY}", method=CANARY.upper()),
        lambda: web.ask("lakeside", "POST", "/fhir/Patient/_search", data={"identifier": CANARY}),
        lambda: web.http.get("/fhir/Patient", headers={"Authorization": f"Bearer {CANARY}"}),
        lambda: web.http.post("/auth/token", data={"client_assertion": CANARY}),
        lambda: web.push("northmoor", CANARY, b"{}"),
    ]


def test_no_log_line_holds_what_was_asked_for(web: Web) -> None:
    with captured_log() as log:
        for send in every_request(web):
            assert send().status_code < 500
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert CANARY.lower() not in log.getvalue().lower()
    requests = [line for line in lines if line["logger"] == "fhirbridge.access"]
    assert len(requests) >= len(every_request(web))
    assert all({"method", "route", "status", "duration_ms", "request_id", "partner"} <= set(line) for line in requests)
    assert {line["route"] for line in requests} >= {"/fhir/<type_>", "(no route)", "/auth/token"}
