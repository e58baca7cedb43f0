"""The chain of the ledger shows every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from tests.support.clock import START
from tests.support.store_rows import make_entry

from fhirbridge.store.base import LedgerEntry
from fhirbridge.store.chain import START as CHAIN_START
from fhirbridge.store.chain import chain_of, decode_details, encode_details, find_break, next_entry


def make_ledger(length: int) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for number in range(length):
        entries.append(next_entry(entries[-1] if entries else None, make_entry(number)))
    return entries


def test_untouched_ledger_has_no_break() -> None:
    assert find_break(make_ledger(5)) is None
    assert find_break([]) is None


CHANGES = {
    "id": "x",
    "at": START + timedelta(microseconds=1),
    "person_id": "bela",
    "recipient": "x",
    "purpose": "x",
    "channel": "x",
    "outcome": "deny",
    "table_row": "x",
    "consent_id": "x",
    "consent_version": 9,
    "details": {},
    "sequence": 9,
    "chain": "0" * 64,
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changed_field_shows_at_its_entry(name: str) -> None:
    entries = make_ledger(5)
    changes: dict[str, object] = {name: CHANGES[name]}
    entries[2] = replace(entries[2], **changes)  # type: ignore[arg-type]  # a field of LedgerEntry
    assert find_break(entries) == 3


def test_every_field_of_an_entry_is_tried() -> None:
    assert set(CHANGES) == set(LedgerEntry.__slots__)


def test_missing_added_or_swapped_entry_shows() -> None:
    entries = make_ledger(5)
    assert find_break(entries[1:]) == 1
    assert find_break([*entries[:2], *entries[3:]]) == 3
    assert find_break([entries[0], entries[2], entries[1]]) == 2
    assert find_break([*entries, entries[4]]) == 6


def test_text_that_moves_between_fields_shows() -> None:
    one = make_entry(recipient="ab", purpose="c")
    other = make_entry(recipient="a", purpose="bc")
    assert chain_of(CHAIN_START, one) != chain_of(CHAIN_START, other)


def test_zone_of_the_moment_does_not_matter() -> None:
    assert chain_of(CHAIN_START, make_entry()) == chain_of(CHAIN_START, make_entry(at=START.astimezone(UTC)))


def test_details_do_not_depend_on_the_order_of_keys() -> None:
    assert encode_details({"b": 1, "a": {"d": 1, "c": 2}}) == encode_details({"a": {"c": 2, "d": 1}, "b": 1})
    assert decode_details(encode_details({"b": (1, 2)})) == {"b": [1, 2]}
