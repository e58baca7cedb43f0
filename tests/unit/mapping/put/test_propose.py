"""What an EHR sends back becomes a proposed change: what is not the map's stays, so does what nobody understands."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.maps import SAMPLES, shipped
from tests.support.records import as_tree, records
from tests.unit.mapping.test_laws import CONTEXT, LAW, RECORD_MAPS

from fhirbridge.mapping.put.changes import Change
from fhirbridge.mapping.put.propose import propose, with_complement
from fhirbridge.mapping.run import Item, to_right

PLAN: dict[str, Any] = {
    "id": "P-1",
    "client": {"number": "C-1", "system": "https://riverside.example/client"},
    "type": "aftercare-plan",
    "status": "active",
    "title": "After June",
    "agency": {"number": "A-1", "name": "Riverside"},
    "internal_note": "asked for a quiet room",
    "goals": [
        {
            "id": "g1",
            "status": "active",
            "own_words": "see my daughter on Sundays",
            "strengths": [{"id": "s1", "text": "keeps promises"}],
        },
        {"id": "g2", "status": "active", "own_words": "cook again"},
    ],
    "coping": ["walks by the river"],
    "preferences": [{"id": "p1", "text": "mornings", "about": "care-experience"}],
    "agreement": [{"id": "a1", "role": "client", "name": "R. Almeida", "signed": "2026-03-01T10:00:00+01:00"}],
}


def sent(kind: str, tree: dict[str, Any]) -> list[Item]:
    return list(to_right(shipped().get(kind), tree, CONTEXT).items)


def arrived(items: list[Item]) -> list[tuple[str, dict[str, Any]]]:
    return [(item.type, copy.deepcopy(item.body)) for item in items]


def find(items: list[tuple[str, dict[str, Any]]], type_: str) -> dict[str, Any]:
    return next(body for own, body in items if own == type_)


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_what_was_sent_and_comes_back_unchanged_proposes_nothing(kind: str, data: st.DataObject) -> None:
    held = as_tree(data.draw(records(kind)))
    proposal = propose(shipped().get(kind), held, arrived(sent(kind, held)), CONTEXT)
    assert proposal.tree == held
    assert (proposal.changes, proposal.complement) == ((), {})


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_what_a_stranger_adds_is_kept_and_comes_back(kind: str, data: st.DataObject) -> None:
    held = as_tree(data.draw(records(kind)))
    items = arrived(sent(kind, held))
    for _, body in items:
        body["language"] = "en"
        body.setdefault("extension", []).append({"url": "https://ehr.example/ward", "valueString": "B2"})
    proposal = propose(shipped().get(kind), held, items, CONTEXT)
    assert proposal.tree == held
    again, issues = with_complement(sent(kind, proposal.tree), proposal.complement)
    assert [(item.type, item.body) for item in again] == items
    assert issues == ()


def test_one_resource_alone_changes_its_own_fields_only() -> None:
    goal = next(body for type_, body in arrived(sent("plan", PLAN)) if type_ == "Goal")
    goal["description"]["text"] = "see my daughter every Sunday"
    proposal = propose(shipped().get("plan"), PLAN, [("Goal", goal)], CONTEXT)
    assert proposal.changes == (Change("goals[0].own_words", "changed"),)
    assert proposal.tree["internal_note"] == "asked for a quiet room"


def test_a_goal_that_the_plan_no_longer_names_is_removed_and_the_others_stay() -> None:
    items = arrived(sent("plan", PLAN))
    find(items, "CarePlan")["goal"].pop(0)
    items = [(type_, body) for type_, body in items if type_ != "Goal"]
    proposal = propose(shipped().get("plan"), PLAN, items, CONTEXT)
    assert proposal.changes == (Change("goals[0]", "removed"),)
    assert proposal.tree["goals"] == PLAN["goals"][1:]


def test_the_order_of_a_list_moves_nothing_between_its_items() -> None:
    items = arrived(sent("plan", PLAN))
    find(items, "CarePlan")["goal"].reverse()
    proposal = propose(shipped().get("plan"), PLAN, items, CONTEXT)
    assert proposal.changes == (Change("goals", "changed"),)
    assert {goal["id"]: goal for goal in proposal.tree["goals"]} == {goal["id"]: goal for goal in PLAN["goals"]}


def test_a_field_that_is_taken_out_is_proposed_as_removed() -> None:
    items = arrived(sent("plan", PLAN))
    del find(items, "CarePlan")["title"]
    assert propose(shipped().get("plan"), PLAN, items, CONTEXT).changes == (Change("title", "removed"),)


def test_with_nothing_held_all_of_it_is_new() -> None:
    proposal = propose(shipped().get("plan"), {}, arrived(sent("plan", PLAN)), CONTEXT)
    assert proposal.tree == {name: value for name, value in PLAN.items() if name != "internal_note"}
    assert {change.kind for change in proposal.changes} == {"added"}


def test_what_changes_the_meaning_of_others_is_refused() -> None:
    items = arrived(sent("plan", PLAN))
    find(items, "Goal")["modifierExtension"] = [{"url": "https://ehr.example/not", "valueBoolean": True}]
    found = [
        issue for issue in propose(shipped().get("plan"), PLAN, items, CONTEXT).issues if issue.severity == "error"
    ]
    assert [(issue.code, issue.expression) for issue in found] == [("FB311", "Goal.modifierExtension")]


def test_what_was_kept_beside_an_item_that_is_gone_is_told() -> None:
    items = arrived(sent("plan", PLAN))
    note = next(note for note in find(items, "CarePlan")["note"] if note["text"] == "walks by the river")
    note["authorReference"] = {"display": "ward B2"}
    kept = propose(shipped().get("plan"), PLAN, items, CONTEXT).complement
    _, issues = with_complement(sent("plan", {**PLAN, "coping": ["sings"]}), kept)
    assert [(issue.code, issue.expression) for issue in issues] == [("FB312", "CarePlan.note[].authorReference")]


def test_what_a_codec_leaves_of_an_object_is_kept_too() -> None:
    items = arrived(sent("plan", PLAN))
    plan = find(items, "CarePlan")
    plan["subject"]["display"] = "the lady in bed four"
    kind = next(each for each in plan["category"] if "plan-kind" in each["coding"][0]["system"])
    kind["coding"].append({"system": "https://ehr.example/kinds", "code": "AC"})
    kind["coding"][0]["userSelected"] = True
    proposal = propose(shipped().get("plan"), PLAN, items, CONTEXT)
    assert proposal.changes == ()
    again, issues = with_complement(sent("plan", PLAN), proposal.complement)
    sent_again = find(arrived(list(again)), "CarePlan")
    assert sent_again["subject"] == plan["subject"]
    assert kind["coding"] in [each["coding"] for each in sent_again["category"]]
    assert issues == ()


def test_an_element_put_back_has_the_class_of_its_resource() -> None:
    items = arrived(sent("plan", PLAN))
    find(items, "CarePlan")["description"] = "seen on the ward"
    kept = propose(shipped().get("plan"), PLAN, items, CONTEXT).complement
    again, _ = with_complement(sent("plan", PLAN), kept)
    plan = next(item for item in again if item.type == "CarePlan")
    assert plan.trace["elements"]["description"]["class"] == "D3"


def test_what_came_without_a_constant_is_sent_again_without_it() -> None:
    items = arrived(sent("plan", PLAN))
    agency = find(items, "Organization")
    del agency["active"]
    proposal = propose(shipped().get("plan"), PLAN, items, CONTEXT)
    assert proposal.changes == ()
    again, issues = with_complement(sent("plan", PLAN), proposal.complement)
    assert find(arrived(list(again)), "Organization") == agency
    assert issues == ()
    assert not any("active" in item.trace["elements"] for item in again if item.type == "Organization")


def test_what_is_put_in_for_one_element_of_a_finer_class_has_that_class() -> None:
    items = arrived(sent("plan", PLAN))
    goal = find(items, "Goal")
    goal["description"]["coding"] = [{"system": "https://ehr.example/goals", "code": "7"}]
    kept = propose(shipped().get("plan"), PLAN, items, CONTEXT).complement
    again, _ = with_complement(sent("plan", PLAN), kept)
    sent_again = next(item for item in again if item.type == "Goal")
    assert sent_again.body["description"] == goal["description"]


def test_what_the_record_would_not_make_again_is_refused() -> None:
    held = json.loads((SAMPLES / "discharge.json").read_text("utf-8"))
    reason = next(item.body for item in sent("discharge", held) if item.trace["block"] == "reason")
    unsaid = {name: value for name, value in reason.items() if not name.startswith("value")}
    issues = propose(shipped().get("discharge"), held, [("Observation", unsaid)], CONTEXT).issues
    assert [(each.code, each.expression) for each in issues if each.severity == "error"] == [("FB313", "Observation")]
