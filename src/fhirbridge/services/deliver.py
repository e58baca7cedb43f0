"""What has to leave: claim one delivery, disclose, map, send, write down what became of it.

What is sent is an envelope, so that notice and labels travel with every format:

    {"id": "<delivery>", "kind": "monitoring", "notices": ["..."], "labels": ["R", "..."],
     "consent": "Consent/<id>/_history/1", "report": {the partner's own format}}

With the obligation CONSENT-COPY there is a `consent_copy` too: the consent record as signed.
Where the partner's format is CSV or XML, the body is multipart/form-data: the part `envelope` is the JSON above without
`report`, and each part `report` is a file in that format.
Consent is decided and written down at the moment of sending; an attempt that is repeated under the same consent is
one entry in the ledger, whatever was lost on the way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fhirbridge.delivery.failures import EVENTS, find_failure
from fhirbridge.delivery.retry import next_due
from fhirbridge.delivery.routes import Destination, find_route
from fhirbridge.delivery.states import DeliveryEvent, next_state
from fhirbridge.errors import BridgeError, DisclosureDenied, NotFound, Unavailable
from fhirbridge.mapping.codecs import Context
from fhirbridge.records import KINDS
from fhirbridge.services import disclose, logs, reporting
from fhirbridge.services.bridge import Bridge
from fhirbridge.store.base import Delivery, DeliveryState, RecordRow, Transaction
from fhirbridge.transport.base import CONTROL_ID

LOG = logging.getLogger(__name__)

SEND_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is about to be sent, and where."""

    url: str
    media_type: str
    body: bytes


def deliver_next(bridge: Bridge) -> bool:
    """Work off the oldest delivery that is due; False when there is none."""
    with bridge.store.transaction() as tx:
        delivery = tx.claim_delivery(bridge.clock(), bridge.lease_s)
    if delivery is None:
        return False
    try:
        parcel = _pack(bridge, delivery)
        _send(bridge, delivery, parcel)
    except Exception as error:
        _fail(bridge, delivery, error)
    else:
        _mark(bridge, delivery, DeliveryEvent.ACKNOWLEDGE)
    return True


# -- pack: decided and written down, or nothing


def _pack(bridge: Bridge, delivery: Delivery) -> Parcel:
    """Return what may go; the decision is durable in the ledger when this returns or raises.

    Raises:
        Unavailable: our lease ran out and another worker has the delivery.
        DisclosureDenied: no consent permits it, or nothing of the record may go.
        NotFound: the record or the route is not there any more.
        MappingFailed: what may go does not fit the partner's map.
    """
    partner = bridge.partners.get(delivery.partner)
    route = find_route(bridge.partners, delivery.partner, delivery.action)
    if partner is None or route is None:
        raise NotFound("The partner no longer has a route for this kind of record.")
    ask = disclose.Ask(partner, partner.purpose, "delivery", delivery.action, f"delivery:{delivery.id}")
    with bridge.store.transaction() as tx:
        if not tx.hold_delivery(delivery):
            raise Unavailable("Another worker took the delivery over.")
        record = _get_record(tx, delivery)
        view = disclose.look(bridge, tx, ask, record.person_id)
        tree = disclose.show_record(view, record)
        shown = [f"{record.kind}/{record.source}/{record.key}"] if tree else None
        disclose.write_down(bridge, tx, ask, view, shown)
        parcel = _envelope(bridge, tx, (ask, view, route, record, tree), delivery) if tree else None
    if parcel is None:
        raise DisclosureDenied("No consent permits this delivery.")
    return parcel


def _get_record(tx: Transaction, delivery: Delivery) -> RecordRow:
    kind, source, _, key = delivery.subject.split("/", 3)
    record = tx.find_record(kind, source, key)
    if record is None:
        raise NotFound("The record of this delivery is not there any more.")
    return record


Packing = tuple[disclose.Ask, disclose.View, Destination, RecordRow, dict[str, Any]]


def _envelope(bridge: Bridge, tx: Transaction, packing: Packing, delivery: Delivery) -> Parcel:
    ask, view, route, record, tree = packing
    tree = _in_their_number(tx, ask, record, tree)
    if bridge.shadow:
        bridge.shadow.watch_outbound(route.map, ask.partner.id, (record.kind, tree), bridge.maps)
    report = reporting.report(bridge.maps.get(route.map), record.kind, tree, Context(source=ask.partner.id))
    copies = disclose.consent_copies(tx, view)
    envelope: dict[str, Any] = {
        "id": delivery.id,
        "kind": record.kind,
        "notices": list(disclose.notices_of(ask, [view])),
        "labels": disclose.labels_for_record(ask, view, KINDS[record.kind].sensitivity),
        "consent": disclose.consent_of(view),
        **({"consent_copy": copies} if copies else {}),
    }
    return Parcel(route.url, *reporting.pack(envelope, report))


def _in_their_number(tx: Transaction, ask: disclose.Ask, record: RecordRow, tree: dict[str, Any]) -> dict[str, Any]:
    """Return the tree with the client named by a number of the recipient's own systems, where the person has one."""
    systems = ask.partner.identifier_systems
    numbers = [number for number in tx.iter_identifiers(record.person_id) if number[0] in systems]
    if "client" not in tree or not numbers:
        return tree
    return {**tree, "client": {"number": numbers[0][1], "system": numbers[0][0]}}


# -- send, and write down what became of it


def _send(bridge: Bridge, delivery: Delivery, parcel: Parcel) -> None:
    headers = {CONTROL_ID: delivery.id}
    timeout_s = min(SEND_TIMEOUT_S, bridge.lease_s / 3)
    bridge.sender.send(parcel.url, parcel.body, media_type=parcel.media_type, headers=headers, timeout_s=timeout_s)


def _fail(bridge: Bridge, delivery: Delivery, error: Exception) -> None:
    """Write down a failure: to be tried again, refused, or, after the last try, dead. A fault of ours is transient."""
    failure = find_failure(error) if isinstance(error, BridgeError) else None
    event = EVENTS[failure] if failure else DeliveryEvent.FAIL
    due = None
    if event is DeliveryEvent.FAIL:
        wait_s = getattr(error, "retry_after_s", None) or 0.0
        due = next_due(delivery.attempts, bridge.retry, bridge.clock(), bridge.jitter, not_before_s=wait_s)
        event = event if due else DeliveryEvent.GIVE_UP
    if failure is None:
        LOG.error("delivery could not be made", extra={"delivery_id": delivery.id, **logs.fault(error)})
    _mark(bridge, delivery, event, due=due, reason=_reason(error, delivery))


def _reason(error: Exception, delivery: Delivery) -> str:
    if isinstance(error, BridgeError):
        return f"{error.code} {error.message}"
    return f"{BridgeError.code} This bridge could not make the delivery; reference {delivery.id}."


def _mark(
    bridge: Bridge, delivery: Delivery, event: DeliveryEvent, *, due: datetime | None = None, reason: str = ""
) -> None:
    state = DeliveryState(next_state(delivery.state, event))
    changed = replace(delivery, state=state, lease_until=None, last_error=reason, run_at=due or delivery.run_at)
    with bridge.store.transaction() as tx:
        held = tx.hold_delivery(delivery)
        if held:
            tx.update_delivery(changed)
    extra = {
        "delivery_id": delivery.id,
        "partner": delivery.partner,
        "state": str(state),
        "attempts": delivery.attempts,
    }
    LOG.info("delivery changed" if held else "delivery was taken over", extra=extra)
