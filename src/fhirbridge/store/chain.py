"""The ledger's chain: each entry carries a hash of the entry before it, so that a change or a gap shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC

import msgspec

from fhirbridge.store.base import LedgerEntry

START = "0" * 64
"""What stands for "the entry before" in front of the first one."""


def encode_details(details: Mapping[str, object]) -> str:
    """Return the details as JSON text with sorted keys: equal details give equal text."""
    return msgspec.json.encode(dict(details), order="sorted").decode()


def decode_details(text: str) -> dict[str, object]:
    """Return the details that `encode_details` wrote."""
    return msgspec.json.decode(text, type=dict[str, object])


def chain_of(before: str, entry: LedgerEntry) -> str:
    """Return the SHA-256, in hex, of the chain before and of everything the entry says, its place included."""
    fields = [
        before,
        str(entry.sequence),
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.person_id,
        entry.recipient,
        entry.purpose,
        entry.channel,
        entry.outcome,
        entry.table_row,
        entry.consent_id,
        str(entry.consent_version),
        encode_details(entry.details),
    ]
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()


def next_entry(last: LedgerEntry | None, entry: LedgerEntry) -> LedgerEntry:
    """Return the entry with its place and chain behind the last one."""
    placed = replace(entry, sequence=last.sequence + 1 if last else 1)
    return replace(placed, chain=chain_of(last.chain if last else START, placed))


def find_break(entries: Iterable[LedgerEntry]) -> int | None:
    """Return the sequence number at which a whole ledger stops being whole, None when it is.

    Args:
        entries: the ledger from its first entry on, in order.
    """
    before = START
    for place, entry in enumerate(entries, start=1):
        if entry.sequence != place or entry.chain != chain_of(before, entry):
            return place
        before = entry.chain
    return None
