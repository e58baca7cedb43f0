"""The decision table as data: complete, unambiguous, narrow."""

from __future__ import annotations

from itertools import product

from fhirbridge.auth.partners import PartnerKind
from fhirbridge.consent.notices import CLASS_WORDS
from fhirbridge.consent.table import CLASSES, HARD_STOPS, POLICY_VERSION, PURPOSES, RECIPIENTS, ROWS, Basis, PersonState
from fhirbridge.consent.why import CHANGES
from fhirbridge.records import Sensitivity

ALL = (*HARD_STOPS, *ROWS)


def test_all_twenty_rows_stand_there() -> None:
    assert {row.number for row in ALL} == set(range(1, 21))


def test_a_number_stands_twice_only_for_two_bases() -> None:
    assert len({(row.number, row.basis) for row in ALL}) == len(ALL)
    assert [row.number for row in ALL if row.number == 11] == [11, 11]


def test_the_hard_stops_come_in_order_and_permit_nothing() -> None:
    assert [row.number for row in HARD_STOPS] == [19, 18, 2, 13]
    assert not any(row.permitted for row in HARD_STOPS)


def test_these_rows_permit_and_no_other() -> None:
    assert {row.number for row in ROWS if row.permits} == {1, 4, 6, 7, 8, 9, 11}


def test_no_row_permits_what_it_denies_nor_counselling_notes_nor_justice_data() -> None:
    for row in ALL:
        assert not row.permitted & (row.denied | {"D5", "D6"})


def test_a_row_that_is_not_in_force_permits_nothing_even_if_it_lists_classes() -> None:
    assert {row.number for row in ALL if not row.in_force} == {3, 5, 12, 14, 15, 16, 17, 20}
    assert not any(row.permits for row in ALL if not row.in_force)


def test_rows_that_permit_go_with_a_notice_unless_they_speak_of_no_person() -> None:
    assert {row.number for row in ROWS if row.permits and "NOTICE" not in row.obligations} == {1}


def test_no_request_meets_a_row_that_permits_and_one_that_is_not_in_force() -> None:
    for kind, purpose, state in product(RECIPIENTS, PURPOSES, PersonState):
        met = [row for row in ROWS if row.is_about(kind, purpose, state)]
        assert not (any(row.permits for row in met) and any(not row.in_force for row in met))


def test_only_the_directory_row_permits_without_a_basis() -> None:
    assert [row.number for row in ROWS if row.permits and row.basis is Basis.NONE] == [1]


def test_every_kind_of_partner_and_every_sensitivity_is_a_word_of_the_table() -> None:
    assert {kind.value for kind in PartnerKind} <= RECIPIENTS
    assert {level.value for level in Sensitivity} == CLASSES


def test_every_reason_has_its_smallest_change_and_every_class_its_words() -> None:
    assert {row.reason for row in ALL} <= CHANGES.keys()
    permitted = frozenset().union(*(row.permitted for row in ROWS))
    assert permitted - {"D0"} <= CLASS_WORDS.keys()


def test_the_policy_version_is_a_hash_of_the_table() -> None:
    assert len(POLICY_VERSION) == 16
