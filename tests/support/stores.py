"""The stores the contract is tested on, each empty and quick to make."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from fhirbridge.store.schema import metadata
from fhirbridge.store.sql import SqlStore
from fhirbridge.times import Clock

KINDS = ("memory", "sqlite", "postgres")


def open_sqlite(template: Path, path: Path, clock: Clock) -> SqlStore:
    """Return a store over a copy of a database file that was migrated once."""
    shutil.copyfile(template, path)
    return SqlStore.open(f"sqlite:///{path}", clock=clock)


def open_postgres(url: str, clock: Clock) -> SqlStore:
    """Return a store over a migrated database, emptied of what the test before left there."""
    tables = reversed(metadata.sorted_tables)
    statements = [SQL("DELETE FROM {}").format(Identifier(table.name)) for table in tables]
    with psycopg.connect(url) as connection:
        connection.execute(SQL("; ").join(statements))
    return SqlStore.open(url, clock=clock)
