"""A release run beside the active one: what it would make differently is counted, what it makes is thrown away.

Laws of this file: the real work never waits for a shadow and never sees its faults; nothing that a shadow makes is
stored or sent; what is kept are maps, paths, rows and counts.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from queue import Full, Queue
from threading import Lock, Thread
from typing import Any

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import NotFound
from fhirbridge.mapping.files import Bundle
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services import logs
from fhirbridge.services.maps.active import PAUSE_S, ReadMaps, open_release
from fhirbridge.services.maps.comparing import Group, Key, group, key_of
from fhirbridge.services.maps.corpora import routes_of, sample_of
from fhirbridge.services.maps.passing import MapChange, Pair, Routes, Sample, differences, outbound_differences
from fhirbridge.services.maps.releases import Desk, Signed
from fhirbridge.store.base import Message, Store
from fhirbridge.store.releases import ReleaseRow, ShadowCount, ShadowRow

LOG = logging.getLogger(__name__)

MAX_WAITING = 16
"""So many messages wait for a shadow at most; the rest pass it by and are counted."""
DEADLINE_S = 2.0
"""A run that takes longer is counted as slow."""
RESTS = 9
"""After a slow run the shadow rests this many times as long: it never takes more than a tenth of a worker's time."""
FLUSH_S = 1.0
MAX_PLACES = 2_000
"""So many different changes are told apart; beyond, only their map and kind are."""

COMPARED, SKIPPED, SLOW, FAILED = "compared", "skipped", "slow", "failed"
RUNS = (COMPARED, SKIPPED, SLOW, FAILED)
"""Kinds of counts that tell of runs, not of changes; for `failed` the path is the class of the error."""


@dataclass(frozen=True, slots=True)
class Job:
    """One message, or one record that goes out (`is_outbound`), and the maps that it really met."""

    sample: Sample
    maps: MapLibrary
    is_outbound: bool = False


class Shadow:
    """Takes what the workers map and runs the shadow on it, in a thread of its own. One a process."""

    def __init__(
        self, store: Store, read: ReadMaps, partners: Mapping[str, Partner], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._read, self._partners, self._now_s = store, read, partners, now_s
        self._waiting: Queue[Job] = Queue(MAX_WAITING)
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._flushed_at = now_s()
        self._row: ShadowRow | None = None
        self._runner: _Runner | None = None
        self._thread: Thread | None = None
        self._skipped = 0
        self._rests_until = float("-inf")

    def watch_message(self, message: Message, maps: MapLibrary) -> None:
        """Take a message that was worked off, if a shadow runs; returns at once and never raises."""
        self._offer(lambda: (Job(sample, maps) for sample in sample_of(message, self._partners)))

    def watch_outbound(self, name: str, source: str, record: tuple[str, dict[str, Any]], maps: MapLibrary) -> None:
        """Take a record (kind, tree) that goes out through a map; returns at once and never raises."""
        self._offer(lambda: iter([Job(Sample(name, source, items=(record,)), maps, is_outbound=True)]))

    def drain(self, timeout_s: float) -> bool:
        """Wait until what was taken is compared and counted; False when that takes too long."""
        done = self._waiting.all_tasks_done
        with done:
            return done.wait_for(lambda: self._waiting.unfinished_tasks == 0, timeout_s)

    def _offer(self, jobs: Callable[[], Iterator[Job]]) -> None:
        try:
            if not self._is_running():
                return
            if self._now_s() < self._rests_until:
                raise Full
            for job in jobs():
                self._waiting.put_nowait(job)
            self._start()
        except Full:
            self._skipped += 1
        except Exception as error:
            LOG.warning("shadow could not take a message", extra=logs.fault(error))

    def _is_running(self) -> bool:
        """Say whether a shadow runs; the store is asked once in a while."""
        if self._now_s() - self._looked_at >= PAUSE_S:
            self._looked_at = self._now_s()
            with self._store.snapshot() as tx:
                self._row = tx.find_shadow()
        return self._row is not None and self._row.ended_at is None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="shadow", daemon=True)
                self._thread.start()

    # -- in the thread

    def _work(self) -> None:
        while True:
            job = self._waiting.get()
            try:
                self._do(job)
            except Exception as error:
                LOG.warning("shadow failed", extra=logs.fault(error))
            finally:
                self._waiting.task_done()

    def _do(self, job: Job) -> None:
        row = self._row
        if row is None or row.ended_at is not None:
            return
        runner = self._runner_of(row)
        began = self._now_s()
        runner.run(job, lambda: self._read(open_release(self._store, row.release)))
        took_s = self._now_s() - began
        if took_s > DEADLINE_S:
            runner.count_run(SLOW, 1)
            self._rests_until = self._now_s() + RESTS * took_s
        skipped, self._skipped = self._skipped, 0
        runner.count_run(SKIPPED, skipped)
        if self._waiting.empty() or self._now_s() - self._flushed_at > FLUSH_S:
            self._flush(runner)

    def _runner_of(self, row: ShadowRow) -> _Runner:
        if self._runner is not None and self._runner.sequence != row.sequence:
            self._flush(self._runner)
            self._runner = None
        if self._runner is None:
            self._runner = _Runner(row.sequence, row.release, routes_of(self._partners))
        return self._runner

    def _flush(self, runner: _Runner) -> None:
        counts = runner.take_counts()
        self._flushed_at = self._now_s()
        try:
            with self._store.transaction() as tx:
                tx.add_shadow_counts(runner.sequence, counts)
        except Exception as error:
            runner.put_back(counts)
            LOG.warning("shadow could not write its counts", extra=logs.fault(error))


class _Runner:
    """Runs one shadow and counts; knows no store."""

    def __init__(self, sequence: int, release: str, routes: Routes) -> None:
        self.sequence = sequence
        self.release = release
        self._routes = routes
        self._counts: Counter[ShadowCount] = Counter()
        self._maps: MapLibrary | None = None
        self._error = ""

    def run(self, job: Job, read: Callable[[], MapLibrary]) -> None:
        """Compare on one message; a release that cannot be read fails each message, and is read once."""
        maps = self._open(read)
        if maps is None:
            self.count_run(FAILED, 1, self._error)
            return
        pair = Pair(job.maps, maps, self._routes)
        if job.is_outbound or pair.concerns(job.sample, pair.changed()):
            for change in outbound_differences(pair, job.sample) if job.is_outbound else differences(pair, job.sample):
                self._count(change)
        self.count_run(COMPARED, 1)

    def _open(self, read: Callable[[], MapLibrary]) -> MapLibrary | None:
        if self._maps is None and not self._error:
            try:
                self._maps = read()
            except Exception as error:
                self._error = type(error).__name__
                LOG.error("shadow cannot be read", extra={"release": self.release, **logs.fault(error)})
        return self._maps

    def _count(self, found: MapChange) -> None:
        name, kind, subject, path, old_row, new_row = key_of(*found)
        shown = f"{subject} {path}"
        each = ShadowCount(name, kind, shown, old_row, new_row)
        self._counts[each if each in self._counts or len(self._counts) < MAX_PLACES else ShadowCount(name, kind)] += 1

    def count_run(self, kind: str, count: int, path: str = "") -> None:
        """Count runs of a kind; a count of 0 is not kept."""
        if count:
            self._counts[ShadowCount("", kind, path)] += int(count)

    def take_counts(self) -> list[ShadowCount]:
        """Return what was counted since the last time."""
        counts = [replace(each, count=count) for each, count in self._counts.items()]
        self._counts = Counter()
        return counts

    def put_back(self, counts: list[ShadowCount]) -> None:
        """Count again what could not be written."""
        for each in counts:
            self._counts[replace(each, count=1)] += each.count


# -- started, stopped, told by those who change maps


@dataclass(frozen=True, slots=True)
class Report:
    """What a shadow showed: runs by kind (and class of error), and changes by row."""

    row: ShadowRow
    runs: Mapping[str, int]
    groups: tuple[Group, ...]


def start(desk: Desk, bundle: Bundle, signed: Signed) -> ShadowRow:
    """Run a release beside the active one; it must pass its checks, its tests are not asked.

    Raises:
        MapError: a map does not pass its checks.
    """
    desk.read(bundle)
    now = desk.clock()
    with desk.store.transaction() as tx:
        tx.put_release(ReleaseRow(bundle.hash, bundle.to_bytes(), now))
        return tx.start_shadow(ShadowRow(bundle.hash, signed.who, signed.why, now))


def stop(desk: Desk) -> ShadowRow:
    """End the shadow that runs.

    Raises:
        NotFound: none runs.
    """
    with desk.store.transaction() as tx:
        ended = tx.end_shadow(desk.clock())
    if ended is None:
        raise NotFound("No shadow runs.")
    return ended


def report(desk: Desk, old: Bundle) -> Report:
    """Return what the newest shadow showed, running or ended.

    Args:
        old: the release it ran beside, for the text of its rows.

    Raises:
        NotFound: there was never a shadow.
    """
    with desk.store.snapshot() as tx:
        row = tx.find_shadow()
        counts = list(tx.iter_shadow_counts(row.sequence)) if row else []
    if row is None:
        raise NotFound("No shadow was ever started.")
    runs = Counter({f"{each.kind} {each.path}".strip(): each.count for each in counts if each.kind in RUNS})
    changes = [(_key(each), each.count) for each in counts if each.kind not in RUNS]
    return Report(row, runs, group(changes, old, open_release(desk.store, row.release)))


def _key(each: ShadowCount) -> Key:
    subject, _, path = each.path.partition(" ")
    return each.map, each.kind, subject, path, each.old_row, each.new_row
