"""The ledger of disclosures, for those who must account for it: who got what, when, why; who was refused."""

from __future__ import annotations

from collections.abc import Sequence

from fhirbridge.services.bridge import Bridge
from fhirbridge.store import chain
from fhirbridge.store.base import LedgerEntry
from fhirbridge.times import format_instant


def entries(bridge: Bridge, *, person_id: str | None = None) -> Sequence[dict[str, object]]:
    """Return ledger entries as JSON trees, oldest first: {id, sequence, at, person, recipient, purpose, channel,
    outcome, row, consent, details, chain}. `person` is "" where the request named nobody we know.
    """
    with bridge.store.snapshot() as tx:
        return [_to_tree(entry) for entry in tx.iter_ledger(person_id)]


def _to_tree(entry: LedgerEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "sequence": entry.sequence,
        "at": format_instant(entry.at),
        "person": entry.person_id,
        "recipient": entry.recipient,
        "purpose": entry.purpose,
        "channel": entry.channel,
        "outcome": entry.outcome,
        "row": entry.table_row,
        "consent": f"Consent/{entry.consent_id}/_history/{entry.consent_version}" if entry.consent_id else "",
        "details": dict(entry.details),
        "chain": entry.chain,
    }


def find_break(bridge: Bridge) -> int | None:
    """Return the sequence number at which the ledger's chain breaks, None when the ledger is whole."""
    with bridge.store.snapshot() as tx:
        return chain.find_break(tx.iter_ledger())
