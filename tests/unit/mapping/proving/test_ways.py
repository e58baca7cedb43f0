"""Which left fields the laws leave out, and why."""

from __future__ import annotations

from pathlib import Path

from tests.support.maps import shipped
from tests.support.small_maps import MAP, changed, load_small

from fhirbridge.mapping.proving.ways import ways_of, without, without_places


def test_an_ignored_field_is_left_out_with_its_reason(tmp_path: Path) -> None:
    excluded = ways_of(load_small(tmp_path)).excluded
    assert {path: each.reason for path, each in excluded.items()} == {"doc.note": "ignored: for the agency alone"}


def test_a_lossy_row_leaves_its_field_out_at_its_line(tmp_path: Path) -> None:
    text = changed("doc.alive           <=> active", 'doc.alive <=> active | copy lossy "not told back"')
    (excluded,) = (
        each for each in ways_of(load_small(tmp_path, map_text=text)).excluded.values() if "lossy" in each.reason
    )
    assert (excluded.path, excluded.reason, excluded.place) == (
        "doc.alive",
        "lossy: not told back",
        "sources/small.yaml:16:7",
    )


def test_a_lossy_row_leaves_nothing_out_that_an_exact_row_brings_back() -> None:
    assert not {"referral.status", "referral.category"} & ways_of(shipped().get("referral")).excluded.keys()


def test_a_one_way_row_leaves_its_field_out(tmp_path: Path) -> None:
    text = changed("doc.alive           <=> active", "doc.alive            => active")
    assert ways_of(load_small(tmp_path, map_text=text)).excluded["doc.alive"].reason == "no row brings it back"


def test_a_map_of_one_way_rows_has_no_way_back(tmp_path: Path) -> None:
    text = MAP.replace("<=>", " =>")
    assert not ways_of(load_small(tmp_path, map_text=text)).has_way_back


def test_what_conditions_read_is_known() -> None:
    assert "transition.event.state" in ways_of(shipped().get("transition")).guards


def test_a_field_is_taken_out_everywhere_and_a_place_only_there() -> None:
    tree = {"a": [{"b": 1, "c": 2}, {"b": 3}]}
    assert without(tree, ["doc.a.b"], "doc") == {"a": [{"c": 2}, {}]}
    assert without_places(tree, frozenset({"doc.a[0].b"}), "doc") == {"a": [{"c": 2}, {"b": 3}]}
