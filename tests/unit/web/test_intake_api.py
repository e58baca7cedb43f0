"""Handing records in over HTTP: durable, answered with an address, idempotent."""

from __future__ import annotations

import json

from tests.support.bridge import BASE_URL, sample
from tests.support.web import Web, issue_codes, tree_of


def test_a_push_is_answered_202_with_the_address_of_its_status(web: Web) -> None:
    answer = web.push("northmoor", "transition", sample("northmoor-release"))
    assert answer.status_code == 202
    assert (
        answer.headers["Location"] == tree_of(answer)["status"] == f"{BASE_URL}/intake/messages/{tree_of(answer)['id']}"
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_status_tells_first_that_it_arrived_and_then_what_became_of_it(web: Web) -> None:
    path = tree_of(web.push("northmoor", "transition", sample("northmoor-release")))["status"].removeprefix(BASE_URL)
    assert tree_of(web.get("northmoor", path))["state"] == "received"
    web.world.work()
    told = tree_of(web.get("northmoor", path))
    assert (told["state"], told["records"][-1]) == ("stored", "transition/northmoor/NM-2026-11873")


def test_the_same_push_again_has_the_same_answer_and_no_second_effect(web: Web) -> None:
    first, second = (web.push("northmoor", "transition", sample("northmoor-release")) for _ in "ab")
    assert (first.status_code, first.data) == (second.status_code, second.data)
    with web.world.bridge.store.snapshot() as tx:
        assert len(list(tx.iter_messages())) == 1


def test_the_same_key_with_another_body_is_refused_and_the_first_one_stays(web: Web) -> None:
    web.push("northmoor", "transition", sample("northmoor-release"))
    answer = web.push("northmoor", "transition", sample("northmoor-release-broken"))
    assert (answer.status_code, issue_codes(answer)) == (422, ["FB802"])
    with web.world.bridge.store.snapshot() as tx:
        assert [message.body for message in tx.iter_messages()] == [sample("northmoor-release")]


def test_a_push_without_a_key_is_refused(web: Web) -> None:
    headers = {"Content-Type": "application/json"}
    answer = web.ask("northmoor", "POST", "/intake/transition", data=b"{}", headers=headers)
    assert (answer.status_code, issue_codes(answer)) == (400, ["FB405"])
    assert answer.content_type == "application/problem+json"


def test_a_kind_that_the_token_does_not_cover_is_refused(web: Web) -> None:
    answer = web.push("northmoor", "plan", sample("riverside-plan"))
    assert (answer.status_code, issue_codes(answer)) == (403, ["FB601"])


def test_a_message_is_told_to_its_sender_only(web: Web) -> None:
    path = tree_of(web.push("northmoor", "transition", sample("northmoor-release")))["status"].removeprefix(BASE_URL)
    other, nowhere = web.get("riverside", path), web.get("riverside", "/intake/messages/m-nowhere")
    assert other.status_code == nowhere.status_code == 404
    assert other.data == nowhere.data


def test_a_broken_record_is_parked_whole_with_each_field_and_rule(web: Web) -> None:
    body = sample("northmoor-release-broken")
    path = tree_of(web.push("northmoor", "transition", body))["status"].removeprefix(BASE_URL)
    web.world.work()
    told = tree_of(web.get("northmoor", path))
    assert (told["state"], told["resources"]) == ("parked", [])
    paths = " ".join(issue["path"] for issue in told["issues"])
    for field in ("release.date", "onward[0].service", "gatePickup"):
        assert field in paths
    assert all(issue["code"] and issue["rule"] and issue["message"] for issue in told["issues"])
    with web.world.bridge.store.snapshot() as tx:
        assert [message.body for message in tx.iter_messages()] == [body]


def test_a_problem_names_its_kind_status_and_issues(web: Web) -> None:
    answer = web.push("northmoor", "transition", b"[1]")
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["status"]) == (400, 400)
    assert problem["type"].endswith("/FB400")
    assert set(problem["issues"][0]) >= {"code", "severity", "path", "rule", "message", "hint"}
