"""Redaction of records by the sensitivity their schema publishes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.consent.redact_record import redact_record
from fhirbridge.records import KINDS

D12 = frozenset({"D0", "D1", "D2"})
CLIENT = {"number": "77", "system": "urn:example:client"}
AGENCY = {"number": "A-1", "name": "Riverside", "phone": None}
REPORT: dict[str, Any] = {
    "id": "m-1",
    "client": CLIENT,
    "agency": {"number": "A-1", "name": "Riverside"},
    "period_start": "2026-10-01",
    "period_end": "2026-10-31",
    "sessions_offered": 4,
    "sessions_attended": 3,
    "compliant": True,
    "tests": [{"id": "t-1", "on": "2026-10-05", "result": "negative"}],
    "clinical_comment": "canary",
}
PLAN: dict[str, Any] = {
    "id": "p-1",
    "client": CLIENT,
    "agency": AGENCY,
    "type": "aftercare-plan",
    "status": "active",
    "keyworker": {"number": "k", "name": "Kay"},
    "assessment": {"history": "own history", "family": "family canary"},
    "goals": [
        {"id": "g", "own_words": "sing again", "objectives": [{"id": "o", "text": "choir", "measure": "weekly"}]}
    ],
    "family": [{"id": "x", "name": "family canary", "relationship": "sister canary"}],
    "participants": [{"id": "y", "role": "court", "name": "participant canary"}],
    "internal_note": "note canary",
}
TRANSITION: dict[str, Any] = {
    "id": "t-1",
    "client": CLIENT,
    "setting": "custody",
    "establishment": {"number": "E-9", "name": "prison canary"},
    "event": {"type": "release", "on": "2026-11-30"},
    "medications": [{"id": "m", "name": "medication canary"}],
    "supervising_officer": {"number": "o", "name": "Ollie"},
}


def test_a_report_to_a_court_holds_no_clinical_comment() -> None:
    left = redact_record("monitoring", REPORT, D12)
    assert left == {name: value for name, value in REPORT.items() if name != "clinical_comment"}


def test_a_report_for_those_who_may_know_all_is_whole() -> None:
    assert redact_record("monitoring", REPORT, D12 | {"D3"}) == REPORT


@pytest.mark.parametrize(("kind", "tree"), [("monitoring", REPORT), ("plan", PLAN), ("transition", TRANSITION)])
def test_a_record_whose_own_class_is_not_permitted_goes_whole(kind: str, tree: dict[str, Any]) -> None:
    assert redact_record(kind, tree, frozenset({"D0", "D1"})) == {}


def test_family_and_notes_go_and_own_words_stay() -> None:
    left = redact_record("plan", PLAN, D12 | {"D3"})
    assert "canary" not in json.dumps(left)
    assert left["goals"] == PLAN["goals"]
    assert left["assessment"] == {"history": "own history"}
    assert left["keyworker"] == {"number": "k", "name": "Kay"}


def test_directory_data_in_a_field_of_another_class_needs_both() -> None:
    left = redact_record("transition", TRANSITION, frozenset({"D0", "D1", "D6"}))
    assert left["establishment"] == TRANSITION["establishment"]
    without_justice = redact_record("transition", TRANSITION, frozenset({"D0", "D1", "D3"}))
    assert without_justice == {}


def test_a_directory_entry_goes_when_the_directory_is_not_permitted() -> None:
    left = redact_record("transition", TRANSITION, frozenset({"D1", "D6"}))
    assert not left.keys() & {"establishment", "supervising_officer"}


def test_a_field_the_schema_does_not_know_goes() -> None:
    left = redact_record("monitoring", {**REPORT, "extra": "canary", "tests": [{"id": "t", "x": "canary"}]}, D12)
    assert "canary" not in json.dumps(left)
    assert left["tests"] == [{"id": "t"}]


def test_a_value_of_another_shape_than_the_schemas_goes() -> None:
    left = redact_record("monitoring", {**REPORT, "agency": [{"name": {"deep": "canary"}}]}, D12)
    assert "canary" not in json.dumps(left)


def test_empty_and_null_leave_no_trace() -> None:
    assert (
        redact_record("monitoring", {**REPORT, "tests": [], "worker": None}, D12).keys() & {"tests", "worker"} == set()
    )


def test_an_unknown_kind_is_a_fault() -> None:
    with pytest.raises(KeyError):
        redact_record("diary", {}, D12)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([("monitoring", REPORT), ("plan", PLAN), ("transition", TRANSITION)]),
    st.frozensets(st.sampled_from([f"D{n}" for n in range(9)])),
    st.frozensets(st.sampled_from([f"D{n}" for n in range(9)])),
)
def test_redaction_is_idempotent_and_monotonic(case: Any, permitted: frozenset[str], more: frozenset[str]) -> None:
    kind, tree = case
    once = redact_record(kind, tree, permitted)
    assert redact_record(kind, once, permitted) == once
    wider = redact_record(kind, tree, permitted | more)
    assert leaves(once) <= leaves(wider) <= leaves(tree)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_redacted_to_nothing(kind: str) -> None:
    assert redact_record(kind, {"id": "x"}, frozenset()) == {}


def leaves(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return {leaf for child in tree.values() for leaf in leaves(child)}
    return {leaf for child in tree for leaf in leaves(child)} if isinstance(tree, list) else {json.dumps(tree)}
