"""Consents as they stand, without the client's name: what is active, for whom, until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fhirbridge.formats import record_json
from fhirbridge.records import Consent
from fhirbridge.services.bridge import Bridge
from fhirbridge.store.base import ConsentRow, Query, Transaction

PAGE = 500


def list_consents(bridge: Bridge, *, person_id: str | None = None) -> Sequence[dict[str, object]]:
    """Return the newest version of each consent as JSON trees: {id, version, person, source, type, status, discloser,
    recipients, purposes, data_classes, signed, expires, withdrawn}.
    """
    with bridge.store.snapshot() as tx:
        persons = [person_id] if person_id is not None else _iter_persons(tx)
        return [_to_tree(row) for person in persons for row in tx.iter_consents(person)]


def _iter_persons(tx: Transaction) -> Iterator[str]:
    """Yield the id of every person; each has a Patient."""
    after = ""
    while rows := tx.search(Query("Patient", count=PAGE, after=after)):
        yield from (row.id for row in rows)
        after = rows[-1].id


def _to_tree(row: ConsentRow) -> dict[str, object]:
    consent = Consent.model_validate(record_json.parse(row.body))
    expiry = consent.expiry
    return {
        "id": row.id,
        "version": row.version,
        "person": row.person_id,
        "source": row.source,
        "type": consent.type,
        "status": consent.status,
        "discloser": consent.discloser.number,
        "recipients": [recipient.number for recipient in consent.recipients],
        "purposes": list(consent.purposes),
        "data_classes": list(consent.data_classes),
        "signed": consent.signed,
        "expires": expiry.on or expiry.event_happened or ("by event" if expiry.event else ""),
        "withdrawn": consent.withdrawn or "",
    }
