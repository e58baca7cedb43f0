"""The inbox: kept once, leased to one worker at a time, never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.support.clock import START, FixedClock
from tests.support.store_rows import make_message

from fhirbridge.errors import IdempotencyConflict, NotFound
from fhirbridge.store.base import Message, MessageState, Store


def add(store: Store, *messages: Message) -> None:
    with store.transaction() as tx:
        for message in messages:
            tx.add_message(message)


def claim(store: Store, now: datetime, lease_s: float = 60) -> Message | None:
    with store.transaction() as tx:
        return tx.claim_message(now, lease_s)


def find(store: Store, message_id: str = "m0001") -> Message:
    with store.snapshot() as tx:
        found = tx.find_message(message_id)
    assert found is not None
    return found


def test_message_comes_back_as_it_was_kept(store: Store) -> None:
    message = make_message(body=b"\x00\xff as it came", run_at=START, outcome=b"{}")
    add(store, message)
    assert find(store) == message


def test_unknown_message_is_not_found(store: Store) -> None:
    with store.snapshot() as tx:
        assert tx.find_message("nobody") is None


def test_moments_come_back_aware_in_utc_to_the_microsecond(store: Store) -> None:
    moment = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=-8)))
    add(store, make_message(received_at=moment))
    received = find(store).received_at
    assert (received, received.tzinfo) == (moment, UTC)


def test_moment_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="zone"):
        add(store, make_message(received_at=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the point


def test_same_key_again_returns_the_first_message(store: Store) -> None:
    with store.transaction() as tx:
        first = tx.add_message(make_message())
        again = tx.add_message(make_message(id="m0002", body=b"other bytes"))
    assert again == first


def test_same_key_again_shows_how_far_the_first_one_got(store: Store) -> None:
    add(store, make_message())
    with store.transaction() as tx:
        tx.finish_message("m0001", MessageState.STORED, b"done")
    with store.transaction() as tx:
        assert tx.add_message(make_message(id="m0002")).state is MessageState.STORED


def test_same_key_of_another_partner_is_another_message(store: Store) -> None:
    add(store, make_message(), make_message(id="m0002", partner="hillside"))
    assert find(store, "m0002").partner == "hillside"


def test_same_key_with_another_fingerprint_is_a_conflict(store: Store) -> None:
    add(store, make_message())
    with pytest.raises(IdempotencyConflict):
        add(store, make_message(id="m0002", fingerprint="e" * 64))
    with store.snapshot() as tx:
        assert tx.find_message("m0002") is None


def test_oldest_message_is_claimed_first(store: Store, clock: FixedClock) -> None:
    newer = make_message(1, received_at=START + timedelta(microseconds=1))
    add(store, newer, make_message(2))
    claimed = claim(store, clock.advance(1))
    assert claimed is not None
    assert (claimed.id, claimed.attempts) == ("m0002", 1)
    assert claimed.lease_until == clock() + timedelta(seconds=60)


def test_claimed_message_is_not_claimed_again_while_its_lease_lives(store: Store, clock: FixedClock) -> None:
    add(store, make_message())
    assert claim(store, clock()) is not None
    assert claim(store, clock.advance(59.999)) is None


def test_lease_that_ran_out_is_claimed_again(store: Store, clock: FixedClock) -> None:
    add(store, make_message())
    claim(store, clock())
    claimed = claim(store, clock.advance(60))
    assert claimed is not None
    assert claimed.attempts == 2


def test_a_claim_stands_until_another_one_is_made_or_the_message_is_done(store: Store, clock: FixedClock) -> None:
    add(store, make_message())
    first = claim(store, clock())
    second = claim(store, clock.advance(60))
    with store.transaction() as tx:
        assert first and second and not tx.hold_message(first) and tx.hold_message(second)
        tx.finish_message("m0001", MessageState.STORED, b"")
        assert not tx.hold_message(second) and not tx.hold_message(replace(second, id="nobody"))


def test_nothing_to_claim_is_none(store: Store, clock: FixedClock) -> None:
    assert claim(store, clock()) is None


def test_finished_message_keeps_its_outcome_and_is_not_claimed(store: Store, clock: FixedClock) -> None:
    add(store, make_message())
    claim(store, clock())
    with store.transaction() as tx:
        tx.finish_message("m0001", MessageState.PARKED, b"why")
    found = find(store)
    assert (found.state, found.outcome, found.lease_until) == (MessageState.PARKED, b"why", None)
    assert claim(store, clock.advance(3600)) is None


def test_postponed_message_waits_until_it_is_due(store: Store, clock: FixedClock) -> None:
    add(store, make_message())
    claim(store, clock())
    with store.transaction() as tx:
        tx.postpone_message("m0001", clock() + timedelta(seconds=30))
    assert claim(store, clock.advance(29)) is None
    assert claim(store, clock.advance(1)) is not None


def test_postponed_message_does_not_hold_up_the_others(store: Store, clock: FixedClock) -> None:
    add(store, make_message(1, run_at=clock() + timedelta(hours=1)), make_message(2))
    claimed = claim(store, clock())
    assert claimed is not None
    assert claimed.id == "m0002"


def test_reopened_message_starts_afresh(store: Store, clock: FixedClock) -> None:
    add(store, make_message(state=MessageState.PARKED, outcome=b"why", attempts=5))
    with store.transaction() as tx:
        tx.reopen_message("m0001", clock())
    found = find(store)
    assert (found.state, found.outcome, found.attempts) == (MessageState.RECEIVED, b"", 0)
    assert claim(store, clock()) is not None


@pytest.mark.parametrize("state", [MessageState.RECEIVED, MessageState.STORED])
def test_only_a_parked_message_is_reopened(store: Store, clock: FixedClock, state: MessageState) -> None:
    add(store, make_message(state=state, outcome=b"as it was"))
    with pytest.raises(NotFound), store.transaction() as tx:
        tx.reopen_message("m0001", clock())
    assert find(store).outcome == b"as it was"


def test_unknown_message_cannot_be_finished_postponed_or_reopened(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        with pytest.raises(NotFound):
            tx.finish_message("nobody", MessageState.STORED, b"")
        with pytest.raises(NotFound):
            tx.postpone_message("nobody", clock())
        with pytest.raises(NotFound):
            tx.reopen_message("nobody", clock())


def test_messages_are_listed_oldest_first_in_one_state_or_any(store: Store) -> None:
    messages = [make_message(number, received_at=START - timedelta(seconds=number)) for number in (1, 2, 3)]
    add(store, *messages)
    with store.transaction() as tx:
        tx.finish_message("m0002", MessageState.PARKED, b"why")
    with store.snapshot() as tx:
        assert [row.id for row in tx.iter_messages()] == ["m0003", "m0002", "m0001"]
        assert [row.id for row in tx.iter_messages(MessageState.PARKED)] == ["m0002"]


def test_long_list_comes_whole_even_when_moments_are_equal(store: Store) -> None:
    add(store, *(make_message(number) for number in range(450)))
    with store.snapshot() as tx:
        assert [row.id for row in tx.iter_messages()] == [f"m{number:04}" for number in range(450)]
