"""The life of a delivery, in one table: state and event give the next state.

Everything that can change a delivery's state is in `TRANSITIONS`; a pair that is not there is a fault of ours.

    queued --claim--> sending --acknowledge--> sent
                      sending --fail--> waiting --claim--> sending
                      sending --give-up--> dead          (transient, but tried often enough)
                      sending --refuse--> refused        (the recipient or the map will never take it as it is)
                      sending --withhold--> refused      (consent does not, or no longer, permit it)
    dead, refused --retry--> queued                      (a person decided; consent is judged again at sending)

`sending --claim--> sending` is a lease that ran out: the worker that held it is gone, another one takes over.
`sent` is an end: what was sent is never sent again under the same delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    DEAD = "dead"


class DeliveryEvent(StrEnum):
    """What happened to a delivery."""

    CLAIM = "claim"
    ACKNOWLEDGE = "acknowledge"
    FAIL = "fail"
    GIVE_UP = "give-up"
    REFUSE = "refuse"
    WITHHOLD = "withhold"
    RETRY = "retry"


TRANSITIONS: Mapping[tuple[DeliveryState, DeliveryEvent], DeliveryState] = MappingProxyType(
    {
        (DeliveryState.QUEUED, DeliveryEvent.CLAIM): DeliveryState.SENDING,
        (DeliveryState.WAITING, DeliveryEvent.CLAIM): DeliveryState.SENDING,
        (DeliveryState.SENDING, DeliveryEvent.CLAIM): DeliveryState.SENDING,
        (DeliveryState.SENDING, DeliveryEvent.ACKNOWLEDGE): DeliveryState.SENT,
        (DeliveryState.SENDING, DeliveryEvent.FAIL): DeliveryState.WAITING,
        (DeliveryState.SENDING, DeliveryEvent.GIVE_UP): DeliveryState.DEAD,
        (DeliveryState.SENDING, DeliveryEvent.REFUSE): DeliveryState.REFUSED,
        (DeliveryState.SENDING, DeliveryEvent.WITHHOLD): DeliveryState.REFUSED,
        (DeliveryState.DEAD, DeliveryEvent.RETRY): DeliveryState.QUEUED,
        (DeliveryState.REFUSED, DeliveryEvent.RETRY): DeliveryState.QUEUED,
    }
)


def next_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """Return the state a delivery is in after the event.

    >>> next_state(DeliveryState.SENDING, DeliveryEvent.ACKNOWLEDGE)
    <DeliveryState.SENT: 'sent'>

    Raises:
        ValueError: the table has no such pair.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ValueError(f"a delivery that is {state} does not take the event {event}") from None
