"""Law 1: one declaration, two directions. Every shipped record map, on random records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.maps import MAPPINGS, documents, extensions, shipped
from tests.support.records import as_tree, records

from fhirbridge.consent.redact import redact
from fhirbridge.mapping.model import Place
from fhirbridge.mapping.paths import node_at, prune
from fhirbridge.mapping.run import Context, narrated, to_left, to_right
from fhirbridge.mapping.text.rows import parse_row
from fhirbridge.records import KINDS, Sensitivity
from fhirbridge.validation.check import check

RECORD_MAPS = sorted(KINDS.keys() & set(shipped().names()))
CONTEXT = Context("riverside")
FAULTS_OF_DATA = frozenset(
    {"per-1"}
)  # random dates may end before they start: the fault is the record's, not the map's
LAW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def without_ignored(kind: str, tree: dict[str, Any]) -> dict[str, Any]:
    """Return the tree without the fields that the map ignores with a reason."""
    ignored = {path.split(".", 1)[1] for path in shipped().get(kind).ignore}
    return {name: value for name, value in tree.items() if name not in ignored}


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_a_record_comes_back_from_fhir_as_it_went(kind: str, data: st.DataObject) -> None:
    tree = as_tree(data.draw(records(kind)))
    there = to_right(shipped().get(kind), tree, CONTEXT)
    assert [issue for issue in there.issues if issue.severity == "error"] == []
    back = to_left(shipped().get(kind), [(item.type, item.body) for item in there.items], CONTEXT)
    assert prune(back.tree)[0] == without_ignored(kind, tree)
    assert back.issues == ()


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_resources_come_back_from_the_record_as_they_went(kind: str, data: st.DataObject) -> None:
    map_ = shipped().get(kind)
    there = to_right(map_, as_tree(data.draw(records(kind))), CONTEXT)
    back = to_left(map_, [(item.type, item.body) for item in there.items], CONTEXT)
    again = to_right(map_, back.tree, CONTEXT)
    assert {(item.type, item.id): item.body for item in again.items} == {
        (item.type, item.id): item.body for item in there.items
    }


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_every_resource_a_map_makes_of_sound_data_is_valid_r4(kind: str, data: st.DataObject) -> None:
    map_ = shipped().get(kind)
    made = narrated(map_, to_right(map_, as_tree(data.draw(records(kind))), CONTEXT).items)
    wrong = [(i.expression, i.rule, i.message) for item in made for i in check(item.body) if i.severity == "error"]
    assert [each for each in wrong if each[1] not in FAULTS_OF_DATA] == []


@pytest.mark.parametrize("kind", RECORD_MAPS)
@LAW
@given(data=st.data())
def test_who_may_see_every_class_sees_every_element(kind: str, data: st.DataObject) -> None:
    made = to_right(shipped().get(kind), as_tree(data.draw(records(kind))), CONTEXT)
    for item in made.items:
        seen = redact(item.body, item.trace["elements"], data_class=item.data_class, permitted=frozenset(Sensitivity))
        assert seen == item.body


@pytest.mark.parametrize("name", shipped().names())
@LAW
@given(data=st.data())
def test_every_element_a_map_makes_says_where_it_came_from(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    tree = data.draw(left_trees(name))
    for item in to_right(map_, tree, CONTEXT).items:
        for path, origin in item.trace["elements"].items():
            node_at(item.body, path)  # KeyError or IndexError: the trace names what is not there
            assert not origin["from"] or node_at({map_.root: tree}, origin["from"]) is not None
            assert origin["class"].startswith("D") == (map_.left.kind == "record"), path
            assert plain(path) in row_paths(origin["file"], origin["line"])


def left_trees(name: str) -> st.SearchStrategy[Any]:
    """Return sound left trees of a map: records, or documents of a partner."""
    left = shipped().get(name).left
    return records(left.names[0]).map(as_tree) if left.kind == "record" else documents(name)


def plain(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


@cache
def row_paths(file: str, line: int) -> frozenset[str]:
    """Return the right path of the row in a line, and what its selectors lie on, all without selectors."""
    text = (MAPPINGS / file).read_text("utf-8").split("\n")[line - 1]
    row = parse_row(text.strip(), Place(file, line, 1))
    paths = [""]
    found: set[str] = set()
    for step in row.right.steps:
        paths = [f"{path}.{step.name}".removeprefix(".") for path in paths]
        found |= set(paths) if step.selectors else set()
        if any(selector.kind == "named" for selector in step.selectors):
            paths = [f"{path}.{name}" for path in paths for name in value_names()]
    return frozenset(found | set(paths))


@cache
def value_names() -> frozenset[str]:
    return frozenset(definition.value_name for definition in extensions().values())


@pytest.mark.parametrize(
    "name", [name for name in shipped().names() if shipped().get(name).left.kind not in ("record", "ccda")]
)
@LAW
@given(data=st.data())
def test_a_partners_document_comes_back_as_it_was_sent(name: str, data: st.DataObject) -> None:
    map_ = shipped().get(name)
    document = data.draw(documents(name))
    made = to_right(map_, document, CONTEXT)
    assert made.issues == ()
    back = to_left(map_, [(item.type, item.body) for item in made.items], CONTEXT)
    assert (back.tree, back.issues) == (without_fields(document, map_.ignore), ())


def without_fields(document: dict[str, Any], ignored: Mapping[str, str]) -> dict[str, Any]:
    names = {path.removeprefix("doc.") for path in ignored}
    return {name: value for name, value in document.items() if name not in names}
