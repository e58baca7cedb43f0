"""Trees that fit nothing: every shipped map answers with issues, never with an exception, and quotes nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.maps import CANARY, ODD_VALUES, documents, shipped, spoilt
from tests.support.records import as_tree, records

from fhirbridge.errors import Issue
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, Mapped, to_left, to_right

HERE = Context("partner")
NAMES = shipped().names()
FUZZ = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def left_trees(map_: Map) -> st.SearchStrategy[Any]:
    """Return sound left trees of a map."""
    return records(map_.left.names[0]).map(as_tree) if map_.left.kind == "record" else documents(map_.name)


def right_items(made: Mapped) -> list[list[Any]]:
    return [[item.type, item.body] for item in made.items]


def assert_quotes_nothing(issues: tuple[Issue, ...]) -> None:
    assert CANARY not in repr(issues)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_spoilt_tree_goes_right_without_an_exception(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    made = to_right(map_, data.draw(spoilt(left_trees(map_).map(copy.deepcopy))), HERE)
    assert_quotes_nothing(made.issues)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_spoilt_items_go_left_without_an_exception(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    sound = left_trees(map_).map(lambda tree: right_items(to_right(map_, copy.deepcopy(tree), HERE)))
    items = [(each[0], each[1]) for each in data.draw(spoilt(sound)) if isinstance(each, list) and len(each) == 2]
    back = to_left(map_, items, HERE)
    assert_quotes_nothing(back.issues)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(tree=ODD_VALUES)
def test_any_tree_at_all_is_answered(name: str, tree: Any) -> None:
    map_ = shipped().get(name)
    assert_quotes_nothing(to_right(map_, tree, HERE).issues)
    for block in map_.blocks:
        assert_quotes_nothing(to_left(map_, [(block.type, tree)], HERE).issues)
