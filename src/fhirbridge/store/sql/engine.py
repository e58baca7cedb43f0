"""Engines: one that writes and one that only reads, for SQLite and PostgreSQL.

SQLite: WAL, synchronous=FULL (an acknowledged commit outlives a power cut), BEGIN IMMEDIATE for writers; the reader is
query_only. PostgreSQL: writers at READ COMMITTED, where heads are locked row by row; readers at REPEATABLE READ READ
ONLY, so that a page and its total are of one moment. No statement's parameters are ever shown: they hold people's data.
Source: https://www.sqlite.org/pragma.html#pragma_synchronous,
https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#transactions-with-sqlite-and-the-sqlite3-driver
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from fhirbridge.errors import BadSettings

LOCK_WAIT_S = 10.0
POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 8, "hide_parameters": True}

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)


@dataclass(frozen=True, slots=True)
class Engines:
    """The engine that writes and the one that only reads; on PostgreSQL they share a pool."""

    writer: Engine
    reader: Engine

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self.writer.dispose()
        self.reader.dispose()


def open_engines(url: str, *, lock_wait_s: float = LOCK_WAIT_S) -> Engines:
    """Return engines for `sqlite:///path` or `postgresql://...`; nothing is connected yet.

    Args:
        lock_wait_s: how long to wait for a lock or for a free connection.
    Raises:
        BadSettings: the URL is of neither kind, or the driver is not installed.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return Engines(
            writer=_sqlite(parsed, lock_wait_s, begin="BEGIN IMMEDIATE", pragmas=SQLITE_PRAGMAS),
            reader=_sqlite(parsed, lock_wait_s, begin="BEGIN", pragmas=(*SQLITE_PRAGMAS, "PRAGMA query_only=ON")),
        )
    writer = _postgresql(parsed, lock_wait_s)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(writer=writer, reader=reader)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadSettings("The store's URL cannot be read; write sqlite:///path or postgresql://host/name.") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadSettings("The store's URL must begin with sqlite:/// or postgresql://.")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise BadSettings("The store's URL names no file; write sqlite:///path.")
    return parsed


def _sqlite(url: URL, lock_wait_s: float, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    driver = {"timeout": lock_wait_s, "check_same_thread": False}  # the driver's timeout is SQLite's busy_timeout
    engine = create_engine(url, connect_args=driver, pool_timeout=lock_wait_s, **POOL)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself: it would begin too late
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin_as_told(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql(url: URL, lock_wait_s: float) -> Engine:
    psycopg = url.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(psycopg, isolation_level="READ COMMITTED", pool_timeout=lock_wait_s, **POOL)
    except ModuleNotFoundError:
        raise BadSettings("PostgreSQL needs its driver; install fhirbridge[postgres].") from None

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = '{round(lock_wait_s * 1000)}ms'")
        connection.commit()

    return engine
