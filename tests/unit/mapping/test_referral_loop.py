"""The loop of a referral in the words of each guide: what our eleven states become, and that no move of ours leaves the
guide's own table of moves.

Source: SDOH Clinical Care 3.0.0 (referral task states), BSeR 2.0.0 ballot (TaskBusinessStatusCS, harmonized state
transitions), BaRS 1.4.0 (service request status).
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

import pytest
from tests.support.maps import SAMPLES, shipped

from fhirbridge.formats import record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.run import to_left, to_right
from fhirbridge.records.referral import ReferralStatus

STATES = get_args(ReferralStatus)
BSER = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

MOVES = (
    ("draft", "sent"),
    ("sent", "received"),
    ("sent", "accepted"),
    ("sent", "declined"),
    ("sent", "withdrawn"),
    ("received", "accepted"),
    ("received", "declined"),
    ("received", "withdrawn"),
    ("accepted", "waitlisted"),
    ("accepted", "started"),
    ("accepted", "withdrawn"),
    ("waitlisted", "started"),
    ("waitlisted", "withdrawn"),
    ("started", "attended"),
    ("started", "did-not-attend"),
    ("started", "completed"),
    ("attended", "did-not-attend"),
    ("attended", "completed"),
    ("did-not-attend", "attended"),
    ("did-not-attend", "started"),
    ("did-not-attend", "withdrawn"),
)
"""The moves a referral may make here."""

GRAVITY = {
    "draft": {"requested"},
    "requested": {"accepted", "rejected", "cancelled"},
    "accepted": {"in-progress", "on-hold", "completed", "failed", "cancelled"},
    "in-progress": {"on-hold", "completed", "failed", "cancelled"},
    "on-hold": {"in-progress", "completed", "failed", "cancelled"},
}
"""Task.status -> what it may become."""

BSER_STATUS = {
    "2.0": "received",
    "3.0": "accepted",
    "4.0": "rejected",
    "5.1.1": "in-progress",
    "5.1.2": "in-progress",
    "5.1.3": "in-progress",
    "5.1.4": "in-progress",
    "5.2": "in-progress",
    "6.0": "cancelled",
    "7.0": "completed",
}
"""Business status -> the Task.status beside it."""

BSER_MOVES = {
    "2.0": {"3.0", "4.0", "5.2"},
    "3.0": {"4.0", "5.1.1", "5.1.4", "5.2", "7.0"},
    "5.1.1": {"4.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2", "7.0"},
    "5.1.2": {"4.0", "5.1.1", "5.1.3", "5.2"},
    "5.1.3": {"5.1.1", "5.2"},
    "5.1.4": {"4.0", "5.1.1", "5.1.3", "5.1.4", "5.2", "7.0"},
    "5.2": {"6.0", "7.0"},
}

ASIDE = {
    ("5.1.2", "5.1.4"): "a new appointment comes between, which we do not keep",
    ("5.1.4", "5.1.2"): "a new appointment comes between, which we do not keep",
}
"""Moves of ours that BSeR makes in two steps."""


@cache
def made(name: str, state: str) -> dict[str, dict[str, Any]]:
    """Return what a map makes of the sample in a state, by the block that makes it."""
    tree = {**record_json.parse((SAMPLES / "referral.json").read_bytes()), "status": state}
    result = to_right(shipped().get(name), tree, Context("riverside"))
    assert not result.issues
    return {str(item.trace["block"]): item.body for item in result.items}


def business(task: dict[str, Any]) -> str:
    return next((each["code"] for each in task["businessStatus"]["coding"] if each["system"] == BSER), "")


def back(name: str, *resources: dict[str, Any]) -> Any:
    pairs = [(each["resourceType"], each) for each in resources]
    return to_left(shipped().get(name), pairs, Context("riverside")).tree.get("status")


@pytest.mark.parametrize("name", ["referral", "harbor-network-referral"])
@pytest.mark.parametrize(("before", "after"), MOVES)
def test_each_move_is_one_that_gravity_knows(name: str, before: str, after: str) -> None:
    old, new = (made(name, state)["loop"]["status"] for state in (before, after))
    assert new == old or new in GRAVITY[old]


@pytest.mark.parametrize("state", STATES)
def test_no_task_has_a_status_that_gravity_forbids(state: str) -> None:
    assert made("referral", state)["loop"]["status"] not in ("ready", "received")


@pytest.mark.parametrize(("before", "after"), [move for move in MOVES if move[0] != "draft"])
def test_each_move_is_one_that_bser_knows(before: str, after: str) -> None:
    old, new = (business(made("statewide-wellness-referral", state)["loop"]) for state in (before, after))
    assert new == old or new in BSER_MOVES[old] or (old, new) in ASIDE


@pytest.mark.parametrize("state", [state for state in STATES if state != "draft"])
def test_a_task_for_bser_has_the_status_that_goes_with_its_business_status(state: str) -> None:
    task = made("statewide-wellness-referral", state)["loop"]
    assert task["status"] == BSER_STATUS[business(task)]


@pytest.mark.parametrize("code", sorted(BSER_STATUS))
def test_every_business_status_of_bser_comes_back_as_a_state(code: str) -> None:
    task = made("statewide-wellness-referral", "sent")["loop"]
    told = {**task, "status": BSER_STATUS[code], "businessStatus": {"coding": [{"system": BSER, "code": code}]}}
    assert back("statewide-wellness-referral", told) in STATES


@pytest.mark.parametrize("status", sorted({*GRAVITY, "rejected", "cancelled", "failed", "completed"}))
def test_every_task_status_of_gravity_comes_back_as_a_state(status: str) -> None:
    task = {name: value for name, value in made("referral", "sent")["loop"].items() if name != "businessStatus"}
    assert back("referral", {**task, "status": status}) in STATES


@pytest.mark.parametrize("state", STATES)
def test_the_exact_state_comes_back_whatever_the_inexact_ones_say(state: str) -> None:
    blocks = made("referral", state)
    assert back("referral", blocks["loop"], blocks["referral"]) == state


@pytest.mark.parametrize("state", STATES)
def test_the_request_stays_active_until_the_loop_is_closed(state: str) -> None:
    closed = {"completed": "completed", "declined": "revoked", "withdrawn": "revoked", "draft": "draft"}
    status = made("referral", state)["referral"]["status"]
    assert status == closed.get(state, "on-hold" if state == "waitlisted" else "active")


@pytest.mark.parametrize("state", STATES)
def test_a_bars_message_is_new_once_and_has_no_task(state: str) -> None:
    blocks = made("fellside-bars-referral", state)
    reason = blocks["header"]["reason"]["coding"][0]["code"]
    assert reason == ("new" if state in ("draft", "sent") else "update")
    assert "Task" not in {body["resourceType"] for body in blocks.values()}
    assert blocks["referral"]["status"] in ("draft", "active", "revoked", "completed")


def test_a_referral_is_chased_until_it_is_closed() -> None:
    chased = {state for state in STATES if made("referral", state)["chase"]["status"] != "completed"}
    assert chased == {*STATES} - {"completed", "declined", "withdrawn"}
