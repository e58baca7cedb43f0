"""Rows to keep: the smallest that show the point, about people who do not exist."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.support.clock import START

from fhirbridge.store.base import (
    ConsentRow,
    Delivery,
    IndexRow,
    LedgerEntry,
    Message,
    RecordRow,
    ResourceRow,
    Store,
    TokenRow,
)


def make_message(number: int = 1, **changes: Any) -> Message:
    """Return a message; each number has its own id and key."""
    values: dict[str, Any] = {
        "id": f"m{number:04}",
        "partner": "riverside",
        "kind": "plan",
        "media_type": "application/json",
        "body": b'{"plan": "as it came"}',
        "idempotency_key": f"key-{number}",
        "fingerprint": "f" * 64,
        "received_at": START,
    }
    return Message(**{**values, **changes})


def make_record(**changes: Any) -> RecordRow:
    """Return a record."""
    values: dict[str, Any] = {
        "kind": "plan",
        "source": "riverside",
        "key": "plan-1",
        "person_id": "amira",
        "body": b"{}",
        "trace": b'{"map": "plan"}',
        "message_id": "m0001",
    }
    return RecordRow(**{**values, **changes})


def make_resource(**changes: Any) -> ResourceRow:
    """Return a resource; its content hash is made from its body unless given."""
    values: dict[str, Any] = {
        "type": "CarePlan",
        "id": "c1",
        "body": b'{"resourceType": "CarePlan"}',
        "data_class": "D3",
        "person_id": "amira",
        **changes,
    }
    values.setdefault("content_hash", f"hash of {values['body']!r}")
    return ResourceRow(**values)


def make_delivery(number: int = 1, **changes: Any) -> Delivery:
    """Return a delivery; each number has its own id and subject."""
    values: dict[str, Any] = {
        "id": f"d{number:04}",
        "partner": "probation",
        "action": "monitoring",
        "subject": f"monitoring/riverside/{number}",
        "person_id": "amira",
        "created_at": START,
        "run_at": START,
    }
    return Delivery(**{**values, **changes})


def make_consent(**changes: Any) -> ConsentRow:
    """Return a consent."""
    values: dict[str, Any] = {
        "id": "consent-1",
        "person_id": "amira",
        "source": "riverside",
        "body": b"{}",
        "recipients": ("1001",),
    }
    return ConsentRow(**{**values, **changes})


def make_entry(number: int = 1, *, at: datetime = START, **changes: Any) -> LedgerEntry:
    """Return a ledger entry; each number has its own id."""
    values: dict[str, Any] = {
        "id": f"l{number:04}",
        "person_id": "amira",
        "recipient": "1001",
        "purpose": "TREAT",
        "channel": "read",
        "outcome": "permit",
        "table_row": "1",
        "details": {"resources": ["CarePlan/c1"], "classes": ["D1", "D3"]},
    }
    return LedgerEntry(at=at, **{**values, **changes})


def make_token(**changes: Any) -> TokenRow:
    """Return a token."""
    values: dict[str, Any] = {
        "token_hash": "a" * 64,
        "client": "riverside",
        "scopes": ("system/CarePlan.rs", "system/Goal.rs"),
        "expires_at": START,
    }
    return TokenRow(**{**values, **changes})


def keep(store: Store, *resources: tuple[ResourceRow, Iterable[IndexRow]]) -> None:
    """Put resources with their index rows, in one transaction."""
    with store.transaction() as tx:
        for resource, index in resources:
            tx.put_resource(resource, index)
