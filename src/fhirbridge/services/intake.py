"""What partners hand in: accept it durably, tell what became of it, and work it off one message at a time."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from fhirbridge.auth.scopes import covers
from fhirbridge.delivery.retry import next_due
from fhirbridge.errors import (
    BridgeError,
    Forbidden,
    InvalidContent,
    Issue,
    MissingHeader,
    NotFound,
    TooLarge,
    Unavailable,
    VersionConflict,
)
from fhirbridge.ids import fingerprint, new_id
from fhirbridge.records import KINDS
from fhirbridge.services import filing, logs, reading, sides
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.services.outcome import Outcome
from fhirbridge.store.base import Message, MessageState, Transaction
from fhirbridge.times import format_instant

LOG = logging.getLogger(__name__)

MAX_KEY_CHARS = 255
MESSAGE_ID = re.compile(r"m-[a-z2-7]{26}")


@dataclass(frozen=True, slots=True)
class Submission:
    """What arrived at `/intake/<kind>`: media type and charset in lower case, empty if not named; body untouched."""

    kind: str
    media_type: str
    body: bytes
    idempotency_key: str
    charset: str = ""


# -- accept: committed before it is acknowledged


def accept(bridge: Bridge, caller: Caller, submission: Submission) -> Message:
    """Keep what arrived and return it (`.id`, `.state`); it is durable when this returns.

    The same partner and Idempotency-Key again returns the first message.

    Raises:
        Forbidden: the token does not cover `intake/<kind>.c`.
        NotFound: no such kind.
        UnsupportedMediaType, TooLarge, MalformedInput: the sender keeps it.
        MissingHeader: no Idempotency-Key.
        IdempotencyConflict: the key was used with another body.
    """
    _guard(bridge, caller, submission)
    reading.parse(bridge.maps, caller.partner, submission.kind, submission.body)
    message = Message(
        id=new_id("m-"),
        partner=caller.partner.id,
        kind=submission.kind,
        media_type=submission.media_type,
        body=submission.body,
        idempotency_key=submission.idempotency_key,
        fingerprint=fingerprint(submission.kind.encode() + b"\n" + submission.body),
        received_at=bridge.clock(),
    )
    with bridge.store.transaction() as tx:
        kept = tx.add_message(message)
    LOG.info("message accepted", extra={"message_id": kept.id, "partner": kept.partner, "kind": kept.kind})
    return kept


def _guard(bridge: Bridge, caller: Caller, submission: Submission) -> None:
    """Refuse what this partner may not hand in, or what is not in a form this address takes."""
    kind = submission.kind
    if not covers(caller.scopes, kind, "create", context="intake"):
        raise Forbidden("The token does not cover handing in this kind of record; it needs intake/<kind>.c.")
    if kind not in KINDS and kind not in caller.partner.sources:
        raise NotFound(f"There is no such kind; known are: {', '.join([*KINDS, *caller.partner.sources])}.")
    sides.check_media(reading.find_side(bridge.maps, caller.partner, kind), submission.media_type, submission.charset)
    if len(submission.body) > bridge.limits.max_body_bytes:
        raise TooLarge(f"The body is larger than {bridge.limits.max_body_bytes} bytes.")
    if not 0 < len(submission.idempotency_key) <= MAX_KEY_CHARS:
        raise MissingHeader(f"Idempotency-Key is missing or longer than {MAX_KEY_CHARS} characters.")


# -- status


def status(bridge: Bridge, caller: Caller, message_id: str) -> dict[str, object]:
    """Return what became of a message, as JSON tree.

    {id, kind, state, received, lead_time_days?, records: [..], resources: ["CarePlan/.."],
     issues: [{code, severity, path, rule, message, hint, location}]}

    Raises:
        NotFound: unknown, or another partner's.
    """
    message = _own_message(bridge, caller, message_id)
    head = {"id": message.id, "kind": message.kind, "state": message.state.value}
    received = {"received": format_instant(message.received_at)}
    return {**head, **received, **Outcome.from_bytes(message.outcome).to_tree()}


def records_of(bridge: Bridge, caller: Caller, message_id: str) -> tuple[str, ...]:
    """Return the records that a message made, each as "kind/source/key".

    Raises:
        NotFound: unknown, or another partner's.
    """
    return Outcome.from_bytes(_own_message(bridge, caller, message_id).outcome).records


def _own_message(bridge: Bridge, caller: Caller, message_id: str) -> Message:
    with bridge.store.snapshot() as tx:
        message = tx.find_message(message_id) if MESSAGE_ID.fullmatch(message_id) else None
    if message is None or message.partner != caller.partner.id:
        raise NotFound
    return message


# -- process: one message, one transaction


def process_next(bridge: Bridge) -> bool:
    """Work off the oldest message that is due; False when there is none."""
    with bridge.store.transaction() as tx:
        message = tx.claim_message(bridge.clock(), bridge.lease_s)
    if message is None:
        return False
    try:
        with bridge.store.transaction() as tx:
            if _is_ours(tx, message):
                _process(bridge, tx, message)
    except (Unavailable, VersionConflict) as error:  # another message about the same person was stored at this moment
        _postpone(bridge, message, error)
    except BridgeError as error:
        _park(bridge, message, error.issues)
        _show_shadow(bridge, message)
    except Exception as error:
        _postpone(bridge, message, error)
    else:
        _show_shadow(bridge, message)
    return True


def _show_shadow(bridge: Bridge, message: Message) -> None:
    if bridge.shadow:
        bridge.shadow.watch_message(message, bridge.maps)


def _is_ours(tx: Transaction, message: Message) -> bool:
    """Say whether our claim still stands: a worker whose lease ran out must not touch what another one made of it."""
    held = tx.hold_message(message)
    if not held:
        LOG.warning("message was taken over", extra={"message_id": message.id, "attempts": message.attempts})
    return held


def _process(bridge: Bridge, tx: Transaction, message: Message) -> None:
    partner = bridge.partners.get(message.partner)
    if partner is None:
        raise InvalidContent("The partner that sent this is no longer registered.")
    documents = reading.parse(bridge.maps, partner, message.kind, message.body)
    day = message.received_at.date()
    read = reading.read(bridge.maps, partner, message.kind, documents, received=day)
    work = filing.Filing(bridge, tx, partner, message, issues=list(read.issues))
    if work.has_errors:
        raise InvalidContent(issues=work.issues)
    filing.note_maps(bridge, tx, read.maps)
    outcome = filing.file_records(work, read.records)
    tx.finish_message(message.id, MessageState.STORED, outcome.to_bytes())
    LOG.info("message stored", extra={"message_id": message.id, "count": len(outcome.resources)})


def _park(bridge: Bridge, message: Message, issues: tuple[Issue, ...]) -> None:
    """Keep the message as it came, with all reasons, until somebody deals with it."""
    with bridge.store.transaction() as tx:
        if not _is_ours(tx, message):
            return
        tx.finish_message(message.id, MessageState.PARKED, Outcome(issues=issues).to_bytes())
    codes = sorted({issue.code for issue in issues})
    LOG.warning("message parked", extra={"message_id": message.id, "partner": message.partner, "codes": codes})


def _postpone(bridge: Bridge, message: Message, error: Exception) -> None:
    """Try the message again later; after the last try park it under a reference for those who run the bridge."""
    fault = {"message_id": message.id, "attempts": message.attempts, **logs.fault(error)}
    LOG.error("message could not be processed", extra=fault)
    due = next_due(message.attempts, bridge.retry, bridge.clock(), bridge.jitter)
    if due is None:
        _park(bridge, message, (_fault_issue(message),))
        return
    with bridge.store.transaction() as tx:
        if _is_ours(tx, message):
            tx.postpone_message(message.id, due)


def _fault_issue(message: Message) -> Issue:
    return Issue(
        BridgeError.code,
        f"This bridge could not process the message; reference {message.id}.",
        rule="fault",
        hint="Nothing is lost. Tell those who run the bridge the reference; they can retry it.",
    )
