"""What a map would make otherwise than it came is mended, as long as the map makes the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.mapping.put.mending import iter_mends, mend

LEAVES = st.one_of(st.booleans(), st.integers(0, 3), st.text("ab", max_size=2))
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)
BODIES = st.dictionaries(st.sampled_from("abc"), TREES, max_size=3)


@given(made=BODIES, came=BODIES)
def test_what_is_mended_is_what_came(made: dict[str, Any], came: dict[str, Any]) -> None:
    mends = list(iter_mends(made, came))
    assert repr(mend(made, mends).body) == repr(came) or mend(made, mends).body == came
    assert mend(made, mends).homeless == []


@given(body=BODIES)
def test_what_came_as_it_is_made_needs_no_mend(body: dict[str, Any]) -> None:
    assert list(iter_mends(body, body)) == []


@pytest.mark.parametrize(
    ("made", "came"), [(Decimal("1.0"), Decimal("1.00")), (True, 1), (["a", "b"], ["b", "a"]), ({"x": 1}, [1])]
)
def test_what_is_written_otherwise_is_kept_as_it_was_written(made: Any, came: Any) -> None:
    (found,) = iter_mends({"v": made}, {"v": came})
    assert repr(mend({"v": made}, [found]).body["v"]) == repr(came)


def test_where_the_map_now_makes_something_else_its_own_stands() -> None:
    mends = list(iter_mends({"unit": "min", "active": True}, {"unit": "minutes"}))
    mended = mend({"unit": "h", "active": False}, mends)
    assert mended.body == {"unit": "h", "active": False}
    assert (mended.came, mended.gone, mended.homeless) == ([], [], ["unit"])


def test_where_the_holder_is_gone_the_mend_is_told() -> None:
    mends = list(iter_mends({"a": [{"x": 1}]}, {"a": [{"x": 1, "y": 2}]}))
    assert mend({"a": []}, mends).homeless == mend({}, mends).homeless == mend({"a": 1}, mends).homeless == ["a[0].y"]


def test_what_may_not_be_put_in_is_left_and_told_and_what_goes_may_go() -> None:
    mends = list(iter_mends({"a": [1, 2], "b": 1}, {"a": [2, 1]}))
    mended = mend({"a": [1, 2], "b": 1}, mends, may=lambda path: path != "a")
    assert mended.body == {"a": [1, 2]}
    assert (mended.gone, mended.homeless) == (["b"], ["a"])
