"""What is different between what two maps made: element by element, each with its row, without values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.maps import shipped
from tests.support.releases import CITY_ROW, moved, read_maps

from fhirbridge.errors import Issue
from fhirbridge.mapping.compare import Change, Made, compare, compare_issues, made_of_item, made_of_tree
from fhirbridge.mapping.run import Item

TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def made(body: Any, *, subject: str = "Goal", key: str = "g1", **rows: str) -> Made:
    """Return a thing whose element `name` was made by the row rows[name]."""

    def row_of(path: str) -> str:
        return rows.get(path.partition(".")[0].partition("[")[0], "")

    return Made(subject, key, body, row_of)


def told(old: Any, new: Any, **rows: str) -> list[tuple[str, str]]:
    return [(each.kind, each.path) for each in compare([made(old, **rows)], [made(new, **rows)])]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("changed", "a")]),
        ({"a": 1}, {"a": True}, [("changed", "a")]),
        ({"a": 1}, {"a": 1.0}, [("changed", "a")]),
        ({"a": 1}, {}, [("removed", "a")]),
        ({}, {"a": {"b": 1}}, [("added", "a")]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("changed", "a.b")]),
        ({"a": {"b": 1}}, {"a": [1]}, [("changed", "a")]),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, [("added", "a[]")]),
        ({"a": [1, 2, 3]}, {"a": [2, 3]}, [("removed", "a[]")]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, [("changed", "a[].b")]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("added", "a[]"), ("removed", "a[]")]),
    ],
)
def test_each_element_that_differs_is_told(old: Any, new: Any, changes: list[tuple[str, str]]) -> None:
    assert sorted(told(old, new)) == changes


@given(TREES, TREES)
def test_the_same_is_no_change_and_something_else_is_one(old: Any, new: Any) -> None:
    assert told({"x": old}, {"x": old}) == []
    same = told({"x": old}, {"x": new}) == []
    assert same == (repr(_sorted(old)) == repr(_sorted(new)))


def _sorted(tree: Any) -> Any:
    """Return a tree whose objects have their keys in order: JSON does not care."""
    if isinstance(tree, dict):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(item) for item in tree] if isinstance(tree, list) else tree


def test_long_lists_are_compared_place_by_place() -> None:
    old, new = list(range(400)), list(range(1, 401))
    assert len(told({"a": old}, {"a": new})) == 400


def test_a_change_names_both_rows_and_no_value() -> None:
    one, other = made({"a": "Vega"}, a="plan.yaml:3"), made({"a": "Quux"}, a="plan.yaml:4")
    (change,) = compare([one], [other])
    assert change == Change("changed", "Goal", "a", "plan.yaml:3", "plan.yaml:4")
    assert "Vega" not in repr(change)
    assert "Quux" not in repr(change)


def test_values_are_told_when_they_are_asked_for() -> None:
    (change,) = compare([made({"a": 1})], [made({"a": 2})], values=True)
    assert (change.old, change.new) == (1, 2)


def test_a_thing_that_only_one_map_made_is_one_change() -> None:
    one, other = made({"a": 1}, key="g1"), made({"a": 1}, key="g2")
    assert [(each.kind, each.path) for each in compare([one], [other])] == [("removed", "Goal"), ("added", "Goal")]


def test_elements_below_what_appeared_are_told_by_their_own_rows() -> None:
    elements = {
        "goal[0].due": {"file": "plan.yaml", "line": 3},
        "goal[0].title": {"file": "plan.yaml", "line": 4},
        "goal[0].title.text": {"file": "plan.yaml", "line": 5},
    }
    item = Item("CarePlan", "", "c1", {"goal": [{"due": 1, "title": 2}]}, {"elements": elements}, "D1")
    found = list(compare([made({}, subject="CarePlan", key="c1")], [made_of_item(item)]))
    assert [(each.path, each.new_row) for each in found] == [
        ("goal[].due", "plan.yaml:3"),
        ("goal[].title", "plan.yaml:4"),
    ]


def test_findings_that_came_and_went_are_told_by_code_path_and_row() -> None:
    gone = Issue("FB301", "expected text", "doc.a[3]", location="plan.yaml:3:5")
    stays, came = Issue("FB306", "no row", "doc.b"), Issue("FB303", "no code", "doc.c/d.Amira Vega")
    found = list(compare_issues([gone, stays, stays], [stays, came]))
    assert [(each.kind, each.subject, each.path, each.old_row, each.new_row) for each in found] == [
        ("finding gone", "FB301", "doc.a[]", "plan.yaml:3", ""),
        ("finding gone", "FB306", "doc.b", "", ""),
        ("finding added", "FB303", "doc.?.?", "", ""),
    ]


def test_the_way_back_knows_the_row_of_each_field() -> None:
    plan = made_of_tree(shipped().get("plan"), {"goals": [{"own_words": "x"}]})
    person = made_of_tree(read_maps(moved()).get("person"), {})
    assert plan.row_of("goals[0].own_words").startswith("records/plan.yaml:")
    assert person.row_of("addresses[0].city") == CITY_ROW
    assert person.row_of("nothing") == ""
