"""Which maps are in use: the active release, noticed soon, kept when the next one cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.bridge import make_world
from tests.support.clock import FixedClock
from tests.support.releases import SIGNED, broken, make_bundle, make_desk, moved, read_maps, renamed

from fhirbridge.errors import BadSettings, MapError, NotFound, Unavailable
from fhirbridge.mapping.files import Bundle
from fhirbridge.services import health
from fhirbridge.services.maps import releases
from fhirbridge.services.maps.active import ActiveMaps, ensure_first, open_release
from fhirbridge.services.maps.releases import Desk
from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.releases import Activation, ReleaseRow


class Seconds:
    """A clock that counts seconds and moves only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Unsteady:
    """A store that can be away for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_away = False

    def snapshot(self) -> object:
        if self.is_away:
            raise Unavailable
        return self._store.snapshot()


@pytest.fixture
def desk(memory_store: MemoryStore, clock: FixedClock) -> Desk:
    return make_desk(memory_store, clock)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def active(desk: Desk, seconds: Seconds) -> ActiveMaps:
    return ActiveMaps(desk.store, desk.read_named, now_s=seconds)


def put(desk: Desk, bundle: Bundle, after: int = 1) -> None:
    """Make a release active without proving it."""
    with desk.store.transaction() as tx:
        tx.put_release(ReleaseRow(bundle.hash, bundle.to_bytes(), desk.clock()))
        tx.add_activation(Activation(bundle.hash, "activate", "amira", "a reason", desk.clock()), after=after)


def version(active: ActiveMaps) -> str:
    return active.now().get("person").version


def test_a_new_release_is_in_use_after_the_pause(desk: Desk, active: ActiveMaps, seconds: Seconds) -> None:
    put(desk, renamed("2.0.0"))
    seconds.now = 0.4
    assert version(active) == "1.0.0"
    seconds.now = 0.5
    assert version(active) == "2.0.0"
    assert active.release == renamed("2.0.0").hash


def test_whoever_has_maps_keeps_them(desk: Desk, active: ActiveMaps, seconds: Seconds) -> None:
    world = make_world(desk.store, active=active, maps=active.now())
    at_work = world.bridge.now()
    put(desk, renamed("2.0.0"))
    seconds.now = 1.0
    assert world.bridge.now().maps.get("person").version == "2.0.0"
    assert at_work.maps.get("person").version == "1.0.0"


def test_a_bridge_without_releases_keeps_its_maps() -> None:
    bridge = make_world().bridge
    assert bridge.now() is bridge
    assert not health.is_behind(bridge)


def test_a_release_that_cannot_be_read_leaves_the_one_before(desk: Desk, active: ActiveMaps, seconds: Seconds) -> None:
    bridge = make_world(desk.store, active=active).bridge
    put(desk, broken())
    seconds.now = 1.0
    assert version(active) == "1.0.0"
    assert active.is_behind and health.is_behind(bridge) and health.is_ready(bridge)
    put(desk, renamed("3.0.0"), after=2)
    seconds.now = 2.0
    assert version(active) == "3.0.0"
    assert not active.is_behind


def test_a_release_that_is_damaged_leaves_the_one_before(desk: Desk, active: ActiveMaps, seconds: Seconds) -> None:
    with desk.store.transaction() as tx:
        tx.put_release(ReleaseRow("0" * 64, make_bundle().to_bytes(), desk.clock()))
        tx.add_activation(Activation("0" * 64, "activate", "amira", "a reason", desk.clock()), after=1)
    seconds.now = 1.0
    assert version(active) == "1.0.0"
    assert active.is_behind
    with pytest.raises(MapError):
        open_release(desk.store, "0" * 64)


def test_a_store_that_is_away_changes_nothing(desk: Desk, seconds: Seconds) -> None:
    unsteady = Unsteady(desk.store)
    active = ActiveMaps(unsteady, desk.read_named, now_s=seconds)  # type: ignore[arg-type]  # the part that is used
    put(desk, renamed("2.0.0"))
    unsteady.is_away, seconds.now = True, 1.0
    assert version(active) == "1.0.0"
    unsteady.is_away, seconds.now = False, 2.0
    assert version(active) == "2.0.0"


def test_a_fault_while_reading_is_tried_again(desk: Desk, seconds: Seconds) -> None:
    faults = [OSError(), None]
    first = desk.read_named

    def read(files: object, before: object = None) -> object:
        if before is not None and (fault := faults.pop(0)):
            raise fault
        return first(files, before)  # type: ignore[arg-type]  # as it came

    active = ActiveMaps(desk.store, read, now_s=seconds)  # type: ignore[arg-type]  # as it came
    put(desk, renamed("2.0.0"))
    seconds.now = 1.0
    assert (version(active), active.is_behind) == ("1.0.0", False)
    seconds.now = 2.0
    assert version(active) == "2.0.0"


def test_only_one_thread_reads_a_release(desk: Desk, seconds: Seconds) -> None:
    reads: list[int] = []

    def read(files: object, before: object = None) -> object:
        reads.append(1)
        return desk.read_named(files, before)  # type: ignore[arg-type]  # as it came

    active = ActiveMaps(desk.store, read, now_s=seconds)  # type: ignore[arg-type]  # as it came
    put(desk, renamed("2.0.0"))
    seconds.now = 1.0
    with ThreadPoolExecutor(8) as pool:
        versions = set(pool.map(lambda _: version(active), range(32)))
    assert versions <= {"1.0.0", "2.0.0"}
    assert len(reads) == 2


def test_without_a_release_nothing_can_be_used(memory_store: MemoryStore) -> None:
    with pytest.raises(NotFound):
        ActiveMaps(memory_store, read_maps)
    with pytest.raises(NotFound):
        open_release(memory_store, "0" * 64)


def test_the_folder_becomes_the_first_release_once(memory_store: MemoryStore, clock: FixedClock) -> None:
    make_desk(memory_store, clock)
    make_desk(memory_store, clock, first=renamed())
    (only,) = releases.list_releases(memory_store)
    assert (only.release, only.who, only.why) == (make_bundle().hash, "fhirbridge", "first start")


def test_a_folder_that_does_not_pass_becomes_no_release(memory_store: MemoryStore, clock: FixedClock) -> None:
    with pytest.raises(MapError):
        make_desk(memory_store, clock, first=broken())
    assert list(releases.list_releases(memory_store)) == []


def test_of_two_first_starts_at_once_one_counts(memory_store: MemoryStore, clock: FixedClock) -> None:
    def while_another_starts(pack: Callable[[], Bundle]) -> Bundle:
        ensure_first(memory_store, clock, make_bundle, read_maps)
        return pack()

    ensure_first(memory_store, clock, lambda: while_another_starts(moved), read_maps)
    (only,) = releases.list_releases(memory_store)
    assert only.release == make_bundle().hash


def test_a_map_that_a_partner_names_must_be_there(desk: Desk, active: ActiveMaps, seconds: Seconds) -> None:
    fussy = replace(
        desk, partners={"riverside": replace(desk.partners["riverside"], sources={"plan": "riverside-plan"})}
    )
    with pytest.raises(BadSettings) as refused:
        fussy.read_named(make_bundle())
    assert [issue.expression for issue in refused.value.issues] == ["partners.riverside.sources.plan"]
    assert "fhirbridge plan" in refused.value.issues[0].hint


def test_a_folder_that_was_edited_changes_nothing(tmp_path: Path, desk: Desk, active: ActiveMaps) -> None:
    reviewed = releases.preview(desk, moved())
    assert reviewed.release != active.release
    releases.activate(desk, reviewed.id, SIGNED)
    assert active.release == make_bundle().hash, "until the pause is over"
