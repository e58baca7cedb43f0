"""Bring a database to the tables of this version.

A migration is whole or not at all, on both databases, and two processes that migrate at once do it one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from fhirbridge.store.sql.engine import open_engines
from fhirbridge.store.sql.faults import translated

MIGRATION_LOCK = 0x6D696772
"""Key of PostgreSQL's advisory lock on the tables themselves ("migr" in ASCII)."""


def migrate(url: str) -> None:
    """Make or change the tables until they are those of this version; nothing happens when they are.

    Raises:
        BadSettings: the URL cannot be used.
        Unavailable: the database cannot be reached.
    """
    with _connected(url, "writer") as connection:
        if connection.dialect.name == "postgresql":  # SQLite has one writer at any time
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        command.upgrade(_config(connection), "head")


def pending(url: str) -> bool:
    """Say whether the database needs `migrate` before this version can use it.

    Raises:
        BadSettings: the URL cannot be used.
        Unavailable: the database cannot be reached.
    """
    with _connected(url, "reader") as connection:
        wanted = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() != wanted


@contextmanager
def _connected(url: str, role: Literal["writer", "reader"]) -> Iterator[Connection]:
    engines = open_engines(url)
    engine: Engine = getattr(engines, role)
    try:
        with translated(), engine.begin() as connection:
            yield connection
    finally:
        engines.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "fhirbridge.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
