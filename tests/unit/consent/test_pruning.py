"""Trees taken apart and put together again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.consent.pruning import iter_leaves, rebuild

names = st.sampled_from(["a", "b", "given", "x"])
trees = st.dictionaries(
    names,
    st.recursive(
        st.integers(0, 9) | st.text("xyz", min_size=1),
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3),
    ),
    max_size=4,
)


def kept(tree: Any, *gone: str) -> Any:
    return rebuild(tree, lambda path: path not in gone)[0]


@settings(max_examples=60, deadline=None)
@given(trees)
def test_a_tree_from_which_nothing_goes_stays_as_it_is(tree: dict[str, Any]) -> None:
    assert (kept(tree) or {}) == tree


@settings(max_examples=60, deadline=None)
@given(trees, st.randoms())
def test_what_is_left_is_the_leaves_that_stay_in_their_order(tree: dict[str, Any], random: Any) -> None:
    leaves = dict(iter_leaves(tree))
    stays = {path for path in leaves if random.random() < 0.5}
    left, moved = rebuild(tree, stays.__contains__)
    assert [value for _, value in iter_leaves(left or {})] == [leaves[path] for path in leaves if path in stays]
    assert {moved[path] for path, _ in iter_leaves(left or {})} == stays


def test_objects_and_lists_that_become_empty_go() -> None:
    assert kept({"a": {"b": [{"c": 1}]}, "d": 2}, "a.b[0].c") == {"d": 2}
    assert kept({"a": 1}, "a") is None


def test_what_is_left_in_a_list_moves_up() -> None:
    left, moved = rebuild({"a": [1, {"b": 2}]}, lambda path: path != "a[0]")
    assert left == {"a": [{"b": 2}]}
    assert moved == {"a[0].b": "a[1].b", "a[0]": "a[1]", "a": "a", "": ""}


def test_nulls_and_empty_things_are_nothing() -> None:
    assert kept({"a": None, "b": [], "c": {}, "d": [None, 1]}) == {"d": [1]}
    assert list(iter_leaves({"a": None, "b": [], "c": {}})) == []


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ((), {"given": ["Ann", "Bea"], "_given": [None, {"id": "x"}]}),
        (("given[0]",), {"given": ["Bea"], "_given": [{"id": "x"}]}),
        (("given[1]", "_given[1].id"), {"given": ["Ann"]}),
        (("given[1]",), {"given": ["Ann", None], "_given": [None, {"id": "x"}]}),
        (("given[0]", "given[1]"), {"_given": [{"id": "x"}]}),
        (("_given[1].id",), {"given": ["Ann", "Bea"]}),
    ],
)
def test_a_list_of_primitives_stays_in_step_with_its_extensions(gone: tuple[str, ...], left: dict[str, Any]) -> None:
    assert kept({"given": ["Ann", "Bea"], "_given": [None, {"id": "x"}]}, *gone) == left


def test_an_extension_beside_a_single_value_stays_by_itself() -> None:
    assert kept({"birthDate": "2000", "_birthDate": {"id": "x"}}, "birthDate") == {"_birthDate": {"id": "x"}}
