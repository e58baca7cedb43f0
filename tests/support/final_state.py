"""What a bridge holds at the end of a story, without ids made at random and without times, to be compared."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhirbridge import bootstrap, settings
from fhirbridge.cli.demo.receiver import Receiver
from fhirbridge.cli.demo.telling import canonical
from fhirbridge.fhir.elements import RESOURCE_TYPES
from fhirbridge.store.base import Query, Transaction

State = dict[str, Any]
EVERYTHING = 10_000


def final_state(file: Path, receiver: Receiver) -> State:
    """Return the state of the bridge with this settings file, and what its receiver got."""
    store = bootstrap.build(settings.load(file)).store
    try:
        with store.snapshot() as tx:
            return {**_stored(tx), "received": sorted(canonical(tree) for tree in receiver.received())}
    finally:
        store.close()


def _stored(tx: Transaction) -> State:
    resources = sorted(_resources(tx))
    persons = sorted({person for *_, person in resources if person})
    return {
        "messages": sorted(_messages(tx)),
        "resources": resources,
        "records": sorted(
            (row.kind, row.source, row.key, row.version, row.body.decode())
            for person in persons
            for row in tx.iter_records(person)
        ),
        "deliveries": sorted(
            (each.partner, each.action, each.subject, each.state.value) for each in tx.iter_deliveries()
        ),
        "ledger": sorted(_ledger(tx)),
    }


def _messages(tx: Transaction) -> Iterator[tuple[str, ...]]:
    for message in tx.iter_messages():
        digest = hashlib.sha256(message.body).hexdigest()
        outcome = canonical(json.loads(message.outcome or b"{}"))
        yield message.partner, message.kind, message.idempotency_key, digest, message.state.value, outcome


def _resources(tx: Transaction) -> Iterator[tuple[str, str, int, str, str]]:
    for type_ in RESOURCE_TYPES:
        for row in tx.search(Query(type_, count=EVERYTHING)):
            yield row.type, row.id, row.version, row.content_hash, row.person_id or ""


def _ledger(tx: Transaction) -> set[tuple[str, ...]]:
    """Return who got or was refused what under which consent, each once: a call whose answer was lost is made again."""
    return {
        (
            entry.person_id,
            entry.recipient,
            entry.purpose,
            entry.channel,
            entry.outcome,
            entry.table_row,
            f"{entry.consent_id}/{entry.consent_version}",
        )
        for entry in tx.iter_ledger()
    }


def differences(state: State, other: State) -> list[str]:
    """Return what stands in one state and not in the other, one line each."""
    lines = []
    for name in state:
        ours, theirs = Counter(map(str, state[name])), Counter(map(str, other[name]))
        lines += [f"{name}: missing {item}" for item in (ours - theirs)]
        lines += [f"{name}: unexpected {item}" for item in (theirs - ours)]
    return lines
