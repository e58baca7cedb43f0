"""What was acknowledged is there after kill -9, and a transaction that was cut short left nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.clock import FixedClock
from tests.support.stores import open_sqlite

from fhirbridge.store.base import Query, Store
from fhirbridge.store.chain import find_break
from fhirbridge.store.sql import SqlStore

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from fhirbridge.store.sql import SqlStore
from tests.support.store_rows import make_entry, make_resource

store = SqlStore.open(sys.argv[1])
number = 0
while True:
    number += 1
    with store.transaction() as tx:
        tx.put_resource(make_resource(id=f"c{number:06}"), [])
        tx.append_ledger(make_entry(number))
    print(number, flush=True)
"""

CUT_SHORT = """
import os, signal, sys
from fhirbridge.store.sql import SqlStore
from tests.support.store_rows import make_entry, make_resource

store = SqlStore.open(sys.argv[1])
with store.transaction() as tx:
    tx.put_resource(make_resource(), [])
    tx.append_ledger(make_entry())
    os.kill(os.getpid(), signal.SIGKILL)
"""

COUNTER = """
import os, sys
from fhirbridge.store.sql import SqlStore
from tests.support.store_rows import make_resource

store = SqlStore.open(sys.argv[1])
for number in range(30):
    with store.transaction() as tx:
        tx.put_resource(make_resource(body=f"{os.getpid()} {number}".encode()), [])
"""


@contextmanager
def running(script: str, url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process


def url_of(path: Path) -> str:
    return f"sqlite:///{path / 'store.db'}"


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path, clock: FixedClock) -> Path:
    """A folder with an empty, migrated store.db."""
    open_sqlite(sqlite_template, tmp_path / "store.db", clock).close()
    return tmp_path


def whole(store: Store) -> int:
    """Return how many transactions are there, each of them whole."""
    with store.snapshot() as tx:
        resources, entries = tx.count(Query("CarePlan")), list(tx.iter_ledger())
    assert find_break(entries) is None
    assert resources == len(entries)
    return resources


@pytest.mark.parametrize("acknowledged", [1, 40])
def test_what_was_acknowledged_outlives_the_process(empty: Path, acknowledged: int) -> None:
    with running(WRITER, url_of(empty)) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
    store = SqlStore.open(url_of(empty))
    assert seen == list(range(1, acknowledged + 1))
    assert whole(store) >= acknowledged
    store.close()


def test_transaction_that_was_cut_short_left_nothing_and_no_lock(empty: Path) -> None:
    with running(CUT_SHORT, url_of(empty)) as process:
        assert process.wait(30) == -signal.SIGKILL
    store = SqlStore.open(url_of(empty), lock_wait_s=1)
    assert whole(store) == 0
    with store.transaction() as tx:
        tx.link_identifier("urn:riverside", "A-1", "amira")
    store.close()


def test_two_processes_write_to_one_file(empty: Path) -> None:
    with running(COUNTER, url_of(empty)) as one, running(COUNTER, url_of(empty)) as other:
        codes = one.wait(60), other.wait(60)
    store = SqlStore.open(url_of(empty))
    with store.snapshot() as tx:
        present = tx.find_resource("CarePlan", "c1")
    store.close()
    assert codes == (0, 0)
    assert present is not None
    assert present.version == 60
