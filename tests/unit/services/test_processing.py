"""Working off a message: stored whole or parked whole, once, and the same again after a crash."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.support.bridge import World, make_world, sample, sample_tree
from tests.support.clock import FixedClock

from fhirbridge.errors import Unavailable
from fhirbridge.services import intake
from fhirbridge.services.intake import Submission
from fhirbridge.store.base import MessageState, Query
from fhirbridge.store.memory import MemoryStore, MemoryTransaction


@pytest.fixture
def world() -> World:
    return make_world()


def ids(world: World, type_: str) -> list[tuple[str, int]]:
    with world.bridge.store.snapshot() as tx:
        return [(row.id, row.version) for row in tx.search(Query(type_, count=100))]


def test_a_plan_becomes_records_and_resources(world: World) -> None:
    told = world.hand_in_sample("riverside-plan")
    assert told["state"] == "stored"
    assert "plan/riverside/RR-P-3301" in told["records"]
    types = {name.partition("/")[0] for name in told["resources"]}
    assert types >= {"CarePlan", "Goal", "ServiceRequest", "Patient", "Organization"}


def test_a_transition_tells_how_many_days_are_left(world: World) -> None:
    assert world.hand_in_sample("northmoor-release")["lead_time_days"] == 12


def test_every_fault_of_a_broken_record_is_told_at_once_in_the_senders_words(world: World) -> None:
    told = world.hand_in_sample("northmoor-release-broken")
    assert (told["state"], told["resources"]) == ("parked", [])
    paths = {issue["path"] for issue in told["issues"] if issue["severity"] == "error"}
    assert paths == {"doc.gatePickup", "doc.release.date", "doc.onward[0].service"}


def test_a_parked_message_is_kept_as_it_came(world: World) -> None:
    told = world.hand_in_sample("northmoor-release-broken")
    with world.bridge.store.snapshot() as tx:
        message = tx.find_message(told["id"])
    assert message and message.body == sample("northmoor-release-broken")


def test_nothing_of_a_message_is_stored_when_one_record_of_it_is_wrong(world: World) -> None:
    tree = sample_tree("riverside-plan")
    del tree["referrals"][0]["from"]
    assert world.hand_in("riverside", "plan", tree)["state"] == "parked"
    assert ids(world, "CarePlan") == [] and ids(world, "Patient") == []


def test_a_record_of_our_own_shape_needs_no_map(world: World) -> None:
    body = {
        "id": "c-1",
        "client": {"system": "https://a.example/no", "number": "7"},
        "at": "2026-11-20",
        "worker": {"number": "w-1", "name": "Ama Mensah"},
        "with_whom": "client",
        "channel": "telephone",
        "minutes": "ten",
        "function": "monitoring",
    }
    told = world.hand_in("riverside", "contact", body)
    assert [(issue["path"], issue["rule"]) for issue in told["issues"]] == [("minutes", "contact:type")]
    assert world.hand_in("riverside", "contact", body | {"minutes": 10})["state"] == "stored"


def test_a_key_that_is_no_plain_name_is_not_repeated(world: World) -> None:
    told = world.hand_in("riverside", "contact", {"id": "c-1", "Jo Bloggs, 4 High St": 1})
    assert "Bloggs" not in str(told["issues"])
    assert "?" in {issue["path"] for issue in told["issues"]}


def test_a_message_of_a_partner_that_is_gone_is_parked(world: World) -> None:
    submission = Submission("plan", "application/json", b"{}", "k")
    message = intake.accept(world.bridge, world.caller("riverside"), submission)
    intake.process_next(replace(world.bridge, partners={}))
    with world.bridge.store.snapshot() as tx:
        kept = tx.find_message(message.id)
    assert kept and kept.state is MessageState.PARKED


def test_there_is_nothing_to_do_when_nothing_waits(world: World) -> None:
    assert intake.process_next(world.bridge) is False


# -- crashes and faults


class FaultyStore(MemoryStore):
    """A store that fails at one method, so many times."""

    def __init__(self, method: str, times: int, error: Exception, clock: FixedClock) -> None:
        super().__init__(clock=clock)
        self.method, self.left, self.error = method, times, error

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with super().transaction() as tx:
            yield cast(MemoryTransaction, Faulty(tx, self))


class Faulty:
    """A transaction that asks its store whether to fail."""

    def __init__(self, tx: MemoryTransaction, store: FaultyStore) -> None:
        self._tx, self._store = tx, store

    def __getattr__(self, name: str) -> Any:
        if name == self._store.method and self._store.left > 0:
            self._store.left -= 1
            raise self._store.error
        return getattr(self._tx, name)


def faulty_world(method: str, times: int, error: Exception) -> World:
    world = make_world()
    return replace(world, bridge=replace(world.bridge, store=FaultyStore(method, times, error, world.clock)))


@pytest.mark.parametrize(
    "method", ["put_record", "put_resource", "link_identifier", "put_map_version", "finish_message"]
)
def test_a_fault_leaves_nothing_behind_and_the_next_try_ends_like_one_without_it(method: str) -> None:
    calm, shaken = make_world(), faulty_world(method, 1, RuntimeError("disk"))
    expected = calm.hand_in_sample("riverside-plan")
    assert shaken.hand_in_sample("riverside-plan")["state"] == "received"
    assert ids(shaken, "CarePlan") == []
    shaken.clock.advance(60)
    shaken.work()
    told = shaken.hand_in_sample("riverside-plan")
    assert told | {"id": ""} == expected | {"id": ""} | {"received": told["received"]}
    assert ids(shaken, "CarePlan") == ids(calm, "CarePlan")


def test_after_the_last_try_a_message_is_parked_under_a_reference(caplog: pytest.LogCaptureFixture) -> None:
    world = faulty_world("put_record", 100, RuntimeError("value of a person"))
    with caplog.at_level(logging.INFO):
        told = world.hand_in_sample("riverside-plan")
        for _ in range(3):
            world.clock.advance(60)
            world.work()
    told = world.hand_in_sample("riverside-plan")
    assert told["state"] == "parked"
    assert [issue["code"] for issue in told["issues"]] == ["FB900"]
    assert told["id"] in told["issues"][0]["message"]
    assert "RuntimeError" in {getattr(record, "error", "") for record in caplog.records}
    assert "value of a person" not in caplog.text + str(told)


def test_a_store_that_is_away_for_a_moment_parks_nothing() -> None:
    world = faulty_world("put_record", 1, Unavailable())
    assert world.hand_in_sample("riverside-plan")["state"] == "received"
    world.clock.advance(60)
    world.work()
    assert world.hand_in_sample("riverside-plan")["state"] == "stored"


def test_a_worker_that_dies_holding_a_message_is_taken_over(world: World) -> None:
    submission = Submission("plan", "application/json", sample("riverside-plan"), "k")
    intake.accept(world.bridge, world.caller("riverside"), submission)
    with world.bridge.store.transaction() as tx:
        tx.claim_message(world.clock(), world.bridge.lease_s)
    assert intake.process_next(world.bridge) is False
    world.clock.advance(world.bridge.lease_s + 1)
    assert intake.process_next(world.bridge) is True
    assert len(ids(world, "CarePlan")) == 1
