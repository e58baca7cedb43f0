"""Releases of maps: kept whole, activated one after the other, previewed, run as shadows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.support.clock import START, FixedClock
from tests.support.store_rows import make_message

from fhirbridge.errors import BridgeError, NotFound, VersionConflict
from fhirbridge.store.base import Store
from fhirbridge.store.releases import Activation, PreviewRow, ReleaseRow, ShadowCount, ShadowRow


def keep(store: Store, *hashes: str) -> None:
    with store.transaction() as tx:
        for hash_ in hashes:
            tx.put_release(ReleaseRow(hash_, f"files of {hash_}".encode(), START))


def make_active(store: Store, release: str, *, after: int) -> Activation:
    with store.transaction() as tx:
        return tx.add_activation(Activation(release, "activate", "amira", "a reason", START), after=after)


def make_shadow(release: str = "r1") -> ShadowRow:
    return ShadowRow(release, "amira", "a reason", START)


def test_release_is_kept_whole_and_never_changed(store: Store) -> None:
    keep(store, "r1")
    with store.transaction() as tx:
        tx.put_release(ReleaseRow("r1", b"other files", START + timedelta(days=1)))
    with store.snapshot() as tx:
        assert tx.find_release("r1") == ReleaseRow("r1", b"files of r1", START)
        assert tx.find_release("r2") is None


def test_releases_are_listed_oldest_first(store: Store) -> None:
    with store.transaction() as tx:
        tx.put_release(ReleaseRow("b", b"", START))
        tx.put_release(ReleaseRow("a", b"", START + timedelta(days=1)))
    with store.snapshot() as tx:
        assert list(tx.iter_releases()) == [("b", START), ("a", START + timedelta(days=1))]


def test_no_release_is_active_at_first(store: Store) -> None:
    with store.snapshot() as tx:
        assert tx.find_activation() is None


def test_newest_activation_counts_and_all_are_kept(store: Store) -> None:
    keep(store, "r1", "r2")
    first, second = make_active(store, "r1", after=0), make_active(store, "r2", after=1)
    with store.snapshot() as tx:
        assert tx.find_activation() == second
        assert list(tx.iter_activations()) == [first, second]
    assert (first.sequence, second.sequence) == (1, 2)


def test_activation_upon_an_older_one_than_the_newest_is_refused(store: Store) -> None:
    keep(store, "r1", "r2")
    make_active(store, "r1", after=0)
    with pytest.raises(VersionConflict):
        make_active(store, "r2", after=0)
    with store.snapshot() as tx:
        assert [each.release for each in tx.iter_activations()] == ["r1"]


def test_release_that_is_not_kept_cannot_become_active(store: Store) -> None:
    with pytest.raises(NotFound):
        make_active(store, "r1", after=0)


def test_of_two_activations_at_once_one_wins(store: Store) -> None:
    keep(store, "r1", "r2")
    together = Barrier(2)

    def activate(release: str) -> str:
        together.wait()
        try:
            return make_active(store, release, after=0).release
        except VersionConflict:
            return ""

    with ThreadPoolExecutor(2) as pool:
        winners = [name for name in pool.map(activate, ["r1", "r2"]) if name]
    with store.snapshot() as tx:
        assert [each.release for each in tx.iter_activations()] == winners
    assert len(winners) == 1


def test_activation_that_is_undone_leaves_nothing(store: Store) -> None:
    with pytest.raises(BridgeError), store.transaction() as tx:
        tx.put_release(ReleaseRow("r1", b"", START))
        tx.add_activation(Activation("r1", "activate", "amira", "a reason", START), after=0)
        raise BridgeError
    with store.snapshot() as tx:
        assert tx.find_release("r1") is None
        assert tx.find_activation() is None


def test_preview_is_found_by_its_id(store: Store) -> None:
    row = PreviewRow("v1", "r2", "r1", b'{"keys": []}', START)
    with store.transaction() as tx:
        tx.put_preview(row)
        tx.put_preview(PreviewRow("v1", "r3", "r1", b"", START))
    with store.snapshot() as tx:
        assert tx.find_preview("v1") == row
        assert tx.find_preview("v2") is None


def test_shadow_runs_until_it_is_ended(store: Store) -> None:
    keep(store, "r1")
    with store.transaction() as tx:
        started = tx.start_shadow(make_shadow())
    with store.snapshot() as tx:
        assert tx.find_shadow() == started
        assert started.ended_at is None
    with store.transaction() as tx:
        ended = tx.end_shadow(START + timedelta(hours=1))
        assert tx.end_shadow(START + timedelta(hours=2)) is None
    with store.snapshot() as tx:
        assert tx.find_shadow() == ended
    assert ended is not None
    assert ended.ended_at == START + timedelta(hours=1)


def test_shadow_that_begins_ends_the_one_that_runs(store: Store) -> None:
    keep(store, "r1", "r2")
    with store.transaction() as tx:
        tx.start_shadow(make_shadow())
        second = tx.start_shadow(make_shadow("r2"))
    with store.snapshot() as tx:
        assert tx.find_shadow() == second
    assert (second.sequence, second.ended_at) == (2, None)


def test_shadow_of_a_release_that_is_not_kept_is_refused(store: Store) -> None:
    with pytest.raises(NotFound), store.transaction() as tx:
        tx.start_shadow(make_shadow())


def test_counts_of_a_shadow_add_up_by_place(store: Store) -> None:
    keep(store, "r1")
    changed = ShadowCount("plan", "changed", "Goal status", "a:1", "a:2", 3)
    other = ShadowCount("plan", "added", "Goal status", "", "a:2")
    with store.transaction() as tx:
        sequence = tx.start_shadow(make_shadow()).sequence
        tx.add_shadow_counts(sequence, [changed, other])
    with store.transaction() as tx:
        tx.add_shadow_counts(sequence, [changed])
    with store.snapshot() as tx:
        found = list(tx.iter_shadow_counts(sequence))
        assert list(tx.iter_shadow_counts(sequence + 1)) == []
    assert found == [other, ShadowCount("plan", "changed", "Goal status", "a:1", "a:2", 6)]


def test_latest_messages_come_newest_first(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        for number in (1, 2, 3):
            tx.add_message(make_message(number, received_at=clock() + timedelta(seconds=number)))
    with store.snapshot() as tx:
        assert [each.id for each in tx.latest_messages(2)] == ["m0003", "m0002"]
        assert tx.latest_messages(0) == []
