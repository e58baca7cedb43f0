"""The life of a delivery: every pair of state and event is in the table or refused."""

from __future__ import annotations

from itertools import product

import pytest

from fhirbridge.delivery.states import TRANSITIONS, DeliveryEvent, DeliveryState, next_state

PAIRS = list(product(DeliveryState, DeliveryEvent))


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda word: str(word))
def test_every_pair_is_in_the_table_or_refused(state: DeliveryState, event: DeliveryEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(ValueError, match=f"{state} does not take the event {event}"):
            next_state(state, event)


def test_what_was_sent_stays_sent() -> None:
    assert not [event for state, event in TRANSITIONS if state is DeliveryState.SENT]


def test_every_other_state_has_a_way_on_and_every_state_can_be_reached() -> None:
    assert {state for state, _ in TRANSITIONS} == set(DeliveryState) - {DeliveryState.SENT}
    assert {DeliveryState.QUEUED, *TRANSITIONS.values()} == set(DeliveryState)


def test_only_sending_can_end_in_sent() -> None:
    assert {s for (s, _), after in TRANSITIONS.items() if after is DeliveryState.SENT} == {DeliveryState.SENDING}


def test_only_a_person_brings_back_what_has_ended() -> None:
    ended = {DeliveryState.DEAD, DeliveryState.REFUSED}
    assert {event for state, event in TRANSITIONS if state in ended} == {DeliveryEvent.RETRY}
