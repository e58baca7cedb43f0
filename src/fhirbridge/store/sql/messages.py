"""Messages that arrived: kept once, leased to one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select, update

from fhirbridge.errors import IdempotencyConflict, NotFound
from fhirbridge.store.base import Message, MessageState
from fhirbridge.store.schema import message as table
from fhirbridge.store.sql.work import Work

UNKNOWN = "No message has this id."
NOT_PARKED = "No parked message has this id."


class Messages(Work):
    """The part of a transaction that keeps messages."""

    def add_message(self, message: Message) -> Message:
        """Keep a message; the same partner and key again returns the first one."""
        self._insert_new(table, asdict(message), unique=("partner", "idempotency_key"))
        same = table.c.partner == message.partner, table.c.idempotency_key == message.idempotency_key
        known = _message(self._connection.execute(select(table).where(*same)).one())
        if known.fingerprint != message.fingerprint:
            raise IdempotencyConflict
        return known

    def find_message(self, message_id: str) -> Message | None:
        """Return the message."""
        return self._find(select(table).where(table.c.id == message_id), _message)

    def claim_message(self, now: datetime, lease_s: float) -> Message | None:
        """Lease the oldest message that is due; on PostgreSQL claimers step over each other's rows."""
        due = or_(table.c.run_at.is_(None), table.c.run_at <= now)
        free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
        oldest = (
            select(table.c.id)
            .where(table.c.state == MessageState.RECEIVED, due, free)
            .order_by(table.c.received_at, table.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        lease = {"attempts": table.c.attempts + 1, "lease_until": now + timedelta(seconds=lease_s)}
        statement = update(table).where(table.c.id == oldest.scalar_subquery()).values(lease).returning(table)
        return self._find(statement, _message)

    def hold_message(self, message: Message) -> bool:
        """Say whether the claim still stands, and lock the row if it does."""
        claim = table.c.attempts == message.attempts, table.c.lease_until == message.lease_until
        mine = select(table.c.id).where(table.c.id == message.id, table.c.state == MessageState.RECEIVED, *claim)
        return self._connection.execute(mine.with_for_update()).one_or_none() is not None

    def finish_message(self, message_id: str, state: MessageState, outcome: bytes) -> None:
        """Set the end state and release the lease."""
        self._change(message_id, {"state": state, "outcome": outcome})

    def postpone_message(self, message_id: str, run_at: datetime) -> None:
        """Release the lease; due at run_at."""
        self._change(message_id, {"run_at": run_at})

    def reopen_message(self, message_id: str, now: datetime) -> None:
        """Set a parked message back to received."""
        fresh = {"state": MessageState.RECEIVED, "outcome": b"", "attempts": 0, "run_at": now}
        self._change(message_id, fresh, only=MessageState.PARKED, unknown=NOT_PARKED)

    def iter_messages(self, state: MessageState | None = None) -> Iterator[Message]:
        """All messages, oldest first."""
        statement = select(table) if state is None else select(table).where(table.c.state == state)
        return map(_message, self._pages(statement, [table.c.received_at, table.c.id]))

    def latest_messages(self, count: int) -> list[Message]:
        """Return the messages that arrived last, newest first."""
        newest = select(table).order_by(table.c.received_at.desc(), table.c.id.desc()).limit(count)
        return [_message(row) for row in self._connection.execute(newest)]

    def _change(
        self, message_id: str, values: dict[str, Any], *, only: MessageState | None = None, unknown: str = UNKNOWN
    ) -> None:
        statement = update(table).where(table.c.id == message_id).values(**values, lease_until=None)
        if only is not None:
            statement = statement.where(table.c.state == only)
        if self._connection.execute(statement).rowcount == 0:
            raise NotFound(unknown)


def _message(row: Row[Any]) -> Message:
    return Message(**{**row._mapping, "state": MessageState(row.state)})
