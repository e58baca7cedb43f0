"""The outbox: queued once, leased to one worker at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.clock import START, FixedClock
from tests.support.store_rows import make_delivery

from fhirbridge.errors import NotFound
from fhirbridge.store.base import Delivery, DeliveryState, Store


def add(store: Store, *deliveries: Delivery) -> None:
    with store.transaction() as tx:
        for delivery in deliveries:
            tx.add_delivery(delivery)


def claim(store: Store, clock: FixedClock, lease_s: float = 60) -> Delivery | None:
    with store.transaction() as tx:
        return tx.claim_delivery(clock(), lease_s)


def find(store: Store, delivery_id: str = "d0001") -> Delivery | None:
    with store.snapshot() as tx:
        return tx.find_delivery(delivery_id)


def test_delivery_comes_back_as_it_was_queued(store: Store) -> None:
    add(store, make_delivery(last_error="timeout"))
    assert find(store) == make_delivery(last_error="timeout")
    assert find(store, "nobody") is None


def test_same_partner_action_and_subject_is_queued_once(store: Store) -> None:
    add(store, make_delivery(state=DeliveryState.SENT))
    with store.transaction() as tx:
        again = tx.add_delivery(make_delivery(id="d0002"))
    assert again == make_delivery(state=DeliveryState.SENT)
    assert find(store, "d0002") is None


@pytest.mark.parametrize("name", ["partner", "action", "subject"])
def test_another_partner_action_or_subject_is_another_delivery(store: Store, name: str) -> None:
    changes: dict[str, Any] = {"id": "d0002", name: "another"}
    add(store, make_delivery(), make_delivery(**changes))
    assert find(store, "d0002") is not None


def test_claimed_delivery_is_sending_under_a_lease(store: Store, clock: FixedClock) -> None:
    add(store, make_delivery())
    claimed = claim(store, clock)
    lease_until = clock() + timedelta(seconds=60)
    assert claimed == make_delivery(state=DeliveryState.SENDING, attempts=1, lease_until=lease_until)
    assert find(store) == claimed
    assert claim(store, clock) is None


def test_a_claim_stands_until_another_one_is_made_or_the_delivery_is_done(store: Store, clock: FixedClock) -> None:
    add(store, make_delivery())
    first = claim(store, clock)
    clock.advance(60)
    second = claim(store, clock)
    with store.transaction() as tx:
        assert first and second and not tx.hold_delivery(first) and tx.hold_delivery(second)
        tx.update_delivery(replace(second, state=DeliveryState.SENT, lease_until=None))
        assert not tx.hold_delivery(second) and not tx.hold_delivery(replace(second, id="nobody"))


def test_oldest_delivery_that_is_due_is_claimed(store: Store, clock: FixedClock) -> None:
    add(
        store,
        make_delivery(1),
        make_delivery(2, created_at=START - timedelta(hours=1), run_at=START + timedelta(hours=1)),
        make_delivery(3, created_at=START - timedelta(minutes=1), state=DeliveryState.WAITING),
    )
    assert [row.id if row else None for row in (claim(store, clock), claim(store, clock), claim(store, clock))] == [
        "d0003",
        "d0001",
        None,
    ]


def test_lease_that_ran_out_is_claimed_again(store: Store, clock: FixedClock) -> None:
    add(store, make_delivery())
    claim(store, clock)
    clock.advance(59)
    assert claim(store, clock) is None
    clock.advance(1)
    claimed = claim(store, clock)
    assert claimed is not None
    assert claimed.attempts == 2


def test_delivery_that_is_sending_without_a_lease_is_claimed(store: Store, clock: FixedClock) -> None:
    add(store, make_delivery(state=DeliveryState.SENDING))
    assert claim(store, clock) is not None


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.DEAD])
def test_delivery_that_has_ended_is_not_claimed(store: Store, clock: FixedClock, state: DeliveryState) -> None:
    add(store, make_delivery(state=state))
    assert claim(store, clock) is None


def test_update_changes_all_but_the_lane(store: Store, clock: FixedClock) -> None:
    add(store, make_delivery())
    changed = make_delivery(
        state=DeliveryState.WAITING, attempts=3, run_at=clock.advance(60), last_error="timeout", person_id="bela"
    )
    with store.transaction() as tx:
        tx.update_delivery(replace(changed, partner="court", subject="another"))
    assert find(store) == changed


def test_unknown_delivery_cannot_be_updated(store: Store) -> None:
    with pytest.raises(NotFound), store.transaction() as tx:
        tx.update_delivery(make_delivery())


def test_deliveries_are_listed_oldest_first_in_one_state_or_any(store: Store) -> None:
    add(store, *(make_delivery(number, created_at=START - timedelta(hours=number)) for number in (1, 2, 3)))
    with store.transaction() as tx:
        tx.update_delivery(make_delivery(2, created_at=START - timedelta(hours=2), state=DeliveryState.DEAD))
    with store.snapshot() as tx:
        assert [row.id for row in tx.iter_deliveries()] == ["d0003", "d0002", "d0001"]
        assert [row.id for row in tx.iter_deliveries(DeliveryState.DEAD)] == ["d0002"]
