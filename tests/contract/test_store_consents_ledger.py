"""Consents by version, and the ledger that only grows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.clock import START, FixedClock
from tests.support.store_rows import make_consent, make_entry

from fhirbridge.store.base import ConsentRow, LedgerEntry, Store
from fhirbridge.store.chain import find_break


def put(store: Store, **changes: object) -> ConsentRow:
    with store.transaction() as tx:
        return tx.put_consent(make_consent(**changes))


def append(store: Store, *entries: LedgerEntry) -> list[LedgerEntry]:
    with store.transaction() as tx:
        return [tx.append_ledger(entry) for entry in entries]


def consenting_to(store: Store, recipient: str) -> frozenset[str]:
    with store.snapshot() as tx:
        return tx.find_persons_consenting_to(recipient)


def test_consent_comes_back_with_version_and_moment(store: Store, clock: FixedClock) -> None:
    kept = put(store, recipients=("1002", "1001"))
    assert kept == make_consent(recipients=("1002", "1001"), version=1, stored_at=clock())
    with store.snapshot() as tx:
        assert list(tx.iter_consents("amira")) == [kept]


def test_consent_that_did_not_change_keeps_its_version(store: Store, clock: FixedClock) -> None:
    first = put(store)
    clock.advance(1)
    assert put(store) == first


def test_newest_version_of_each_consent_comes_oldest_consent_first(store: Store, clock: FixedClock) -> None:
    for id_ in ("z", "a"):
        put(store, id=id_)
        clock.advance(1)
    put(store, id="z", body=b"withdrawn")
    put(store, id="other", person_id="bela")
    with store.snapshot() as tx:
        assert [(row.id, row.version) for row in tx.iter_consents("amira")] == [("z", 2), ("a", 1)]


def test_person_of_a_consent_is_that_of_its_newest_version(store: Store) -> None:
    put(store)
    put(store, person_id="bela")
    assert consenting_to(store, "1001") == {"bela"}
    with store.snapshot() as tx:
        assert list(tx.iter_consents("amira")) == []
        assert [row.version for row in tx.iter_consents("bela")] == [2]


def test_persons_are_found_by_the_recipients_that_the_newest_version_names(store: Store) -> None:
    put(store, id="1", recipients=("1001", "1002", "1001"))
    put(store, id="2", person_id="bela", recipients=("1001",))
    put(store, id="3", person_id="bela", recipients=("1001",), body=b"another")
    assert consenting_to(store, "1001") == {"amira", "bela"}
    put(store, id="1", recipients=("1002",))
    assert consenting_to(store, "1001") == {"bela"}
    assert consenting_to(store, "1002") == {"amira"}
    assert consenting_to(store, "9999") == frozenset()


def test_consent_that_names_nobody_is_kept(store: Store) -> None:
    assert put(store, recipients=()).recipients == ()


def test_entry_comes_back_with_its_place_and_chain(store: Store) -> None:
    entry = make_entry(consent_id="consent-1", consent_version=2)
    [kept] = append(store, entry)
    assert replace(kept, sequence=0, chain="") == entry
    assert (kept.sequence, len(kept.chain)) == (1, 64)
    with store.snapshot() as tx:
        assert list(tx.iter_ledger()) == [kept]


def test_entries_are_chained_one_behind_the_other(store: Store) -> None:
    append(store, make_entry(1), make_entry(2))
    append(store, make_entry(3))
    with store.snapshot() as tx:
        entries = list(tx.iter_ledger())
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert find_break(entries) is None
    assert len({entry.chain for entry in entries}) == 3


def test_known_entry_is_returned_and_not_written_again(store: Store) -> None:
    first, _ = append(store, make_entry(1), make_entry(2))
    [again] = append(store, make_entry(1, outcome="deny", details={}))
    assert again == first
    with store.snapshot() as tx:
        assert len(list(tx.iter_ledger())) == 2


def test_entries_about_a_person_come_in_order(store: Store) -> None:
    entries = [
        make_entry(number, person_id="bela" if number % 2 else "amira", at=START - timedelta(hours=number))
        for number in range(1, 6)
    ]
    append(store, *entries)
    with store.snapshot() as tx:
        assert [entry.sequence for entry in tx.iter_ledger("bela")] == [1, 3, 5]
        assert list(tx.iter_ledger("nobody")) == []


def test_long_ledger_comes_whole(store: Store) -> None:
    append(store, *(make_entry(number) for number in range(250)))
    with store.snapshot() as tx:
        assert find_break(tx.iter_ledger()) is None
        assert len(list(tx.iter_ledger())) == 250


def test_details_come_back_as_json_has_them(store: Store) -> None:
    [kept] = append(store, make_entry(details={"b": ("x", 1), "a": {"z": None, "y": True}}))
    assert dict(kept.details) == {"b": ["x", 1], "a": {"z": None, "y": True}}
    with store.snapshot() as tx:
        assert list(tx.iter_ledger()) == [kept]
