"""What is compiled gives what the interpreter gives: items, traces, issues, trees; sound messages and spoilt ones."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.support.maps import documents, shipped, spoilt
from tests.support.records import as_tree, records

from fhirbridge.mapping.compile.program import RightProgram, compile_right, find_left, find_right
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.run import Context, Mapped, to_left, to_right

HERE = Context("partner", {("Patient", "urn:known", "k1"): "p-1"})
NAMES = shipped().names()
FUZZ = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def left_trees(map_: Map) -> st.SearchStrategy[Any]:
    """Return sound left trees of a map."""
    if map_.left.kind == "record":
        return records(map_.left.names[0]).map(as_tree)
    return documents(map_.name)


def pairs(made: Mapped) -> list[tuple[str, Tree]]:
    return [(item.type, copy.deepcopy(item.body)) for item in made.items]


def spelt(tree: Any) -> str:
    """Return a tree as text, in which the order of fields counts."""
    return json.dumps(tree, default=str)


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_map_compiles_both_ways(name: str) -> None:
    map_ = shipped().get(name)
    assert find_right(map_) is not None
    assert find_left(map_) is not None


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_sound_tree_goes_right_without_the_interpreter(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    tree = data.draw(left_trees(map_))
    program = find_right(map_)
    made = program.run(copy.deepcopy(tree), HERE) if program else None
    twin = right.to_right(map_, tree, HERE)
    if made is None:
        event("given up")
        assert twin.issues or has_hole(tree)
        return
    assert made == twin
    assert spelt([item.body for item in made.items]) == spelt([item.body for item in twin.items])


def has_hole(tree: Tree) -> bool:
    """Say whether a list holds objects with other fields than their neighbours: one of them may come to nothing."""
    if isinstance(tree, dict):
        return any(has_hole(child) for child in tree.values())
    if not isinstance(tree, list):
        return False
    return len({frozenset(item) for item in tree if isinstance(item, dict)}) > 1 or any(has_hole(each) for each in tree)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_what_a_map_has_made_goes_left_without_the_interpreter(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    items = pairs(right.to_right(map_, data.draw(left_trees(map_)), HERE))
    program = find_left(map_)
    restored = program.run(items, HERE) if program else None
    twin = back.to_left(map_, items, HERE)
    if restored is None:
        event("given up")
        assert twin.issues
        return
    assert restored == twin
    assert spelt(restored.tree) == spelt(twin.tree)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_spoilt_tree_goes_right_alike(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    tree = data.draw(spoilt(left_trees(map_).map(copy.deepcopy)))
    made, twin = to_right(map_, copy.deepcopy(tree), HERE), right.to_right(map_, tree, HERE)
    assert made == twin
    assert spelt([item.body for item in made.items]) == spelt([item.body for item in twin.items])


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_spoilt_items_go_left_alike(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    sound = left_trees(map_).map(lambda tree: [list(pair) for pair in pairs(right.to_right(map_, tree, HERE))])
    items = [(each[0], each[1]) for each in data.draw(spoilt(sound)) if isinstance(each, list) and len(each) == 2]
    restored, twin = to_left(map_, copy.deepcopy(items), HERE), back.to_left(map_, items, HERE)
    assert restored == twin
    assert spelt(restored.tree) == spelt(twin.tree)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_the_variant_without_traces_makes_the_same_items(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    tree = data.draw(left_trees(map_))
    made = compile_plain(name).run(tree, HERE)
    twin = right.to_right(map_, tree, HERE)
    assert made is None or [item.body for item in made.items] == [item.body for item in twin.items]


@cache
def compile_plain(name: str) -> RightProgram:
    return compile_right(shipped().get(name), is_traced=False)
