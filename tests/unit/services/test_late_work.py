"""What comes late: a worker whose lease ran out, a message that waited while a newer one was stored, a lost race."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.support.bridge import World, make_world, sample, sample_tree
from tests.support.clock import FixedClock
from tests.unit.services.test_processing import faulty_world
from tests.unit.services.test_referrals import make_request

from fhirbridge.errors import DeliveryRefused, VersionConflict
from fhirbridge.formats import record_json
from fhirbridge.services import deliver, intake, resources, search
from fhirbridge.services.intake import Submission
from fhirbridge.store.base import DeliveryState, MessageState, ResourceRow
from fhirbridge.store.memory import MemoryStore, MemoryTransaction
from fhirbridge.transport.base import Receipt


@pytest.fixture
def world() -> World:
    return make_world()


def accept(world: World, kind: str, body: bytes, key: str) -> str:
    submission = Submission(kind, "application/json", body, key)
    return intake.accept(world.bridge, world.caller("riverside"), submission).id


def state_of(world: World, message_id: str) -> str:
    return str(intake.status(world.bridge, world.caller("riverside"), message_id)["state"])


# -- messages


class Interrupted(MemoryStore):
    """A store in which, before one of its transactions, something else happens."""

    before: int = 0
    meanwhile: Callable[[], object] = str

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        self.before -= 1
        if self.before == 0:
            self.meanwhile()
        with super().transaction() as tx:
            yield tx


def interrupted(world: World, before: int, meanwhile: Callable[[], object]) -> None:
    """Let the lease run out, and something else happen, before the transaction with this number from now on."""

    def late() -> None:
        world.clock.advance(world.bridge.lease_s + 1)
        meanwhile()

    store = world.bridge.store
    assert isinstance(store, Interrupted)
    store.before, store.meanwhile = before, late


@pytest.fixture
def shaky() -> World:
    clock = FixedClock()
    return replace(make_world(Interrupted(clock=clock), clock=clock), clock=clock)


def test_a_late_worker_does_not_park_what_another_one_stored(shaky: World) -> None:
    def store_it() -> None:
        with shaky.bridge.store.transaction() as tx:
            assert tx.claim_message(shaky.clock(), shaky.bridge.lease_s)
            tx.finish_message(message_id, MessageState.STORED, b"")

    message_id = accept(shaky, "plan", b'{"broken": 1}', "k")
    interrupted(shaky, 3, store_it)  # after the claim and the try, before it is parked
    intake.process_next(shaky.bridge)
    assert state_of(shaky, message_id) == "stored"


def test_a_late_worker_does_not_take_another_ones_lease_away(shaky: World) -> None:
    def claim() -> None:
        with shaky.bridge.store.transaction() as tx:
            assert tx.claim_message(shaky.clock(), shaky.bridge.lease_s)

    accept(shaky, "plan", sample("riverside-plan"), "k")
    interrupted(shaky, 3, claim)
    intake.process_next(replace(shaky.bridge, maps=None))  # type: ignore[arg-type]  # a fault of ours
    assert intake.process_next(shaky.bridge) is False


def test_a_late_worker_does_not_process_a_message_again(shaky: World, caplog: pytest.LogCaptureFixture) -> None:
    message_id = accept(shaky, "plan", sample("riverside-plan"), "k")
    interrupted(shaky, 2, lambda: intake.process_next(shaky.bridge))
    with caplog.at_level(logging.INFO):
        intake.process_next(shaky.bridge)
    said = [record.getMessage() for record in caplog.records]
    assert (said.count("message stored"), said.count("message was taken over")) == (1, 1)
    assert state_of(shaky, message_id) == "stored"


def test_an_older_consent_that_waited_does_not_undo_a_withdrawal(world: World) -> None:
    world.hand_in_sample("riverside-plan")
    signed = sample_tree("riverside-consent-hospital")
    withdrawn = signed | {"state": "WITHDRAWN", "withdrawnAt": "11/22/2026 08:00"}
    older = accept(world, "consent", record_json.format(signed), "signed")
    with world.bridge.store.transaction() as tx:  # a worker takes it, and dies
        tx.claim_message(world.clock(), world.bridge.lease_s)
    world.clock.advance(1)
    newer = accept(world, "consent", record_json.format(withdrawn), "withdrawn")
    world.work()
    world.clock.advance(world.bridge.lease_s)
    world.work()
    assert (state_of(world, older), state_of(world, newer)) == ("stored", "stored")
    assert search.search(world.bridge, world.caller("lakeside"), "CarePlan", [])["total"] == 0
    assert "newest-stays" in str(intake.status(world.bridge, world.caller("riverside"), older)["issues"])


def test_what_was_said_again_is_as_recent_as_the_last_time(world: World) -> None:
    signed = sample_tree("riverside-consent-hospital")
    withdrawn = signed | {"state": "WITHDRAWN", "withdrawnAt": "11/22/2026 08:00"}
    world.hand_in_sample("riverside-plan")
    world.hand_in("riverside", "consent", withdrawn)
    world.clock.advance(1)
    accept(world, "consent", record_json.format(signed), "signed")
    with world.bridge.store.transaction() as tx:
        tx.claim_message(world.clock(), world.bridge.lease_s)
    world.clock.advance(1)
    world.hand_in("riverside", "consent", withdrawn, key="withdrawn-again")
    world.clock.advance(world.bridge.lease_s)
    world.work()
    assert search.search(world.bridge, world.caller("lakeside"), "CarePlan", [])["total"] == 0


def test_a_race_about_one_person_is_run_again_and_not_parked() -> None:
    world = faulty_world("put_resource", 1, VersionConflict())
    assert world.hand_in_sample("riverside-plan")["state"] == "received"
    world.clock.advance(60)
    world.work()
    assert world.hand_in_sample("riverside-plan")["state"] == "stored"


# -- deliveries


class Overtaken:
    """A sender that is so slow that another worker delivers meanwhile; its own attempt ends in a refusal."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, *_: Any, **__: Any) -> Receipt:
        self.world.clock.advance(self.world.bridge.lease_s + 1)
        assert deliver.deliver_next(self.world.bridge)
        raise DeliveryRefused("too late")


def test_a_late_refusal_does_not_undo_what_another_worker_sent(world: World) -> None:
    for name in ("riverside-consent-probation", "riverside-plan"):
        world.hand_in_sample(name)
    deliver.deliver_next(replace(world.bridge, sender=Overtaken(world)))
    with world.bridge.store.snapshot() as tx:
        (delivery,) = tx.iter_deliveries()
    assert delivery.state is DeliveryState.SENT and len(world.sender.taken) == 1


def test_a_worker_that_lost_its_lease_before_packing_sends_nothing(shaky: World) -> None:
    for name in ("riverside-consent-probation", "riverside-plan"):
        shaky.hand_in_sample(name)
    interrupted(shaky, 2, lambda: deliver.deliver_next(shaky.bridge))
    deliver.deliver_next(shaky.bridge)
    assert len(shaky.sender.requests) == 1 and len(shaky.ledger()) == 1


# -- updates


class Stale:
    """A transaction that sees a referral as it was a moment ago, once, as READ COMMITTED may."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._tx, self._fresh = tx, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def find_resource(self, type_: str, id_: str) -> ResourceRow | None:
        if type_ != "ServiceRequest" or self._fresh:
            return self._tx.find_resource(type_, id_)
        self._fresh = True
        return self._tx.find_resource_version(type_, id_, 1)


class StaleStore(MemoryStore):
    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with super().transaction() as tx:
            yield cast(MemoryTransaction, Stale(tx))


def test_an_update_that_looked_too_early_is_refused_all_the_same() -> None:
    clock = FixedClock()
    world = replace(make_world(StaleStore(clock=clock), clock=clock), clock=clock)
    world.hand_in_all()
    who = world.caller("lakeside")
    made = resources.create(world.bridge, who, make_request(world))
    first, second = (make_request(world, id=made.id, reasonCode=[{"text": text}]) for text in ("one", "two"))
    resources.update(world.bridge, who, made.id, first, if_match=1)
    with pytest.raises(VersionConflict):
        resources.update(world.bridge, who, made.id, second, if_match=1)
    assert "one" in resources.vread(world.bridge, who, "ServiceRequest", made.id, 2).body.decode()
