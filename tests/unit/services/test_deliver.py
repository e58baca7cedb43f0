"""Delivering: decided at the moment of sending, sent once in effect, and every end written down."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import World, make_world, sample_tree

from fhirbridge.services import deliver
from fhirbridge.store.base import Delivery, DeliveryState
from fhirbridge.transport.fake import Reply

COUNTY = ("https://county.example/case", "C-55")


@pytest.fixture
def world() -> World:
    world = make_world()
    for name in ("riverside-consent-hospital", "riverside-consent-probation", "riverside-plan"):
        world.hand_in_sample(name)
    return world


def get_delivery(world: World) -> Delivery:
    with world.bridge.store.snapshot() as tx:
        (delivery,) = tx.iter_deliveries()
    return delivery


def sent(world: World) -> dict[str, Any]:
    (request,) = world.sender.taken.values()
    tree: dict[str, Any] = json.loads(request.body)
    return tree


def test_probation_is_sent_the_monitoring_set_in_its_own_format(world: World) -> None:
    assert deliver.deliver_next(world.bridge)
    report = sent(world)["report"]
    assert (report["appointments_made"], report["appointments_kept"], report["compliant"]) == (9, 8, "yes")
    assert get_delivery(world).state is DeliveryState.SENT


def test_nothing_clinical_is_sent(world: World) -> None:
    deliver.deliver_next(world.bridge)
    clinical = [sample_tree("riverside-plan")["attendance"]["clinicalComment"], "buprenorphine", "Buprenorphine"]
    (request,) = world.sender.requests
    assert not any(text in request.body.decode() for text in clinical)


def test_notice_labels_and_consent_travel_with_it(world: World) -> None:
    deliver.deliver_next(world.bridge)
    envelope = sent(world)
    assert envelope["id"] == get_delivery(world).id and envelope["kind"] == "monitoring"
    assert "42 CFR part 2" in envelope["notices"][0]
    assert {"R", "42CFRPart2", "NORDSCLCD", "NOREUSE"} <= set(envelope["labels"])
    assert envelope["consent"] == f"Consent/{world.ledger()[-1].consent_id}/_history/1"


def test_a_recipient_reads_its_own_number_of_the_client(world: World) -> None:
    probation = replace(world.bridge.partners["county-probation"], identifier_systems=(COUNTY[0],))
    partners = {**world.bridge.partners, "county-probation": probation}
    known = replace(world, bridge=replace(world.bridge, partners=partners))
    with world.bridge.store.transaction() as tx:
        tx.link_identifier(*COUNTY, world.person_id())
    deliver.deliver_next(known.bridge)
    assert sent(known)["report"]["subject_no"] == COUNTY[1]


def test_without_a_consent_nothing_is_sent_and_the_refusal_is_written_down() -> None:
    world = make_world()
    world.hand_in_sample("riverside-plan")
    assert deliver.deliver_next(world.bridge)
    assert world.sender.requests == []
    delivery = get_delivery(world)
    assert delivery.state is DeliveryState.REFUSED and delivery.last_error.startswith("FB700")
    assert [(entry.recipient, entry.outcome) for entry in world.ledger()] == [("county-probation", "deny")]


def test_a_consent_that_ended_while_a_delivery_waited_stops_it(world: World) -> None:
    world.sender.will([Reply(status=503)])
    deliver.deliver_next(world.bridge)
    consent = sample_tree("riverside-consent-probation")
    consent["releasedTo"][0]["siteCode"] = "SOMEBODY-ELSE"
    world.hand_in("riverside", "consent", consent)
    world.clock.advance(60)
    deliver.deliver_next(world.bridge)
    assert world.sender.taken == {} and get_delivery(world).state is DeliveryState.REFUSED
    assert [entry.outcome for entry in world.ledger()] == ["permit", "deny"]


def test_a_recipient_that_is_away_is_tried_again_and_the_ledger_has_one_entry(world: World) -> None:
    world.sender.will([Reply(status=503), Reply(lost="before")])
    deliver.deliver_next(world.bridge)
    assert get_delivery(world).state is DeliveryState.WAITING
    assert not deliver.deliver_next(world.bridge)
    for _ in range(2):
        world.clock.advance(60)
        deliver.deliver_next(world.bridge)
    assert get_delivery(world).state is DeliveryState.SENT
    assert len(world.ledger()) == 1 and len(world.sender.taken) == 1


def test_an_answer_that_was_lost_makes_no_second_effect(world: World) -> None:
    world.sender.will([Reply(lost="after")])
    for _ in range(2):
        deliver.deliver_next(world.bridge)
        world.clock.advance(60)
    assert len(world.sender.requests) == 2 and len(world.sender.taken) == 1


def test_a_worker_that_died_after_sending_is_taken_over_with_the_same_id(world: World) -> None:
    with world.bridge.store.transaction() as tx:
        delivery = tx.claim_delivery(world.clock(), world.bridge.lease_s)
    assert delivery
    world.clock.advance(world.bridge.lease_s + 1)
    deliver.deliver_next(world.bridge)
    assert list(world.sender.taken) == [delivery.id] and len(world.ledger()) == 1


def test_waiting_is_as_long_as_the_recipient_says(world: World) -> None:
    world.sender.will([Reply(status=429, retry_after_s=500)])
    deliver.deliver_next(world.bridge)
    assert (get_delivery(world).run_at - world.clock()).total_seconds() == 500


def test_after_the_last_try_a_delivery_is_dead(world: World) -> None:
    world.sender.will([Reply(status=503)] * 3)
    for _ in range(3):
        deliver.deliver_next(world.bridge)
        world.clock.advance(100)
    assert get_delivery(world).state is DeliveryState.DEAD


def test_a_refusal_is_not_tried_again(world: World) -> None:
    world.sender.will([Reply(status=422)])
    deliver.deliver_next(world.bridge)
    delivery = get_delivery(world)
    assert delivery.state is DeliveryState.REFUSED and delivery.last_error.startswith("FB804")


def test_a_route_that_is_gone_refuses_the_delivery(world: World) -> None:
    probation = replace(world.bridge.partners["county-probation"], routes=())
    deliver.deliver_next(replace(world.bridge, partners={**world.bridge.partners, "county-probation": probation}))
    assert get_delivery(world).last_error.startswith("FB800")


class Broken:
    """A sender with a fault of its own."""

    def send(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("a value of a person")


def test_a_fault_of_ours_is_tried_again_and_told_by_its_class(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        deliver.deliver_next(replace(world.bridge, sender=Broken()))
    delivery = get_delivery(world)
    assert delivery.state is DeliveryState.WAITING and delivery.last_error.startswith("FB900")
    assert "value of a person" not in caplog.text + delivery.last_error
    assert [record.__dict__["error"] for record in caplog.records if "error" in record.__dict__] == ["RuntimeError"]


def test_there_is_nothing_to_do_when_nothing_waits() -> None:
    assert deliver.deliver_next(make_world().bridge) is False
