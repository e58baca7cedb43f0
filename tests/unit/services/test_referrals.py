"""A referral that comes back from an EHR: into a record, out as a labelled resource, once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import MRN, World, make_world

from fhirbridge.errors import (
    BridgeError,
    Forbidden,
    IdempotencyConflict,
    InvalidContent,
    MissingHeader,
    NotFound,
    VersionConflict,
)
from fhirbridge.formats import record_json
from fhirbridge.services import resources
from fhirbridge.services.answer import Answer
from fhirbridge.store.base import Query, RecordRow

CATEGORY = "https://fhirbridge.org/fhir/CodeSystem/service-category"


@pytest.fixture
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def find_id(world: World, type_: str, **where: str) -> str:
    with world.bridge.store.snapshot() as tx:
        rows = [(row.id, json.loads(row.body)) for row in tx.search(Query(type_))]
    return next(id_ for id_, body in rows if all(body.get(name) == value for name, value in where.items()))


def make_request(world: World, **changes: Any) -> dict[str, Any]:
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [{"system": CATEGORY, "code": "medication-management"}]}],
        "code": {"text": "Buprenorphine clinic"},
        "subject": {"reference": f"Patient/{world.person_id()}"},
        "authoredOn": "2026-11-20",
        "reasonCode": [{"text": "To go on without a gap"}],
    }
    return {name: value for name, value in {**request, **changes}.items() if value is not None}


def create(world: World, resource: dict[str, Any] | None = None, partner: str = "lakeside", key: str = "") -> Answer:
    body = make_request(world) if resource is None else resource
    return resources.create(world.bridge, world.caller(partner), body, idempotency_key=key)


def find_referrals(world: World) -> list[RecordRow]:
    with world.bridge.store.snapshot() as tx:
        return [row for row in tx.iter_records(world.person_id(), "referral") if row.source == "lakeside"]


def test_it_becomes_a_record_and_a_labelled_resource(world: World) -> None:
    answer = create(world)
    made = json.loads(answer.body)
    assert answer.created and made["id"] == answer.id and made["code"]["text"] == "Buprenorphine clinic"
    assert {"R", "42CFRPart2"} <= {each["code"] for each in made["meta"]["security"]}
    (row,) = find_referrals(world)
    record = record_json.parse(row.body)
    assert (record["category"], record["status"]) == ("medication-management", "sent")
    assert record["from_agency"] == {"number": "LAKESIDE-GENERAL", "name": "Lakeside General"}


def test_it_can_be_read_and_found_by_who_sent_it(world: World) -> None:
    answer = create(world)
    again = resources.read(world.bridge, world.caller("lakeside"), "ServiceRequest", answer.id)
    assert again.body == answer.body


def test_the_subject_may_be_named_by_number(world: World) -> None:
    subject = {"identifier": {"system": MRN[0], "value": MRN[1]}}
    assert create(world, make_request(world, subject=subject)).created


def test_a_plan_of_the_agency_stays_the_plan_it_rests_on(world: World) -> None:
    plan = f"CarePlan/{find_id(world, 'CarePlan', title='Mari' + chr(39) + 's plan for the first six months')}"
    made = json.loads(create(world, make_request(world, basedOn=[{"reference": plan}])).body)
    assert made["basedOn"][0]["reference"] == plan
    assert record_json.parse(find_referrals(world)[0].body)["plan"] == "RR-P-3301"


def test_an_organisation_of_the_directory_is_whom_it_goes_to(world: World) -> None:
    agency = f"Organization/{find_id(world, 'Organization', name='Riverside Recovery')}"
    create(world, make_request(world, performer=[{"reference": agency}]))
    assert record_json.parse(find_referrals(world)[0].body)["to_agency"]["number"] == "RIVERSIDE"


def test_what_is_not_held_here_is_left_out_and_reported(world: World) -> None:
    answer = create(world, make_request(world, requester={"display": "A clinician"}, patientInstruction="Bring a card"))
    with world.bridge.store.snapshot() as tx:
        message = next(each for each in tx.iter_messages() if each.partner == "lakeside")
    assert b"Bring a card" in message.body
    paths = {issue["path"] for issue in json.loads(message.outcome)["issues"]}
    assert {"ServiceRequest.requester", "ServiceRequest.patientInstruction"} <= paths
    assert b"A clinician" not in answer.body


REFERRER = "https://fhirbridge.org/fhir/StructureDefinition/referrer"


def test_an_extension_may_refer_to_the_directory(world: World) -> None:
    worker = {"reference": f"Practitioner/{find_id(world, 'Practitioner')}"}
    nobody = {"reference": "Practitioner/nobody"}
    known = make_request(world, extension=[{"url": REFERRER, "valueReference": worker}])
    assert b"referrer" in create(world, known).body
    unknown = make_request(world, extension=[{"url": REFERRER, "valueReference": nobody}])
    assert b"referrer" not in create(world, unknown).body


@pytest.mark.parametrize("reference", ["CarePlan/nothing", "https://elsewhere.example/CarePlan/1"])
def test_a_plan_that_is_not_held_here_is_left_out(world: World, reference: str) -> None:
    made = json.loads(create(world, make_request(world, basedOn=[{"reference": reference}])).body)
    assert "basedOn" not in made


def test_a_plan_of_another_client_is_not_told_from_one_that_is_not_there(world: World) -> None:
    other = {
        "id": "OTHER-1",
        "client": {"system": "https://other.example", "number": "1"},
        "agency": {"number": "RIVERSIDE", "name": "Riverside Recovery"},
        "type": "care-plan",
        "status": "active",
    }
    riverside = replace(world.bridge.partners["riverside"], sources={})
    plain = replace(world, bridge=replace(world.bridge, partners={**world.bridge.partners, "riverside": riverside}))
    told = plain.hand_in("riverside", "plan", other)
    plan = next(name for name in told["resources"] if name.startswith("CarePlan/"))
    made = json.loads(create(world, make_request(world, basedOn=[{"reference": plan}])).body)
    assert "basedOn" not in made


def test_the_same_request_again_is_one_referral(world: World) -> None:
    first, again = create(world, key="k-1"), create(world, key="k-1")
    assert (first.id, first.version, first.body) == (again.id, again.version, again.body)
    assert len(find_referrals(world)) == 1
    with pytest.raises(IdempotencyConflict):
        create(world, make_request(world, authoredOn="2026-11-21"), key="k-1")


def test_without_a_key_each_request_is_a_referral(world: World) -> None:
    assert create(world).id != create(world).id


def refusal(world: World, resource: dict[str, Any], partner: str) -> tuple[type[BridgeError], str, object]:
    with pytest.raises(BridgeError) as refused:
        create(world, resource, partner)
    return type(refused.value), refused.value.message, refused.value.issues


def test_a_client_not_covered_is_refused_like_a_client_nobody_knows(world: World) -> None:
    nobody = make_request(world, subject={"reference": "Patient/no-such-client"})
    numbered = make_request(world, subject={"identifier": {"system": MRN[0], "value": "nobody"}})
    known = refusal(world, make_request(world), "hillcrest")
    assert known == refusal(world, nobody, "hillcrest") == refusal(world, numbered, "lakeside")
    assert known[0] is InvalidContent
    assert {entry.outcome for entry in world.ledger()[-2:]} == {"deny"}
    with world.bridge.store.snapshot() as tx:
        assert not [each for each in tx.iter_messages() if each.partner == "hillcrest"]


def test_only_a_hospital_sends_referrals_this_way(world: World) -> None:
    who = world.caller("county-probation", "system/ServiceRequest.c")
    with pytest.raises(Forbidden):
        resources.create(world.bridge, who, make_request(world))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"status": "nonsense"}, "ServiceRequest.status"),
        ({"intent": None}, "ServiceRequest.intent"),
        ({"authoredOn": "2026-02-30"}, "ServiceRequest.authoredOn"),
        ({"category": None}, "ServiceRequest.category[coding.system=@service-category]"),
    ],
)
def test_each_broken_rule_is_named_with_its_element(world: World, change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        create(world, make_request(world, **change))
    assert path in {issue.expression for issue in refused.value.issues}
    assert find_referrals(world) == []


# -- update


def update(world: World, answer: Answer, version: int | None, partner: str = "lakeside", **changes: Any) -> Answer:
    body = make_request(world, **changes) | {"id": answer.id}
    return resources.update(world.bridge, world.caller(partner), answer.id, body, if_match=version)


def test_an_update_is_a_new_version_of_record_and_resource(world: World) -> None:
    answer = create(world)
    changed = update(world, answer, 1, status="revoked")
    assert (changed.id, changed.version, changed.created) == (answer.id, 2, False)
    (row,) = find_referrals(world)
    assert (row.version, record_json.parse(row.body)["status"]) == (2, "withdrawn")


def test_an_update_that_lost_the_race_changes_nothing(world: World) -> None:
    answer = create(world)
    update(world, answer, 1, status="revoked")
    with pytest.raises(VersionConflict):
        update(world, answer, 1, status="active")
    with pytest.raises(MissingHeader):
        update(world, answer, None)
    assert find_referrals(world)[0].version == 2


def test_what_another_partner_made_is_not_there_to_be_updated(world: World) -> None:
    theirs = find_id(world, "ServiceRequest")  # before one of our own is there, whose id is made at random
    answer = create(world)
    with pytest.raises(NotFound):
        update(world, answer, 1, "hillcrest")
    body = make_request(world) | {"id": theirs}
    with pytest.raises(NotFound):
        resources.update(world.bridge, world.caller("lakeside"), theirs, body, if_match=1)


def test_an_update_cannot_turn_to_another_client(world: World) -> None:
    answer = create(world)
    with pytest.raises(NotFound):
        update(world, answer, 1, subject={"reference": "Patient/no-such-client"})


def test_a_key_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(MissingHeader):
        create(world, key="k" * 256)
    assert find_referrals(world) == []


def test_what_no_row_understands_is_kept_and_served_again(world: World) -> None:
    theirs = {"system": "https://lakeside.example/orders", "value": "ORD-77"}
    request = make_request(world, patientInstruction="Bring a card", identifier=[theirs])
    made = json.loads(create(world, request).body)
    assert made["patientInstruction"] == "Bring a card"
    assert theirs in made["identifier"]


def test_what_was_kept_survives_an_update_of_something_else(world: World) -> None:
    made = create(world, make_request(world, patientInstruction="Bring a card"))
    changed = {**json.loads(made.body), "code": {"text": "Evening clinic"}}
    again = resources.update(world.bridge, world.caller("lakeside"), made.id, changed, if_match=made.version)
    told = json.loads(again.body)
    assert (told["code"]["text"], told["patientInstruction"]) == ("Evening clinic", "Bring a card")


def test_an_update_that_only_adds_what_nobody_understands_is_a_new_version(world: World) -> None:
    made = create(world)
    changed = {**json.loads(made.body), "patientInstruction": "Bring a card"}
    again = resources.update(world.bridge, world.caller("lakeside"), made.id, changed, if_match=made.version)
    assert again.version == made.version + 1
    assert json.loads(again.body)["patientInstruction"] == "Bring a card"


def test_what_changes_the_meaning_of_the_rest_is_refused(world: World) -> None:
    modifier = [{"url": "https://lakeside.example/negated", "valueBoolean": True}]
    with pytest.raises(InvalidContent) as caught:
        create(world, make_request(world, modifierExtension=modifier))
    assert "ServiceRequest.modifierExtension" in {issue.expression for issue in caught.value.issues}


# -- the loop


def find_loop(world: World, answer: Answer) -> dict[str, Any]:
    with world.bridge.store.snapshot() as tx:
        tasks = [json.loads(row.body) for row in tx.search(Query("Task")) if not row.deleted]
    return next(each for each in tasks if each["focus"].get("reference") == f"ServiceRequest/{answer.id}")


def test_a_referral_of_an_ehr_has_a_loop_too(world: World) -> None:
    task = find_loop(world, create(world))
    assert (task["status"], task["code"]["coding"][0]["code"]) == ("requested", "fulfill")


def test_a_change_of_state_is_noted_with_who_and_when(world: World) -> None:
    answer = create(world)
    update(world, answer, 1, status="completed")
    record = record_json.parse(find_referrals(world)[0].body)
    (event,) = record["events"]
    assert (event["status"], event["by"]) == ("completed", "Lakeside General")
    assert find_loop(world, answer)["status"] == "completed"


def test_a_change_of_something_else_leaves_the_state_and_its_trail_alone(world: World) -> None:
    answer = create(world)
    update(world, answer, 1, code={"text": "Evening clinic"})
    record = record_json.parse(find_referrals(world)[0].body)
    assert record["status"] == "sent" and record["events"] == []


OWN_WORDS = {
    "status": "additional",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml">She would rather come on foot.</div>',
}


def test_a_narrative_of_the_ehrs_own_is_kept_and_shown_again(world: World) -> None:
    told = json.loads(create(world, make_request(world, text=OWN_WORDS)).body)
    assert told["text"] == OWN_WORDS


def test_a_narrative_that_the_ehr_generated_gives_way_to_ours(world: World) -> None:
    theirs = {**OWN_WORDS, "status": "generated"}
    told = json.loads(create(world, make_request(world, text=theirs)).body)
    assert told["text"]["status"] == "generated" and "Buprenorphine clinic" in told["text"]["div"]
    assert "on foot" not in told["text"]["div"]


def test_a_narrative_says_what_the_next_version_says(world: World) -> None:
    answer = create(world)
    told = json.loads(update(world, answer, 1, code={"text": "Evening clinic"}).body)
    assert "Evening clinic" in told["text"]["div"] and "Buprenorphine" not in told["text"]["div"]
