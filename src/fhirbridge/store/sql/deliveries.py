"""Deliveries on their way out: queued once, leased to one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, or_, select, update

from fhirbridge.errors import NotFound
from fhirbridge.store.base import Delivery, DeliveryState
from fhirbridge.store.schema import delivery as table
from fhirbridge.store.sql.work import Work

LANE = ("partner", "action", "subject")
FIXED = ("id", *LANE)


class Deliveries(Work):
    """The part of a transaction that keeps deliveries."""

    def add_delivery(self, delivery: Delivery) -> Delivery:
        """Queue a delivery; the same partner, action and subject again returns the first one."""
        self._insert_new(table, asdict(delivery), unique=LANE)
        same = [table.c[name] == getattr(delivery, name) for name in LANE]
        return _delivery(self._connection.execute(select(table).where(*same)).one())

    def find_delivery(self, delivery_id: str) -> Delivery | None:
        """Return the delivery."""
        return self._find(select(table).where(table.c.id == delivery_id), _delivery)

    def claim_delivery(self, now: datetime, lease_s: float) -> Delivery | None:
        """Lease the oldest delivery that can be tried; on PostgreSQL claimers step over each other's rows."""
        state, lease_until = table.c.state, table.c.lease_until
        due = and_(state.in_((DeliveryState.QUEUED, DeliveryState.WAITING)), table.c.run_at <= now)
        left = and_(state == DeliveryState.SENDING, or_(lease_until.is_(None), lease_until <= now))
        oldest = (
            select(table.c.id)
            .where(or_(due, left))
            .order_by(table.c.created_at, table.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        lease = {
            "state": DeliveryState.SENDING,
            "attempts": table.c.attempts + 1,
            "lease_until": now + timedelta(seconds=lease_s),
        }
        statement = update(table).where(table.c.id == oldest.scalar_subquery()).values(lease).returning(table)
        return self._find(statement, _delivery)

    def hold_delivery(self, delivery: Delivery) -> bool:
        """Say whether the claim still stands, and lock the row if it does."""
        claim = table.c.attempts == delivery.attempts, table.c.lease_until == delivery.lease_until
        mine = select(table.c.id).where(table.c.id == delivery.id, table.c.state == DeliveryState.SENDING, *claim)
        return self._connection.execute(mine.with_for_update()).one_or_none() is not None

    def update_delivery(self, delivery: Delivery) -> None:
        """Put this delivery in the place of the one with its id."""
        changes = {name: value for name, value in asdict(delivery).items() if name not in FIXED}
        statement = update(table).where(table.c.id == delivery.id).values(**changes)
        if self._connection.execute(statement).rowcount == 0:
            raise NotFound("No delivery has this id.")

    def iter_deliveries(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """All deliveries, oldest first."""
        statement = select(table) if state is None else select(table).where(table.c.state == state)
        return map(_delivery, self._pages(statement, [table.c.created_at, table.c.id]))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._mapping, "state": DeliveryState(row.state)})
