"""Migrations end in exactly the tables of schema.py, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from tests.support.postgres import PostgresServer

from fhirbridge.errors import BadSettings, BridgeError, Unavailable
from fhirbridge.store.migrate import migrate, pending
from fhirbridge.store.schema import metadata
from fhirbridge.store.sql import SqlStore
from fhirbridge.store.sql.engine import open_engines

POSTGRES_SHAPE = """
SELECT 'column', table_name || '.' || column_name,
       concat_ws(' ', data_type, is_nullable, collation_name, column_default)
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes
  WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
ORDER BY 1, 2
"""


def sqlite_shape(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    query = "SELECT name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' ORDER BY name"
    shape = [(name, " ".join((sql or "").split())) for name, sql in connection.execute(query)]
    connection.close()
    return shape


def postgres_shape(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(POSTGRES_SHAPE.encode()).fetchall()


def create_all(url: str) -> None:
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.database() as made:
            yield made


def test_migrations_end_in_the_schema_on_sqlite(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'migrated.db'}")
    create_all(f"sqlite:///{tmp_path / 'created.db'}")
    shape = sqlite_shape(tmp_path / "migrated.db")
    assert shape == sqlite_shape(tmp_path / "created.db")
    assert len(shape) > len(metadata.tables)


def test_migrations_end_in_the_schema_on_postgresql(postgres: PostgresServer) -> None:
    with postgres.database() as migrated, postgres.database() as created:
        migrate(migrated)
        create_all(created.replace("postgresql://", "postgresql+psycopg://"))
        with psycopg.connect(created) as connection:
            connection.execute("CREATE TABLE alembic_version ()")
        shape = postgres_shape(migrated)
        assert shape == postgres_shape(created)
    assert len(shape) > len(metadata.tables)


def test_new_database_is_pending_until_it_is_migrated(url: str) -> None:
    assert pending(url)
    migrate(url)
    assert not pending(url)


def test_migrating_again_changes_nothing(url: str) -> None:
    migrate(url)
    store = SqlStore.open(url)
    with store.transaction() as tx:
        tx.put_map_version("plan", "1", "hash", "text")
    migrate(url)
    with store.snapshot() as tx:
        assert tx.find_map_version("hash") == "text"
    store.close()


def test_two_that_migrate_at_once_do_it_one_after_the_other(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate, [url] * 4)) == [None] * 4
    assert not pending(url)


def test_migration_that_fails_leaves_nothing(url: str) -> None:
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE map_version (in_the_way INTEGER)")
    with pytest.raises(BridgeError):
        migrate(url)
    assert pending(url)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE map_version")
    engines.dispose()
    migrate(url)
    assert not pending(url)


def test_url_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(BadSettings):
        migrate("mysql://somewhere/else")


def test_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}")
