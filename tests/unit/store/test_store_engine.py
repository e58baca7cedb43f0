"""How connections are opened, and what is said when a database refuses."""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.support.clock import FixedClock
from tests.support.store_rows import make_message, make_resource

from fhirbridge.errors import BadSettings, BridgeError, InvalidContent, Unavailable, VersionConflict
from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.sql import SqlStore
from fhirbridge.store.sql.engine import Engines, open_engines
from fhirbridge.store.sql.faults import translated


@pytest.mark.parametrize("url", ["", "no url", "mysql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_url_of_no_use_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(BadSettings) as caught:
        SqlStore.open(url)
    assert "mysql" not in caught.value.message


def test_missing_driver_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadSettings, match=r"fhirbridge\[postgres\]"):
        SqlStore.open("postgresql://127.0.0.1/nothing")


def test_opening_connects_to_nothing(tmp_path: Path) -> None:
    SqlStore.open(f"sqlite:///{tmp_path / 'new.db'}").close()
    SqlStore.open("postgresql://127.0.0.1:1/nothing").close()
    assert not (tmp_path / "new.db").exists()


@pytest.fixture
def engines(sqlite_template: Path, tmp_path: Path) -> Engines:
    shutil.copyfile(sqlite_template, tmp_path / "store.db")
    return open_engines(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)]
)
def test_sqlite_is_set_up_to_keep_what_it_acknowledged(engines: Engines, pragma: str, value: object) -> None:
    for engine in (engines.writer, engines.reader):
        with engine.begin() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    engines.dispose()


def test_database_without_tables_says_so_without_data(tmp_path: Path) -> None:
    store = SqlStore.open(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BridgeError, match="refused a statement"), store.snapshot() as tx:
        tx.find_message("secret")
    store.close()


# -- locks


def hold(store: Store, do: Callable[[], None]) -> None:
    """Run while another thread holds a transaction open."""
    held, done = Event(), Event()

    def run() -> None:
        with store.transaction() as tx:
            tx.put_resource(make_resource(), [])
            held.set()
            done.wait(10)

    thread = Thread(target=run)
    thread.start()
    held.wait(10)
    try:
        do()
    finally:
        done.set()
        thread.join()


def write(store: Store) -> None:
    with store.transaction() as tx:
        tx.put_resource(make_resource(body=b"other"), [])


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def impatient(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path, clock: FixedClock) -> Store:
    """A store that waits a tenth of a second for a lock."""
    if request.param == "memory":
        return MemoryStore(clock=clock, lock_wait_s=0.1)
    if request.param == "sqlite":
        shutil.copyfile(sqlite_template, tmp_path / "store.db")
        return SqlStore.open(f"sqlite:///{tmp_path / 'store.db'}", clock=clock, lock_wait_s=0.1)
    request.getfixturevalue("postgres_store").close()  # leaves the database empty
    return SqlStore.open(request.getfixturevalue("postgres_url"), clock=clock, lock_wait_s=0.1)


def test_lock_that_is_held_too_long_is_unavailable(impatient: Store) -> None:
    def try_it() -> None:
        with pytest.raises(Unavailable):
            write(impatient)

    hold(impatient, try_it)
    write(impatient)
    impatient.close()


def test_lock_that_another_process_holds_too_long_is_unavailable(sqlite_store: Store, tmp_path: Path) -> None:
    other = SqlStore.open(f"sqlite:///{tmp_path / 'store.db'}", lock_wait_s=0.1)

    def try_it() -> None:
        with pytest.raises(Unavailable):
            write(other)

    hold(sqlite_store, try_it)
    write(other)
    other.close()
    sqlite_store.close()


def test_no_free_connection_is_unavailable(engines: Engines, tmp_path: Path) -> None:
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.db'}", lock_wait_s=0.05)
    snapshots = [store.snapshot() for _ in range(16)]
    for snapshot in snapshots:
        snapshot.__enter__()
    with pytest.raises(Unavailable), store.snapshot():
        pass
    for snapshot in snapshots:
        snapshot.__exit__(None, None, None)
    store.close()


# -- PostgreSQL's refusals


def test_server_that_is_not_there_is_unavailable() -> None:
    store = SqlStore.open("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable), store.snapshot():
        pass
    store.close()


def test_connection_that_broke_is_unavailable_and_the_next_one_works(
    postgres_store: SqlStore, postgres_url: str
) -> None:
    write(postgres_store)
    with psycopg.connect(postgres_url, autocommit=True) as killer:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        killer.execute(f"{others} AND pid <> pg_backend_pid()".encode())
    with pytest.raises(Unavailable):
        write(postgres_store)
    write(postgres_store)
    postgres_store.close()


def test_of_two_transactions_that_wait_for_each_other_one_is_undone(postgres_store: SqlStore) -> None:
    """The one that is undone is Unavailable: its caller may run it again."""
    results: list[str] = []
    gates = Event(), Event()

    def run(first: str, second: str, mine: Event, other: Event) -> None:
        try:
            with postgres_store.transaction() as tx:
                tx.put_resource(make_resource(id=first), [])
                mine.set()
                other.wait(5)
                tx.put_resource(make_resource(id=second), [])
            results.append("kept")
        except Unavailable:
            results.append("undone")

    threads = [Thread(target=run, args=("a", "b", *gates)), Thread(target=run, args=("b", "a", *gates[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["kept", "undone"]
    postgres_store.close()


@pytest.mark.parametrize("value", ["a\x00b", "x" * 20_000_000])
def test_text_that_postgresql_cannot_keep_is_invalid_content(postgres_store: SqlStore, value: str) -> None:
    with pytest.raises(InvalidContent), postgres_store.transaction() as tx:
        tx.link_identifier("urn:riverside", value, "amira")
    postgres_store.close()


def test_key_that_is_taken_is_a_conflict(engines: Engines, postgres_store: SqlStore, tmp_path: Path) -> None:
    for store in (SqlStore.open(f"sqlite:///{tmp_path / 'store.db'}"), postgres_store):
        with store.transaction() as tx:
            tx.add_message(make_message(1))
        with pytest.raises(VersionConflict), store.transaction() as tx:
            tx.add_message(make_message(2, id="m0001"))
        store.close()
    engines.dispose()


def test_no_value_is_shown_when_a_statement_fails(postgres_store: SqlStore) -> None:
    with postgres_store.transaction() as tx:
        tx.add_message(make_message(1, id="quoted-by-the-database"))
    with pytest.raises(VersionConflict) as caught, postgres_store.transaction() as tx:
        tx.add_message(make_message(2, id="quoted-by-the-database", partner="secret-partner"))
    shown = "".join(traceback.format_exception(caught.value))
    assert "quoted-by-the-database" not in shown
    assert "secret-partner" not in shown
    postgres_store.close()


def test_parameters_are_hidden_even_before_translation(engines: Engines, postgres_url: str) -> None:
    for opened in (engines, open_engines(postgres_url)):
        with pytest.raises(DBAPIError) as caught, opened.writer.begin() as connection:
            connection.execute(text("SELECT :value FROM nowhere"), {"value": "secret"})
        assert "secret" not in str(caught.value)
        opened.dispose()


def test_error_of_the_caller_is_not_translated() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
