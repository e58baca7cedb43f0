"""A shadow runs beside the real work: it counts what would be different, and never harms or leaves a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Event

import pytest
from tests.support.bridge import PARTNERS, World, make_world
from tests.support.clock import FixedClock
from tests.support.maps import MAPPINGS
from tests.support.releases import (
    CANARY,
    CITY_ROW,
    SIGNED,
    broken,
    make_bundle,
    make_desk,
    moved,
    person_message,
    read_maps,
    renamed,
)

from fhirbridge.errors import MapError, NotFound, Unavailable
from fhirbridge.mapping.files import Bundle, Files, Folder, pack
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.maps import shadow
from fhirbridge.services.maps.releases import Desk
from fhirbridge.services.maps.shadow import Shadow
from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.releases import ReleaseRow, ShadowRow


@pytest.fixture
def desk(memory_store: MemoryStore, clock: FixedClock) -> Desk:
    return make_desk(memory_store, clock)


@pytest.fixture
def real() -> MapLibrary:
    return read_maps(make_bundle())


def make_shadow(desk: Desk, read: object = None) -> Shadow:
    return Shadow(desk.store, read or desk.read, desk.partners)  # type: ignore[arg-type]  # as it came


def report(desk: Desk) -> shadow.Report:
    return shadow.report(desk, make_bundle())


def changes(found: shadow.Report) -> set[tuple[str, str, str, int]]:
    return {(e.map, c.kind, f"{c.subject}.{c.path}", c.count) for e in found.groups for c in e.changes}


def test_differences_are_counted_by_row(desk: Desk, real: MapLibrary) -> None:
    shadow.start(desk, moved(), SIGNED)
    watcher = make_shadow(desk)
    for number in (1, 2, 3):
        watcher.watch_message(person_message(number), real)
    assert watcher.drain(10)
    found = report(desk)
    assert found.runs == {"compared": 3}
    assert ("person", "added", "Patient.address[].district", 3) in changes(found)
    assert {each.new_row.place for each in found.groups if each.new_row and each.new_row.text} == {CITY_ROW}


def test_nothing_that_is_kept_holds_a_value(desk: Desk, real: MapLibrary) -> None:
    shadow.start(desk, moved(), SIGNED)
    watcher = make_shadow(desk)
    watcher.watch_message(person_message(1, **{CANARY: CANARY}), real)
    watcher.drain(10)
    assert CANARY not in repr(report(desk))


def test_a_shadow_that_makes_the_same_shows_nothing(desk: Desk, real: MapLibrary) -> None:
    shadow.start(desk, renamed(), SIGNED)
    watcher = make_shadow(desk)
    watcher.watch_message(person_message(1), real)
    watcher.drain(10)
    assert (report(desk).groups, report(desk).runs) == ((), {"compared": 1})


def test_without_a_shadow_nothing_is_run(desk: Desk, real: MapLibrary) -> None:
    watcher = make_shadow(desk)
    watcher.watch_message(person_message(1), real)
    assert watcher.drain(0)
    with pytest.raises(NotFound):
        report(desk)
    with pytest.raises(NotFound):
        shadow.stop(desk)


def test_a_shadow_that_was_stopped_runs_no_more(desk: Desk, real: MapLibrary) -> None:
    shadow.start(desk, moved(), SIGNED)
    ended = shadow.stop(desk)
    watcher = make_shadow(desk)
    watcher.watch_message(person_message(1), real)
    watcher.drain(10)
    assert (report(desk).runs, report(desk).row) == ({}, ended)


def test_a_release_that_does_not_pass_cannot_be_a_shadow(desk: Desk) -> None:
    with pytest.raises(MapError):
        shadow.start(desk, broken(), SIGNED)


def test_a_shadow_that_cannot_be_read_is_counted_by_the_class_of_its_error(desk: Desk, real: MapLibrary) -> None:
    with desk.store.transaction() as tx:  # started by a version that could read it
        tx.put_release(ReleaseRow(broken().hash, broken().to_bytes(), desk.clock()))
        tx.start_shadow(ShadowRow(broken().hash, "amira", "a reason", desk.clock()))
    watcher = make_shadow(desk)
    for number in (1, 2):
        watcher.watch_message(person_message(number), real)
    watcher.drain(10)
    assert report(desk).runs == {"failed MapError": 2}


class Waiting:
    """Reads maps when it is let."""

    def __init__(self, desk: Desk) -> None:
        self._read = desk.read
        self.may_read = Event()

    def __call__(self, files: Files, before: MapLibrary | None = None) -> MapLibrary:
        assert self.may_read.wait(10)
        return self._read(files, before)


@pytest.fixture
def waiting(desk: Desk) -> Iterator[Waiting]:
    waiting = Waiting(desk)
    yield waiting
    waiting.may_read.set()


def test_real_work_does_not_wait_for_a_slow_shadow(desk: Desk, real: MapLibrary, waiting: Waiting) -> None:
    shadow.start(desk, moved(), SIGNED)
    watcher = make_shadow(desk, waiting)
    for number in range(40):
        watcher.watch_message(person_message(number), real)
    assert not watcher.drain(0.01)
    waiting.may_read.set()
    assert watcher.drain(10)
    runs = report(desk).runs
    assert runs["compared"] + runs["skipped"] == 40
    assert shadow.MAX_WAITING <= runs["compared"] <= shadow.MAX_WAITING + 1


class Seconds:
    """A clock that counts seconds and moves only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_a_slow_run_the_shadow_rests(desk: Desk, real: MapLibrary) -> None:
    seconds = Seconds()

    def read_slowly(files: Files, before: MapLibrary | None = None) -> MapLibrary:
        seconds.now += 10
        return desk.read(files, before)

    shadow.start(desk, renamed(), SIGNED)
    watcher = Shadow(desk.store, read_slowly, desk.partners, seconds)
    for number, moment in enumerate((0.0, 20.0, 30.0, 101.0)):
        seconds.now = moment
        watcher.watch_message(person_message(number), real)
        watcher.drain(10)
    assert report(desk).runs == {"compared": 2, "slow": 1, "skipped": 2}


class Away:
    """A store that can be read and not written for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refuses = {"transaction"}

    def snapshot(self) -> object:
        if "snapshot" in self.refuses:
            raise Unavailable
        return self._store.snapshot()

    def transaction(self) -> object:
        if "transaction" in self.refuses:
            raise Unavailable
        return self._store.transaction()


def test_counts_that_cannot_be_written_are_written_later(desk: Desk, real: MapLibrary) -> None:
    shadow.start(desk, moved(), SIGNED)
    store = Away(desk.store)
    watcher = Shadow(store, desk.read, desk.partners)  # type: ignore[arg-type]  # the part that is used
    watcher.watch_message(person_message(1), real)
    watcher.drain(10)
    assert report(desk).runs == {}
    store.refuses = set()
    watcher.watch_message(person_message(2), real)
    watcher.drain(10)
    assert report(desk).runs == {"compared": 2}


def test_a_store_that_is_away_does_not_harm_the_work(desk: Desk, real: MapLibrary) -> None:
    store = Away(desk.store)
    store.refuses = {"snapshot", "transaction"}
    watcher = Shadow(store, desk.read, desk.partners)  # type: ignore[arg-type]  # the part that is used
    watcher.watch_message(person_message(1), real)
    assert watcher.drain(0)


def test_too_many_different_places_are_counted_together(
    desk: Desk, real: MapLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MAX_PLACES", 1)
    shadow.start(desk, moved(), SIGNED)
    watcher = make_shadow(desk)
    watcher.watch_message(person_message(1), real)
    watcher.drain(10)
    assert ("person", "removed", ".", 1) in changes(report(desk))


# -- in the workers


def without_title() -> Bundle:
    """Return the shipped maps with the plan's title written elsewhere."""
    bundle = pack(Folder(MAPPINGS))
    plan = bundle.contents["records/plan.yaml"]
    edited = re.sub(rb"(plan\.title +<=> )title\b", rb"\1description", plan)
    assert edited != plan
    return Bundle({**bundle.contents, "records/plan.yaml": edited})


@pytest.fixture
def world(memory_store: MemoryStore, clock: FixedClock) -> World:
    desk = make_desk(memory_store, clock, *PARTNERS, first=pack(Folder(MAPPINGS)))
    shadow.start(desk, without_title(), SIGNED)
    return make_world(memory_store, shadow=Shadow(memory_store, desk.read, desk.partners))


def test_workers_show_their_work_to_the_shadow(world: World, clock: FixedClock) -> None:
    world.hand_in_all()
    assert world.bridge.shadow
    assert world.bridge.shadow.drain(20)
    desk = Desk(world.bridge.store, clock, world.bridge.partners, read_maps, lambda _: None)  # type: ignore[arg-type]  # not asked
    found = shadow.report(desk, pack(Folder(MAPPINGS)))
    assert ("plan", "added", "CarePlan.description", 1) in changes(found)
    assert found.runs["compared"] >= 6, "five messages and what leaves"


def test_what_is_stored_and_sent_is_what_the_active_maps_make(world: World, clock: FixedClock) -> None:
    plain = make_world()
    for each in (world, plain):
        each.hand_in_all()
    sent = [[request.body for request in each.sender.requests] for each in (world, plain)]
    assert len(sent[0]) == len(sent[1]) > 0
    assert stored(world) == stored(plain)


def stored(world: World) -> list[tuple[str, bytes]]:
    """Return kind and body of each record of the client."""
    with world.bridge.store.snapshot() as tx:
        return [(row.kind, row.body) for row in tx.iter_records(world.person_id())]


def test_a_message_that_is_parked_is_shown_too(world: World, clock: FixedClock) -> None:
    assert world.hand_in_sample("northmoor-release-broken")["state"] == "parked"
    assert world.bridge.shadow
    world.bridge.shadow.drain(20)
    with world.bridge.store.snapshot() as tx:
        row = tx.find_shadow()
        assert row
        assert [each.kind for each in tx.iter_shadow_counts(row.sequence)] == ["compared"]
