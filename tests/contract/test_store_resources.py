"""Versions of FHIR resources."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.clock import FixedClock
from tests.support.store_rows import make_resource

from fhirbridge.errors import VersionConflict
from fhirbridge.store.base import Clause, IndexRow, Query, ResourceRow, Store

ACTIVE = IndexRow("status", "token", "", "active")
ON_HOLD = IndexRow("status", "token", "", "on-hold")


def put(store: Store, *index: IndexRow, expected_version: int | None = None, **changes: object) -> ResourceRow:
    with store.transaction() as tx:
        return tx.put_resource(make_resource(**changes), index, expected_version=expected_version)


def find(store: Store, id_: str = "c1") -> ResourceRow | None:
    with store.snapshot() as tx:
        return tx.find_resource("CarePlan", id_)


def find_version(store: Store, version: int) -> ResourceRow | None:
    with store.snapshot() as tx:
        return tx.find_resource_version("CarePlan", "c1", version)


def ids_with(store: Store, row: IndexRow) -> list[str]:
    with store.snapshot() as tx:
        clause = Clause(row.param, row.kind, ((row.a, row.b),))
        return [each.id for each in tx.search(Query("CarePlan", (clause,)))]


def test_resource_comes_back_byte_for_byte(store: Store, clock: FixedClock) -> None:
    body = b'{"resourceType":"CarePlan" , "x": 1.00, "own words": "\xe2\x80\x9cnever again\xe2\x80\x9d"}'
    kept = put(store, body=body, trace=b'{"t": 1}')
    assert kept == make_resource(body=body, trace=b'{"t": 1}', version=1, last_updated=clock())
    assert find(store) == kept


def test_moment_that_is_given_is_kept(store: Store, clock: FixedClock) -> None:
    moment = clock()
    clock.advance(5)
    assert put(store, last_updated=moment).last_updated == moment


def test_unknown_resource_or_version_is_not_found(store: Store) -> None:
    assert find(store) is None
    put(store)
    assert find(store, "c2") is None
    assert [find_version(store, version) for version in (-1, 0, 2)] == [None, None, None]


def test_versions_count_up_and_old_ones_stay(store: Store, clock: FixedClock) -> None:
    kept = []
    for number in range(3):
        clock.advance(1)
        kept.append(put(store, body=b"%d" % number))
    assert [row.version for row in kept] == [1, 2, 3]
    assert [find_version(store, version) for version in (1, 2, 3)] == kept
    assert find(store) == kept[2]


def test_equal_content_keeps_the_present_version(store: Store, clock: FixedClock) -> None:
    first = put(store)
    clock.advance(10)
    assert put(store, body=b"stamped later", content_hash=first.content_hash) == first
    assert find(store) == first
    assert find_version(store, 2) is None


def test_version_that_is_kept_takes_the_newest_classes(store: Store) -> None:
    first = put(store, ACTIVE)
    kept = put(store, ACTIVE, data_class="D5", trace=b"{ }", person_id="bela")
    assert kept == replace(first, data_class="D5", trace=b"{ }", person_id="bela")
    with store.snapshot() as tx:
        assert tx.count(Query("CarePlan", data_classes=frozenset({"D3"}))) == 0
        assert tx.count(Query("CarePlan", data_classes=frozenset({"D5"}), persons=frozenset({"bela"}))) == 1
        assert tx.find_resource_version("CarePlan", "c1", 1) == tx.find_resource("CarePlan", "c1")


def test_classes_of_an_old_version_are_not_touched(store: Store) -> None:
    first = put(store)
    put(store, body=b"second")
    put(store, body=b"second", data_class="D5")
    assert find_version(store, 1) == first


def test_content_that_came_back_is_a_new_version(store: Store) -> None:
    put(store, body=b"a")
    put(store, body=b"b")
    assert put(store, body=b"a").version == 3


def test_expected_version_that_is_present_is_accepted(store: Store) -> None:
    assert put(store, expected_version=0).version == 1
    assert put(store, body=b"b", expected_version=1).version == 2


@pytest.mark.parametrize("expected", [1, 2])
def test_expected_version_of_a_resource_that_does_not_exist_is_a_conflict(store: Store, expected: int) -> None:
    with pytest.raises(VersionConflict):
        put(store, expected_version=expected)
    assert find(store) is None


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_another_version_than_the_expected_one_is_a_conflict(store: Store, expected: int) -> None:
    put(store, body=b"a")
    second = put(store, body=b"b")
    with pytest.raises(VersionConflict):
        put(store, body=b"c", expected_version=expected)
    assert find(store) == second


def test_expected_version_is_looked_at_before_equal_content(store: Store) -> None:
    put(store)
    with pytest.raises(VersionConflict):
        put(store, expected_version=0)


def test_conflict_that_was_caught_leaves_the_transaction_usable(store: Store) -> None:
    with store.transaction() as tx:
        with pytest.raises(VersionConflict):
            tx.put_resource(make_resource(), (), expected_version=7)
        tx.put_resource(make_resource(id="c2"), ())
    assert find(store) is None
    assert find(store, "c2") is not None


def test_deleted_resource_is_found_by_id_but_not_by_search(store: Store) -> None:
    put(store, ACTIVE)
    gone = put(store, ACTIVE, body=b"", deleted=True)
    assert (gone.version, gone.deleted) == (2, True)
    assert find(store) == gone
    assert ids_with(store, ACTIVE) == []
    with store.snapshot() as tx:
        assert tx.search(Query("CarePlan")) == []
        assert tx.count(Query("CarePlan")) == 0


def test_deleted_resource_with_equal_content_is_a_new_version(store: Store) -> None:
    put(store)
    assert put(store, deleted=True).version == 2
    assert put(store, deleted=True).version == 2


def test_resource_that_was_deleted_can_come_back(store: Store) -> None:
    put(store, ACTIVE)
    put(store, deleted=True)
    assert put(store, ACTIVE).version == 3
    assert ids_with(store, ACTIVE) == ["c1"]


def test_index_rows_of_the_version_before_are_gone(store: Store) -> None:
    put(store, ACTIVE)
    put(store, ON_HOLD, body=b"b")
    assert (ids_with(store, ACTIVE), ids_with(store, ON_HOLD)) == ([], ["c1"])


def test_index_rows_given_twice_count_once(store: Store) -> None:
    put(store, ACTIVE, ACTIVE)
    assert ids_with(store, ACTIVE) == ["c1"]


def test_same_id_of_another_type_is_another_resource(store: Store) -> None:
    put(store)
    put(store, type="Goal", body=b"goal")
    with store.snapshot() as tx:
        goal = tx.find_resource("Goal", "c1")
    assert goal is not None
    assert (goal.version, goal.body) == (1, b"goal")


def test_directory_resource_is_about_nobody(store: Store) -> None:
    assert put(store, person_id=None).person_id is None
