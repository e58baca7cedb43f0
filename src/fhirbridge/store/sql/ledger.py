"""The ledger: entries in one chain, written one transaction at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, insert, select

from fhirbridge.store.base import LedgerEntry
from fhirbridge.store.chain import decode_details, encode_details, next_entry
from fhirbridge.store.schema import ledger as table
from fhirbridge.store.sql.work import Work

CHAIN_LOCK = 0x66686972
"""Key of PostgreSQL's advisory lock on the end of the chain ("fhir" in ASCII)."""


class Ledger(Work):
    """The part of a transaction that writes disclosures down."""

    def append_ledger(self, entry: LedgerEntry) -> LedgerEntry:
        """Add an entry and chain it; an id that is there already returns that entry.

        From here to its end the transaction is the only one that writes the ledger: append last.
        """
        self._lock_chain()
        known = self._find(select(table).where(table.c.id == entry.id), _entry)
        if known:
            return known
        newest = select(table).order_by(table.c.sequence.desc()).limit(1)
        placed = next_entry(self._find(newest, _entry), entry)
        values = {**asdict(placed), "details": encode_details(placed.details)}
        self._connection.execute(insert(table).values(**values))
        return _entry(self._connection.execute(select(table).where(table.c.sequence == placed.sequence)).one())

    def iter_ledger(self, person_id: str | None = None) -> Iterator[LedgerEntry]:
        """Entries in the order they were written."""
        statement = select(table) if person_id is None else select(table).where(table.c.person_id == person_id)
        return map(_entry, self._pages(statement, [table.c.sequence]))

    def _lock_chain(self) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer at any time
            self._connection.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**{**row._mapping, "details": decode_details(row.details)})
