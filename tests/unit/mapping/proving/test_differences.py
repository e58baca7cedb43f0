"""What differs between expected and found: paths and kinds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.mapping.proving.differences import is_same, partial, whole

WHOLE = [
    ({"a": 1}, {"a": 1}, []),
    ({"a": 1}, {"a": 2}, [("x.a", "other value")]),
    ({"a": 1}, {"a": "1"}, [("x.a", "other type")]),
    ({"a": 1}, {}, [("x.a", "missing")]),
    ({}, {"a": 1}, [("x.a", "extra")]),
    ({"a": [1, 2]}, {"a": [1]}, [("x.a[1]", "missing")]),
    ({"a": [1]}, {"a": [1, 2]}, [("x.a[1]", "extra")]),
    ({"a": {"b": 1}}, {"a": [1]}, [("x.a", "other type")]),
    ({"a": True}, {"a": 1}, [("x.a", "other type")]),
    ({"a": Decimal("1.0")}, {"a": 1}, []),
    (None, None, []),
]


@pytest.mark.parametrize(("expected", "found", "wanted"), WHOLE)
def test_a_whole_tree_is_compared_in_full(expected: Any, found: Any, wanted: list[tuple[str, str]]) -> None:
    assert [(each.path, each.kind) for each in whole(expected, found, "x")] == wanted


def test_a_partial_tree_looks_at_what_it_names_alone() -> None:
    assert list(partial({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, "x")) == []


def test_a_partial_list_names_all_its_items() -> None:
    assert [each.kind for each in partial([{}], [{"a": 1}, {}], "x")] == ["extra"]


def test_true_is_not_one_and_a_number_is_not_its_text() -> None:
    assert [is_same(True, 1), is_same(1, "1"), is_same(1, Decimal("1"))] == [False, False, True]
