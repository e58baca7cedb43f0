"""The SQL adapter: transactions and snapshots over SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from fhirbridge.errors import Unavailable
from fhirbridge.store.sql.consents import Consents
from fhirbridge.store.sql.deliveries import Deliveries
from fhirbridge.store.sql.engine import LOCK_WAIT_S, Engines, open_engines
from fhirbridge.store.sql.faults import translated
from fhirbridge.store.sql.ledger import Ledger
from fhirbridge.store.sql.maps import Maps
from fhirbridge.store.sql.messages import Messages
from fhirbridge.store.sql.people import People
from fhirbridge.store.sql.records import Records
from fhirbridge.store.sql.releases import Releases
from fhirbridge.store.sql.resources import Resources
from fhirbridge.store.sql.tokens import Tokens
from fhirbridge.times import Clock, utc_now


class SqlTransaction(Messages, People, Records, Resources, Deliveries, Consents, Ledger, Tokens, Maps, Releases):
    """Keeps the promises of `store.base.Transaction`; each part is in its own file."""


class SqlStore:
    """Keeps the promises of `store.base.Store` over SQLite or PostgreSQL. One a process; threads may share it."""

    def __init__(self, engines: Engines, *, clock: Clock = utc_now, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self._engines = engines
        self._clock = clock
        self._lock_wait_s = lock_wait_s
        # SQLite has one writer: threads queue here in turn instead of polling the file
        self._queue = Lock() if engines.writer.dialect.name == "sqlite" else None

    @classmethod
    def open(cls, url: str, *, clock: Clock = utc_now, lock_wait_s: float = LOCK_WAIT_S) -> SqlStore:
        """Return a store over `sqlite:///path` or `postgresql://...`; it must have been migrated (store.migrate).

        Args:
            lock_wait_s: how long a transaction waits for its turn before it is Unavailable.
        Raises:
            BadSettings: the URL is of neither kind, or the driver is not installed.
        """
        return cls(open_engines(url, lock_wait_s=lock_wait_s), clock=clock, lock_wait_s=lock_wait_s)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Write: whole when the block ends well, not at all otherwise.

        Raises:
            Unavailable: see store.base; it is the caller who may run the block again.
        """
        with self._turn(), translated(), self._engines.writer.begin() as connection:
            yield SqlTransaction(connection, self._clock)

    @contextmanager
    def snapshot(self) -> Iterator[SqlTransaction]:
        """Read the state of one moment, that of the first look."""
        with translated(), self._engines.reader.begin() as connection:
            yield SqlTransaction(connection, self._clock)

    def close(self) -> None:
        """Close the pool; connections in use close when they are given back."""
        self._engines.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._queue is None:
            yield
            return
        if not self._queue.acquire(timeout=self._lock_wait_s):
            raise Unavailable
        try:
            yield
        finally:
            self._queue.release()
