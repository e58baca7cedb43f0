"""Who is who, and the versions of internal records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.clock import START, FixedClock
from tests.support.store_rows import make_record

from fhirbridge.errors import IdentityConflict
from fhirbridge.store.base import RecordRow, Store


def put(store: Store, **changes: object) -> RecordRow:
    with store.transaction() as tx:
        return tx.put_record(make_record(**changes))


def find(store: Store) -> RecordRow | None:
    with store.snapshot() as tx:
        return tx.find_record("plan", "riverside", "plan-1")


def test_identifier_leads_to_its_person(store: Store) -> None:
    with store.transaction() as tx:
        tx.link_identifier("urn:riverside", "A-1", "amira")
    with store.snapshot() as tx:
        assert tx.find_person("urn:riverside", "A-1") == "amira"
        assert tx.find_person("urn:hillside", "A-1") is None


def test_linking_again_changes_nothing(store: Store) -> None:
    with store.transaction() as tx:
        tx.link_identifier("urn:riverside", "A-1", "amira")
        tx.link_identifier("urn:riverside", "A-1", "amira")
        assert list(tx.iter_identifiers("amira")) == [("urn:riverside", "A-1")]


def test_identifier_of_somebody_else_is_a_conflict(store: Store) -> None:
    with store.transaction() as tx:
        tx.link_identifier("urn:riverside", "A-1", "amira")
        with pytest.raises(IdentityConflict):
            tx.link_identifier("urn:riverside", "A-1", "bela")
        assert tx.find_person("urn:riverside", "A-1") == "amira"


def test_identifiers_of_a_person_come_in_code_point_order(store: Store) -> None:
    pairs = [("urn:b", "1"), ("urn:a", "ä"), ("urn:a", "b"), ("urn:a", "B"), ("urn:a", "a")]
    with store.transaction() as tx:
        for system, value in pairs:
            tx.link_identifier(system, value, "amira")
        tx.link_identifier("urn:a", "c", "bela")
    with store.snapshot() as tx:
        assert list(tx.iter_identifiers("amira")) == sorted(pairs)


def test_record_comes_back_with_version_and_moment(store: Store, clock: FixedClock) -> None:
    kept = put(store)
    assert kept == make_record(version=1, stored_at=clock())
    assert find(store) == kept


def test_moment_that_is_given_is_kept(store: Store) -> None:
    assert put(store, stored_at=START - timedelta(days=1)).stored_at == START - timedelta(days=1)


def test_unknown_record_is_not_found(store: Store) -> None:
    assert find(store) is None


def test_another_body_is_another_version(store: Store) -> None:
    put(store)
    kept = put(store, body=b"{ }", message_id="m0002")
    assert (kept.version, kept.body, kept.message_id) == (2, b"{ }", "m0002")
    assert find(store) == kept


def test_equal_body_keeps_the_present_version(store: Store, clock: FixedClock) -> None:
    first = put(store)
    clock.advance(10)
    kept = replace(first, message_id="m0002")
    assert put(store, message_id="m0002") == kept == find(store)


def test_new_trace_takes_the_place_of_the_old_one_on_a_version_that_is_kept(store: Store) -> None:
    first = put(store)
    assert put(store, trace=b'{"map": "newer"}') == replace(first, trace=b'{"map": "newer"}')
    assert find(store) == replace(first, trace=b'{"map": "newer"}')


def test_body_that_came_back_is_a_new_version(store: Store) -> None:
    put(store)
    put(store, body=b"{ }")
    assert put(store).version == 3


def test_same_body_about_another_person_is_another_version(store: Store) -> None:
    put(store)
    assert put(store, person_id="bela").version == 2
    with store.snapshot() as tx:
        assert list(tx.iter_records("amira")) == []
        assert [row.key for row in tx.iter_records("bela")] == ["plan-1"]


def test_records_of_a_person_are_the_newest_versions_in_order(store: Store) -> None:
    for kind, key in (("referral", "r"), ("plan", "b"), ("plan", "a")):
        put(store, kind=kind, key=key)
        put(store, kind=kind, key=key, body=b"[]")
    put(store, key="c", person_id="bela")
    with store.snapshot() as tx:
        rows = list(tx.iter_records("amira"))
        plans = list(tx.iter_records("amira", "plan"))
    assert [(row.kind, row.key) for row in rows] == [("plan", "a"), ("plan", "b"), ("referral", "r")]
    assert {row.version for row in rows} == {2}
    assert plans == rows[:2]


def test_many_records_of_a_person_come_whole(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(401):
            tx.put_record(make_record(key=f"{number:03}"))
    with store.snapshot() as tx:
        assert [row.key for row in tx.iter_records("amira")] == [f"{number:03}" for number in range(401)]


def test_all_versions_of_a_kind_come_in_order_and_may_be_those_of_one_source(store: Store) -> None:
    put(store)
    put(store, body=b'{"status": "completed"}')
    put(store, source="hillside", key="plan-9")
    put(store, kind="referral", key="r-1")
    with store.snapshot() as tx:
        every = [(row.source, row.key, row.version) for row in tx.iter_record_versions("plan")]
        own = [row.version for row in tx.iter_record_versions("plan", "riverside")]
        one = [row.source for row in tx.iter_record_versions("plan", key="plan-9")]
    assert every == [("hillside", "plan-9", 1), ("riverside", "plan-1", 1), ("riverside", "plan-1", 2)]
    assert (own, one) == ([1, 2], ["hillside"])
