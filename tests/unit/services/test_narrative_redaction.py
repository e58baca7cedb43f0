"""What was taken out of a resource is in no word of its narrative: every record kind, each class denied in turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.support.maps import SAMPLES, documents, shipped
from tests.support.narrative_maps import DOC, load_told

from fhirbridge.consent.pruning import iter_leaves
from fhirbridge.consent.redact import redact
from fhirbridge.consent.table import CLASSES
from fhirbridge.fhir.narrative.values import words
from fhirbridge.fhir.narrative.xhtml import escape, without_narrative
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.run import Item, narrated, to_right
from fhirbridge.records import KINDS
from fhirbridge.services.narrative import told_anew

SHORTEST = 4
"""Shorter values stand in other words by chance."""


def record_maps() -> list[str]:
    library = shipped()
    return [name for name in library.names() if name in KINDS and library.get(name).right.kind == "fhir"]


def in_words(tree: Any) -> Iterator[str]:
    """Everything that a narrative could say of a tree, as it would stand there."""
    for path, value in iter_leaves(tree):
        if isinstance(value, str) and not path.startswith(("text.", "meta.")):
            yield from {escape(value), escape(words("dateTime", value)), escape(words("code", value))}


def narratives(tree: Any) -> str:
    """Every div in a tree."""
    return " ".join(str(value) for path, value in iter_leaves(tree) if path.endswith("text.div"))


def shown(maps: MapLibrary, item: Item, denied: str) -> dict[str, Any] | None:
    """What disclose shows of an item to somebody who may have every class but one."""
    left = redact(item.body, item.trace["elements"], data_class=item.data_class, permitted=CLASSES - {denied})
    return left if left is None or "text" in left else told_anew(maps, item.trace, left)


@pytest.mark.parametrize("name", record_maps())
def test_no_denied_value_stands_in_the_narrative(name: str) -> None:
    maps = shipped()
    map_ = maps.get(name)

    @settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(documents(name))
    def law(tree: Any) -> None:
        for item in narrated(map_, to_right(map_, tree, Context("riverside")).items):
            for denied in sorted(CLASSES - {item.data_class}):
                left = shown(maps, item, denied)
                assert left is not None and left["text"]["status"] == "generated"
                kept = " ".join(in_words(without_narrative(left)))
                gone = {said for said in in_words(without_narrative(item.body)) if said not in kept}
                told = narratives(left)
                assert [said for said in gone if len(said) >= SHORTEST and f">{said}<" in told] == []

    law()


def test_narrative_stays_as_it_is_where_nothing_is_taken_out() -> None:
    map_ = shipped().get("plan")
    tree = json.loads((SAMPLES / "plan.json").read_text("utf-8"))
    for item in narrated(map_, to_right(map_, tree, Context("riverside")).items):
        whole = redact(item.body, item.trace["elements"], data_class=item.data_class, permitted=CLASSES)
        assert whole == item.body


def test_without_its_map_a_resource_has_no_narrative(tmp_path: Any) -> None:
    map_ = load_told(tmp_path)
    goal = next(item for item in narrated(map_, to_right(map_, DOC, Context("x")).items) if item.type == "Goal")
    bare = without_narrative(goal.body)
    assert told_anew(MapLibrary({}), goal.trace, goal.body) == bare
    assert told_anew(MapLibrary({"told": map_}), {**goal.trace, "block": "gone"}, bare) == bare
    assert told_anew(MapLibrary({"told": map_}), goal.trace, bare) == goal.body


def test_a_composition_that_lost_entries_tells_those_that_are_left(tmp_path: Any) -> None:
    map_ = load_told(tmp_path)
    made = narrated(map_, to_right(map_, DOC, Context("x")).items)
    composition = next(item for item in made if item.type == "Composition")
    elements = {**composition.trace["elements"], "section[0].entry": {"class": "D4"}}
    elements = {path: entry for path, entry in elements.items() if not path.startswith("section[0].entry[")}
    left = redact(composition.body, elements, data_class="D3", permitted=CLASSES - {"D4"})
    assert left is not None and "text" not in left and "text" not in left["section"][0]
    told = told_anew(MapLibrary({"told": map_}), composition.trace, left)
    assert "Nothing is recorded here." in told["section"][0]["text"]["div"]
