"""Fixtures that every test may ask for: a clock that stands still, and a store of each kind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clock import FixedClock
from tests.support.no_skips import pytest_make_collect_report, pytest_runtest_makereport
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.stores import KINDS, open_postgres, open_sqlite

from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.migrate import migrate


@pytest.fixture
def clock() -> FixedClock:
    """A clock that moves only when told to."""
    return FixedClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server in which databases can be made."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated database that the tests of a session use one after the other."""
    with postgres.database() as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Store]:
    """An empty store of each kind, on the clock of the test."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    yield opened
    opened.close()


@pytest.fixture
def memory_store(clock: FixedClock) -> MemoryStore:
    """An empty memory store."""
    return MemoryStore(clock=clock)


@pytest.fixture
def sqlite_store(clock: FixedClock, sqlite_template: Path, tmp_path: Path) -> Store:
    """An empty store over a file of its own."""
    return open_sqlite(sqlite_template, tmp_path / "store.db", clock)


@pytest.fixture
def postgres_store(clock: FixedClock, postgres_url: str) -> Store:
    """An empty store over PostgreSQL."""
    return open_postgres(postgres_url, clock)


__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]


@pytest.fixture(autouse=True)
def _logs_stay_with_their_test() -> Iterator[None]:
    """Take out the log that a command of a test installed: its stream is closed when the test is over."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = [each for each in root.handlers if each in handlers]
    root.setLevel(level)
