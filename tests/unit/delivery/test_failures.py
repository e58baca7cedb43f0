"""What kind of failure an error is, and what it does to a delivery."""

from __future__ import annotations

import pytest

from fhirbridge.delivery.failures import EVENTS, FAILURES, Failure, find_failure
from fhirbridge.delivery.states import DeliveryState, next_state
from fhirbridge.errors import BridgeError, DeliveryRefused, DisclosureDenied, Unavailable


@pytest.mark.parametrize(("error", "failure"), list(FAILURES.items()))
def test_each_error_is_of_its_kind(error: type[BridgeError], failure: Failure) -> None:
    assert find_failure(error()) is failure


def test_an_error_below_one_of_the_table_is_of_the_same_kind() -> None:
    class StillUnavailable(Unavailable):
        """A kind of its own."""

    assert find_failure(StillUnavailable()) is Failure.TRANSIENT


def test_an_unknown_error_is_no_failure_of_delivery() -> None:
    assert find_failure(BridgeError()) is None


def test_every_kind_moves_a_delivery_that_is_being_sent() -> None:
    ends = {failure: next_state(DeliveryState.SENDING, EVENTS[failure]) for failure in Failure}
    assert ends.pop(Failure.TRANSIENT) is DeliveryState.WAITING
    assert set(ends.values()) == {DeliveryState.REFUSED}


def test_only_what_may_pass_by_itself_is_tried_again() -> None:
    assert [error for error, failure in FAILURES.items() if failure is Failure.TRANSIENT] == [Unavailable]
    assert FAILURES[DisclosureDenied] is Failure.CONSENT
    assert FAILURES[DeliveryRefused] is Failure.PERMANENT
