"""One list of all that waits for somebody: messages received or parked, deliveries not yet sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fhirbridge.errors import InvalidContent, Issue, NotFound
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.outcome import Outcome, issue_to_tree
from fhirbridge.store.base import Delivery, DeliveryState, Message, MessageState, Transaction
from fhirbridge.times import format_instant

DONE = frozenset({MessageState.STORED.value, DeliveryState.SENT.value})
RETRIED = frozenset({DeliveryState.DEAD, DeliveryState.REFUSED})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the queue. `what` is "message" or "delivery"; `kind` a record kind or the delivery's action."""

    id: str
    what: str
    partner: str
    kind: str
    state: str
    since: datetime
    attempts: int
    due: datetime | None
    reason: str = ""
    issues: tuple[Issue, ...] = ()

    def to_tree(self) -> dict[str, object]:
        """Return the item as a JSON tree."""
        return {
            "id": self.id,
            "what": self.what,
            "partner": self.partner,
            "kind": self.kind,
            "state": self.state,
            "since": format_instant(self.since),
            "attempts": self.attempts,
            "due": format_instant(self.due) if self.due else None,
            "reason": self.reason,
            "issues": [issue_to_tree(issue) for issue in self.issues],
        }


def list_items(bridge: Bridge, *, all_: bool = False) -> Sequence[Item]:
    """Return what waits, oldest first; with `all_` also what is done."""
    with bridge.store.snapshot() as tx:
        items = [item for item in _iter_items(tx) if all_ or item.state not in DONE]
    return sorted(items, key=lambda item: (item.since, item.id))


def show(bridge: Bridge, id_: str) -> Item:
    """Return one item with all its issues.

    Raises:
        NotFound: no message and no delivery has this id.
    """
    with bridge.store.snapshot() as tx:
        return _get(tx, id_)


def retry(bridge: Bridge, id_: str) -> Item:
    """Put a parked message or a dead or refused delivery back into the queue, due now.

    Raises:
        NotFound: no message and no delivery has this id.
        InvalidContent: it is not in a state from which it can be retried.
    """
    with bridge.store.transaction() as tx:
        item = _get(tx, id_)
        if item.what == "message":
            _reopen_message(bridge, tx, item)
        else:
            _reopen_delivery(bridge, tx, id_)
        return _get(tx, id_)


def _reopen_message(bridge: Bridge, tx: Transaction, item: Item) -> None:
    if item.state != MessageState.PARKED:
        raise InvalidContent(f"The message is {item.state}; only a parked one can be retried.")
    tx.reopen_message(item.id, bridge.clock())


def _reopen_delivery(bridge: Bridge, tx: Transaction, id_: str) -> None:
    delivery = tx.find_delivery(id_)
    if delivery is None:
        raise NotFound
    if delivery.state not in RETRIED:
        raise InvalidContent(f"The delivery is {delivery.state}; only a dead or refused one can be retried.")
    tx.update_delivery(
        replace(delivery, state=DeliveryState.QUEUED, run_at=bridge.clock(), attempts=0, lease_until=None)
    )


def _get(tx: Transaction, id_: str) -> Item:
    if message := tx.find_message(id_):
        return _of_message(message)
    if delivery := tx.find_delivery(id_):
        return _of_delivery(delivery)
    raise NotFound("No message and no delivery has this id; `queue list` shows what waits.")


def _iter_items(tx: Transaction) -> Iterator[Item]:
    yield from map(_of_message, tx.iter_messages())
    yield from map(_of_delivery, tx.iter_deliveries())


def _of_message(message: Message) -> Item:
    issues = Outcome.from_bytes(message.outcome).issues
    errors = [issue for issue in issues if issue.severity in ("error", "fatal")]
    return Item(
        id=message.id,
        what="message",
        partner=message.partner,
        kind=message.kind,
        state=message.state,
        since=message.received_at,
        attempts=message.attempts,
        due=message.run_at,
        reason=errors[0].message if errors else "",
        issues=issues,
    )


def _of_delivery(delivery: Delivery) -> Item:
    return Item(
        id=delivery.id,
        what="delivery",
        partner=delivery.partner,
        kind=delivery.action,
        state=delivery.state,
        since=delivery.created_at,
        attempts=delivery.attempts,
        due=delivery.run_at,
        reason=delivery.last_error,
    )
