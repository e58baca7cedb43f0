"""Who is who: numbers decide, names never do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bridge import MRN, World, make_world, sample_tree

from fhirbridge.errors import IdentityConflict
from fhirbridge.services import identity
from fhirbridge.store.memory import MemoryStore

A, B, C = ("https://a.example", "1"), ("https://b.example", "2"), ("https://c.example", "3")


def resolve(store: MemoryStore, *numbers: identity.Number) -> str:
    with store.transaction() as tx:
        return identity.resolve(tx, numbers)


def test_a_number_nobody_has_makes_the_same_new_person_in_every_bridge() -> None:
    assert resolve(MemoryStore(), A, B) == resolve(MemoryStore(), A, B) != resolve(MemoryStore(), B, A)


def test_a_known_number_ties_new_ones_to_its_person() -> None:
    store = MemoryStore()
    person = resolve(store, A)
    assert resolve(store, B, A) == person == resolve(store, B)


def test_numbers_of_two_people_are_a_conflict_and_tie_nothing() -> None:
    store = MemoryStore()
    resolve(store, A), resolve(store, B)
    with pytest.raises(IdentityConflict):
        resolve(store, A, B, C)
    with store.snapshot() as tx:
        assert tx.find_person(*C) is None


def make_person(id_: str, *numbers: identity.Number) -> dict[str, Any]:
    identifiers = [{"system": system, "value": value} for system, value in numbers]
    return {"id": id_, "identifiers": identifiers, "names": [{"family": "Okafor", "given": ["Nkechi"]}]}


def test_the_same_name_does_not_make_two_people_one() -> None:
    world = make_world()
    world.hand_in("riverside", "person", make_person("p-1", A))
    world.hand_in("riverside", "person", make_person("p-2", B))
    with world.bridge.store.snapshot() as tx:
        assert tx.find_person(*A) != tx.find_person(*B)


def test_a_message_that_mixes_two_people_is_parked_and_names_the_field() -> None:
    world = make_world()
    world.hand_in("riverside", "person", make_person("p-1", A))
    world.hand_in("riverside", "person", make_person("p-2", B))
    told = world.hand_in("riverside", "person", make_person("p-3", A, B))
    assert told["state"] == "parked"
    assert [(issue["code"], issue["path"]) for issue in told["issues"]] == [("FB501", "identifiers")]


def test_a_key_may_not_pass_from_one_client_to_another() -> None:
    world = make_world()
    world.hand_in("riverside", "person", make_person("p-1", A))
    told = world.hand_in("riverside", "person", make_person("p-1", B))
    assert (told["state"], told["issues"][0]["rule"]) == ("parked", "key-one-person")


def test_the_goal_of_one_client_never_takes_the_place_of_anothers() -> None:
    world = make_world()
    world.hand_in_sample("riverside-plan")
    tree = sample_tree("riverside-plan")
    tree["client"] |= {"clientNo": "RR-9", "ids": [{"issuer": A[0], "number": A[1]}]}
    tree["case"]["caseNo"], tree["referrals"] = "RR-P-9", []
    del tree["attendance"]
    told = world.hand_in("riverside", "plan", tree)
    assert (told["state"], told["issues"][0]["rule"]) == ("parked", "key-one-person")


def test_prison_and_agency_meet_in_one_person() -> None:
    world = make_world()
    world.hand_in_all()
    with world.bridge.store.snapshot() as tx:
        assert tx.find_person("https://northmoor.example/doc-number", "N0472913") == tx.find_person(*MRN)


@pytest.fixture
def all_told() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def test_a_number_of_the_justice_side_is_justice_data_whoever_told_it(all_told: World) -> None:
    with all_told.bridge.store.snapshot() as tx:
        classes = identity.classes_of_numbers(tx, all_told.bridge.partners, all_told.person_id())
    assert classes["https://northmoor.example/doc-number", "N0472913"] == "D6"
    assert classes[MRN] == "D1"


def test_the_id_of_a_new_person_needs_the_secret_and_a_known_one_keeps_its_id() -> None:
    store = MemoryStore()
    with store.transaction() as tx:
        first = identity.resolve(tx, [A], secret="of this site")
        assert identity.resolve(tx, [A, B], secret="another") == first
    assert resolve(MemoryStore(), A) != first
