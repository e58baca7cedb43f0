"""Read and version read: what the consent covers, and nothing that tells of the rest."""

from __future__ import annotations

import json

import pytest
from tests.support.bridge import World, make_world, sample_tree
from tests.unit.services.test_processing import faulty_world

from fhirbridge.errors import BridgeError, Forbidden, MethodNotAllowed, NotFound
from fhirbridge.services import resources
from fhirbridge.services.answer import Answer
from fhirbridge.store.base import Query


@pytest.fixture
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def find_id(world: World, type_: str) -> str:
    with world.bridge.store.snapshot() as tx:
        return tx.search(Query(type_))[0].id


def read(world: World, type_: str, id_: str = "", partner: str = "lakeside") -> Answer:
    return resources.read(world.bridge, world.caller(partner), type_, id_ or find_id(world, type_))


def test_what_is_covered_is_read_with_labels_notice_and_consent(world: World) -> None:
    answer = read(world, "Goal")
    goal = json.loads(answer.body)
    assert goal["description"]["text"] in {
        each["clientSays"] for each in sample_tree("riverside-plan")["case"]["goals"]
    }
    assert {"R", "42CFRPart2", "NORDSCLCD"} <= {each["code"] for each in goal["meta"]["security"]}
    assert "42 CFR part 2" in answer.notices[0] and answer.consent.startswith("Consent/")
    assert answer.version == 1 and answer.last_updated == world.clock()


def test_a_number_of_the_justice_side_is_taken_out(world: World) -> None:
    patient = json.loads(read(world, "Patient").body)
    assert "N0472913" not in str(patient)
    assert "REDACTED" in {each["code"] for each in patient["meta"]["security"]}


def test_the_directory_is_read_by_every_partner_and_not_in_the_ledger(world: World) -> None:
    before = len(world.ledger())
    assert json.loads(read(world, "Organization", partner="hillcrest").body)["name"]
    assert len(world.ledger()) == before


def refusal(world: World, type_: str, id_: str) -> tuple[type[BridgeError], str, object]:
    with pytest.raises(BridgeError) as refused:
        read(world, type_, id_, "hillcrest")
    return type(refused.value), refused.value.message, refused.value.issues


@pytest.mark.parametrize("type_", ["CarePlan", "Goal", "Patient", "Task", "Consent", "ServiceRequest"])
def test_not_covered_looks_like_not_there_and_both_are_written_down(world: World, type_: str) -> None:
    id_ = find_id(world, type_)
    before = len(world.ledger())
    assert refusal(world, type_, id_) == refusal(world, type_, "no-such-id")
    known, unknown = world.ledger()[before:]
    assert (known.outcome, known.person_id) == ("deny", world.person_id())
    assert (unknown.outcome, unknown.person_id) == ("deny", "")


def test_what_was_asked_for_in_vain_does_not_stand_in_the_ledger(world: World) -> None:
    refusal(world, "Patient", "123-45-6789")
    assert "6789" not in str(world.ledger()[-1])


def test_an_old_version_is_read_under_the_consent_of_today(world: World) -> None:
    tree = sample_tree("riverside-plan")
    tree["case"]["planName"] = "Revised"
    world.hand_in("riverside", "plan", tree)
    who = world.caller("lakeside")
    plan = [name for name in world.hand_in("riverside", "plan", tree)["resources"] if name.startswith("CarePlan/")]
    id_ = plan[0].partition("/")[2]
    titles = [json.loads(resources.vread(world.bridge, who, "CarePlan", id_, n).body).get("title") for n in (1, 2)]
    assert titles == ["Mari's plan for the first six months", "Revised"]
    with pytest.raises(NotFound):
        resources.vread(world.bridge, who, "CarePlan", id_, 3)


@pytest.mark.parametrize("version", [0, -1, 2, 10**20])
def test_a_version_that_never_was_is_not_there(world: World, version: int) -> None:
    id_ = find_id(world, "CarePlan")
    with pytest.raises(NotFound):
        resources.vread(world.bridge, world.caller("lakeside"), "CarePlan", id_, version)


@pytest.mark.parametrize("id_", ["a\x00b", "x" * 65, "a b", "../Patient"])
def test_what_is_no_id_never_meets_the_store(id_: str) -> None:
    world = faulty_world("find_resource", 1, AssertionError("asked for something that is no id"))
    with pytest.raises(NotFound):
        resources.read(world.bridge, world.caller("lakeside"), "CarePlan", id_)


def test_a_deleted_resource_is_not_there(world: World) -> None:
    tree = sample_tree("riverside-plan")
    gone = tree["case"]["goals"].pop()
    world.hand_in("riverside", "plan", tree)
    assert gone["clientSays"]
    with world.bridge.store.snapshot() as tx:
        ids = {row.id for row in tx.search(Query("Goal"))}
    told = world.hand_in_sample("riverside-plan")
    lost = {name.partition("/")[2] for name in told["resources"] if name.startswith("Goal/")} - ids
    id_ = min(lost)
    with pytest.raises(NotFound):
        read(world, "Goal", id_)
    with pytest.raises(NotFound):
        resources.vread(world.bridge, world.caller("lakeside"), "Goal", id_, 1)


def test_a_token_is_good_for_the_types_it_names(world: World) -> None:
    with pytest.raises(Forbidden):
        resources.read(world.bridge, world.caller("lakeside", "system/Goal.rs"), "CarePlan", "x")
    with pytest.raises(Forbidden):
        resources.read(world.bridge, world.caller("lakeside", "system/CarePlan.s"), "CarePlan", "x")


def test_a_type_that_is_not_served_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        read(world, "Medication", "x")
    with pytest.raises(MethodNotAllowed):
        resources.create(world.bridge, world.caller("lakeside"), {"resourceType": "CarePlan"})
