"""Keys of parts that their owner gave none."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.records import Referral, Review
from fhirbridge.records.numbering import MAX_KEY_CHARS, numbered

BY_DAY = {"monitoring": "on"}


def keys(tree: dict[str, Any]) -> list[str]:
    return [part["id"] for part in numbered(tree, BY_DAY)["monitoring"]]


def test_the_same_part_has_the_same_key_wherever_it_stands() -> None:
    first, second = {"on": "2026-11-20"}, {"on": "2026-12-20"}
    assert (
        keys({"id": "R-1", "monitoring": [first, second]}) == keys({"id": "R-1", "monitoring": [second, first]})[::-1]
    )


def test_parts_that_are_told_apart_by_nothing_have_two_keys() -> None:
    assert len(set(keys({"id": "R-1", "monitoring": [{"on": "2026"}, {"on": "2026"}, {}]}))) == 3


def test_two_records_never_share_a_key() -> None:
    part = [{"on": "2026-11-20"}]
    assert keys({"id": "R-1", "monitoring": part}) != keys({"id": "R-2", "monitoring": part})


def test_a_key_restates_no_words_and_is_not_too_long() -> None:
    (key,) = keys({"id": "R" * MAX_KEY_CHARS, "monitoring": [{"on": "I still think about it"}]})
    assert "think" not in key and len(key) <= MAX_KEY_CHARS


def test_an_own_key_stays() -> None:
    assert keys({"id": "R-1", "monitoring": [{"id": "M-7", "on": "2026"}]}) == ["M-7"]


@pytest.mark.parametrize("tree", [None, [], {"monitoring": [{}]}, {"id": 1, "monitoring": []}])
def test_what_is_no_record_is_left_as_it_is(tree: Any) -> None:
    assert numbered(tree, BY_DAY) == tree


def test_what_is_no_list_of_parts_is_left_for_the_model_to_refuse() -> None:
    assert numbered({"id": "R-1", "monitoring": "x"}, BY_DAY) == {"id": "R-1", "monitoring": "x"}
    assert numbered({"id": "R-1", "monitoring": ["x"]}, BY_DAY) == {"id": "R-1", "monitoring": ["x"]}


CLIENT = {"number": "1", "system": "https://agency.example/client"}


def test_looks_at_a_service_have_keys() -> None:
    tree = {
        "id": "R-1",
        "client": CLIENT,
        "status": "sent",
        "category": "outreach",
        "from_agency": {"number": "A", "name": "Agency"},
        "monitoring": [{"on": "2026-11-20"}],
    }
    assert Referral.model_validate(tree).monitoring[0].id == Referral.model_validate(tree).monitoring[0].id is not None


def test_findings_of_a_review_have_keys() -> None:
    tree = {
        "id": "V-1",
        "client": CLIENT,
        "plan": "P-1",
        "on": "2027-01-11",
        "by": {"number": "W", "name": "Worker"},
        "goals": [{"goal": "G-1"}],
        "objectives": [{"objective": "O-1"}],
        "referrals": [{"referral": "R-1", "status": "sent"}],
    }
    review = Review.model_validate(tree)
    keys = [[part.id for part in parts] for parts in (review.goals, review.objectives, review.referrals)]
    assert all(key for some in keys for key in some)
