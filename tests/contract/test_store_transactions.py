"""Whole or not at all; a snapshot is one moment; races have one winner."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.support.clock import START, FixedClock
from tests.support.store_rows import (
    make_consent,
    make_delivery,
    make_entry,
    make_message,
    make_record,
    make_resource,
    make_token,
)

from fhirbridge.errors import BridgeError, IdentityConflict, VersionConflict
from fhirbridge.store.base import DeliveryState, IndexRow, MessageState, Query, Store, Transaction
from fhirbridge.store.chain import find_break

STATUS = IndexRow("status", "token", "", "active")


def write_everything(tx: Transaction) -> None:
    tx.add_message(make_message())
    tx.link_identifier("urn:riverside", "A-1", "amira")
    tx.put_record(make_record())
    tx.put_resource(make_resource(), [STATUS])
    tx.add_delivery(make_delivery())
    tx.put_consent(make_consent())
    tx.append_ledger(make_entry())
    tx.remember_assertion("riverside", "j1", START + timedelta(hours=1))
    tx.put_token(make_token(expires_at=START + timedelta(hours=1)))
    tx.put_map_version("plan", "1", "hash", "text")


def see_everything(tx: Transaction) -> list[object]:
    return [
        list(tx.iter_messages()),
        list(tx.iter_identifiers("amira")),
        list(tx.iter_records("amira")),
        tx.find_resource("CarePlan", "c1") or [],
        tx.search(Query("CarePlan")),
        list(tx.iter_deliveries()),
        list(tx.iter_consents("amira")),
        list(tx.find_persons_consenting_to("1001")),
        list(tx.iter_ledger()),
        tx.find_token("a" * 64) or [],
        tx.find_map_version("hash") or [],
    ]


def test_transaction_sees_its_own_writes(store: Store) -> None:
    with store.transaction() as tx:
        write_everything(tx)
        assert all(see_everything(tx))


def test_transaction_that_ended_well_is_seen_by_the_next(store: Store) -> None:
    with store.transaction() as tx:
        write_everything(tx)
        written = see_everything(tx)
    with store.snapshot() as tx:
        assert see_everything(tx) == written


def test_transaction_that_failed_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        write_everything(tx)
        raise ZeroDivisionError
    with store.transaction() as tx:
        assert not any(see_everything(tx))
        assert tx.remember_assertion("riverside", "j1", START + timedelta(hours=1))


def test_change_that_failed_leaves_what_was_there(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        write_everything(tx)
        before = see_everything(tx)
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.claim_message(clock(), 60)
        tx.put_resource(make_resource(body=b"new"), [])
        tx.put_record(make_record(body=b"new"))
        tx.put_consent(make_consent(recipients=()))
        tx.claim_delivery(clock(), 60)
        tx.append_ledger(make_entry(2))
        raise ZeroDivisionError
    with store.snapshot() as tx:
        assert see_everything(tx) == before


def test_nothing_is_seen_before_the_end_of_a_transaction(store: Store) -> None:
    with store.transaction() as tx:
        write_everything(tx)
        with store.snapshot() as other:
            assert not any(see_everything(other))


def test_snapshot_stays_at_one_moment(store: Store) -> None:
    with store.transaction() as tx:
        tx.put_resource(make_resource(), [STATUS])
    with store.snapshot() as snapshot:
        first = snapshot.search(Query("CarePlan"))
        with store.transaction() as tx:
            tx.put_resource(make_resource(id="c2"), [STATUS])
        assert (snapshot.search(Query("CarePlan")), snapshot.count(Query("CarePlan"))) == (first, 1)


WRITES: list[Callable[[Transaction], object]] = [
    lambda tx: tx.add_message(make_message(2)),
    lambda tx: tx.finish_message("m0001", MessageState.PARKED, b""),
    lambda tx: tx.claim_message(START, 60),
    lambda tx: tx.link_identifier("urn:riverside", "A-2", "amira"),
    lambda tx: tx.put_record(make_record(body=b"new")),
    lambda tx: tx.put_resource(make_resource(body=b"new"), []),
    lambda tx: tx.add_delivery(make_delivery(2)),
    lambda tx: tx.claim_delivery(START, 60),
    lambda tx: tx.update_delivery(make_delivery(state=DeliveryState.DEAD)),
    lambda tx: tx.put_consent(make_consent(body=b"new")),
    lambda tx: tx.append_ledger(make_entry(2)),
    lambda tx: tx.remember_assertion("riverside", "j2", START),
    lambda tx: tx.put_token(make_token(token_hash="b")),
    lambda tx: tx.put_map_version("plan", "2", "hash-2", "text"),
]


def test_snapshot_refuses_to_write(store: Store) -> None:
    with store.transaction() as tx:
        write_everything(tx)
        before = see_everything(tx)
    for write in WRITES:
        with pytest.raises(BridgeError, match="only reads"), store.snapshot() as tx:
            write(tx)
    with store.snapshot() as tx:
        assert see_everything(tx) == before


# -- races: every thread waits for the others, then all go at once


def at_once(count: int, task: Callable[[int], object]) -> list[object]:
    """Return what each thread returned, or the bridge's error that it ended with."""
    gate = Barrier(count)

    def run(number: int) -> object:
        gate.wait()
        try:
            return task(number)
        except BridgeError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_64_creations_at_once_one_wins(store: Store) -> None:
    def create(number: int) -> object:
        with store.transaction() as tx:
            return tx.put_resource(make_resource(body=b"%d" % number), [STATUS], expected_version=0).body

    results = at_once(64, create)
    assert sum(isinstance(result, VersionConflict) for result in results) == 63
    with store.snapshot() as tx:
        [present] = tx.search(Query("CarePlan"))
        assert present.body in results
        assert (present.version, tx.find_resource_version("CarePlan", "c1", 2)) == (1, None)


def test_of_8_updates_that_saw_the_same_version_one_wins(store: Store) -> None:
    with store.transaction() as tx:
        tx.put_resource(make_resource(), [])

    def update(number: int) -> object:
        with store.transaction() as tx:
            return tx.put_resource(make_resource(body=b"%d" % number), [], expected_version=1)

    results = at_once(8, update)
    assert sum(isinstance(result, VersionConflict) for result in results) == 7
    with store.snapshot() as tx:
        present = tx.find_resource("CarePlan", "c1")
    assert present is not None
    assert (present.version, present in results) == (2, True)


def test_updates_without_an_expected_version_all_count(store: Store) -> None:
    def update(number: int) -> int:
        with store.transaction() as tx:
            return tx.put_resource(make_resource(body=b"%d" % number), [STATUS]).version

    assert sorted(map(str, at_once(8, update))) == [str(number) for number in range(1, 9)]


def test_versions_of_records_and_consents_have_no_gap(store: Store) -> None:
    def put(number: int) -> tuple[int, int]:
        with store.transaction() as tx:
            record = tx.put_record(make_record(body=b"%d" % number))
            return record.version, tx.put_consent(make_consent(body=b"%d" % number)).version

    assert sorted(map(str, at_once(8, put))) == [str((number, number)) for number in range(1, 9)]


def test_same_message_at_once_is_kept_once(store: Store) -> None:
    def add(number: int) -> str:
        with store.transaction() as tx:
            return tx.add_message(make_message(id=f"m-{number}")).id

    assert len(set(at_once(16, add))) == 1


def test_same_delivery_at_once_is_queued_once(store: Store) -> None:
    def add(number: int) -> str:
        with store.transaction() as tx:
            return tx.add_delivery(make_delivery(id=f"d-{number}")).id

    assert len(set(at_once(16, add))) == 1


def test_identifier_claimed_for_many_people_at_once_belongs_to_one(store: Store) -> None:
    def link(number: int) -> str:
        with store.transaction() as tx:
            tx.link_identifier("urn:riverside", "A-1", f"person-{number}")
            return f"person-{number}"

    results = at_once(8, link)
    assert sum(isinstance(result, IdentityConflict) for result in results) == 7
    with store.snapshot() as tx:
        assert tx.find_person("urn:riverside", "A-1") in results


def test_assertion_used_at_once_is_new_once(store: Store, clock: FixedClock) -> None:
    def remember(_number: int) -> bool:
        with store.transaction() as tx:
            return tx.remember_assertion("riverside", "j1", clock() + timedelta(hours=1))

    assert at_once(8, remember).count(True) == 1


def test_no_message_is_claimed_twice(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        for number in range(40):
            tx.add_message(make_message(number))

    def claim_all(_number: int) -> list[str]:
        claimed: list[str] = []
        while True:
            with store.transaction() as tx:
                message = tx.claim_message(clock(), 60)
            if message is None:
                return claimed
            claimed.append(message.id)

    results = at_once(4, claim_all)
    claimed = [id_ for ids in results if isinstance(ids, list) for id_ in ids]
    assert sorted(claimed) == [f"m{number:04}" for number in range(40)]


def test_no_delivery_is_claimed_twice(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        for number in range(8):
            tx.add_delivery(make_delivery(number))

    def claim(_number: int) -> str:
        with store.transaction() as tx:
            delivery = tx.claim_delivery(clock(), 60)
            return delivery.id if delivery else ""

    assert sorted(map(str, at_once(10, claim))) == ["", "", *(f"d{number:04}" for number in range(8))]


def test_ledger_stays_whole_when_many_write_at_once(store: Store) -> None:
    def append(number: int) -> int:
        with store.transaction() as tx:
            tx.append_ledger(make_entry(number))
            return tx.append_ledger(make_entry(1000 + number)).sequence

    at_once(16, append)
    with store.snapshot() as tx:
        entries = list(tx.iter_ledger())
    assert [entry.sequence for entry in entries] == list(range(1, 33))
    assert find_break(entries) is None


def test_same_disclosure_written_at_once_is_one_entry(store: Store) -> None:
    def append(_number: int) -> int:
        with store.transaction() as tx:
            return tx.append_ledger(make_entry(1)).sequence

    assert at_once(8, append) == [1] * 8
