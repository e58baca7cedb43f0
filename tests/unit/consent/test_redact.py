"""Redaction: what is not permitted does not survive in any form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fhirbridge.consent.labels import OBSERVATION_VALUE
from fhirbridge.consent.pruning import iter_leaves
from fhirbridge.consent.redact import Elements, redact, redact_with_trace

TAG = {"system": OBSERVATION_VALUE, "code": "REDACTED"}
D123 = frozenset({"D0", "D1", "D2", "D3"})
D12 = frozenset({"D0", "D1", "D2"})


def entries(classes: dict[str, str]) -> dict[str, dict[str, str]]:
    return {path: {"class": level} for path, level in classes.items()}


PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "id": "p1",
    "meta": {"versionId": "1"},
    "identifier": [{"system": "urn:x", "value": "p1"}],
    "status": "active",
    "subject": {"reference": "Patient/1", "display": "Sam Example"},
    "title": "Plan with buprenorphine",
    "activity": [
        {"detail": {"status": "scheduled", "description": "Buprenorphine"}},
        {"detail": {"description": "Choir on Fridays"}},
    ],
    "note": [{"text": "my own words"}],
}
TRACE = entries(
    {
        "status": "D2",
        "subject": "D1",
        "title": "D2",
        "activity[0].detail.status": "D2",
        "activity[0].detail.description": "D3",
        "activity[1].detail.description": "D2",
        "note[0].text": "D8",
    }
)


def cut(resource: dict[str, Any], elements: Elements, permitted: frozenset[str] = D12) -> dict[str, Any]:
    left = redact(resource, elements, data_class="D2", permitted=permitted)
    assert left is not None
    return left


def test_what_is_permitted_whole_is_returned_as_it_is() -> None:
    elements = entries({"": "D2"})
    assert cut(PLAN, elements) == PLAN


def test_only_permitted_elements_stay_and_the_rest_leaves_no_gap() -> None:
    left = cut(PLAN, TRACE)
    assert left == {
        "resourceType": "CarePlan",
        "id": "p1",
        "meta": {"versionId": "1", "security": [TAG]},
        "identifier": [{"system": "urn:x", "value": "p1"}],
        "status": "active",
        "subject": {"reference": "Patient/1", "display": "Sam Example"},
        "activity": [{"detail": {"status": "scheduled"}}, {"detail": {"description": "Choir on Fridays"}}],
    }


def test_the_input_is_left_alone() -> None:
    before = json.dumps(PLAN)
    cut(PLAN, TRACE)
    assert json.dumps(PLAN) == before


@pytest.mark.parametrize("data_class", ["D3", "D9", "", "unknown"])
def test_a_resource_whose_own_class_is_not_permitted_goes_whole(data_class: str) -> None:
    assert redact(PLAN, TRACE, data_class=data_class, permitted=D12 | {"D9", "", "unknown"}) is None


def test_nothing_permitted_is_nothing() -> None:
    assert redact(PLAN, TRACE, data_class="D0", permitted=frozenset()) is None


@pytest.mark.parametrize("level", ["D9", "", "d1", "unknown"])
def test_an_unknown_class_is_removed_even_if_it_is_permitted(level: str) -> None:
    left = cut({"resourceType": "Goal", "id": "g", "x": "canary"}, entries({"x": level}), D12 | {level})
    assert "x" not in left


def test_an_entry_without_a_class_is_removed() -> None:
    assert "x" not in cut({"resourceType": "Goal", "x": "canary"}, {"": {"class": "D1"}, "x": {}})


def test_an_element_without_any_entry_is_removed() -> None:
    assert "description" not in cut({"resourceType": "Goal", "id": "g", "description": {"text": "canary"}}, {})


def test_the_nearest_entry_decides() -> None:
    resource = {"resourceType": "Goal", "target": [{"dueDate": "2026", "measure": {"text": "canary"}}]}
    left = cut(resource, entries({"target": "D3", "target[0]": "D1", "target[0].measure": "D4"}))
    assert left["target"] == [{"dueDate": "2026"}]


def test_an_own_entry_goes_before_the_class_of_the_resource() -> None:
    resource = {"resourceType": "Patient", "id": "1", "identifier": [{"value": "a"}, {"value": "canary"}]}
    left = cut(resource, entries({"identifier[1]": "D4"}))
    assert left["identifier"] == [{"value": "a"}]


def test_a_primitives_extension_has_the_class_of_the_primitive() -> None:
    resource = {
        "resourceType": "Patient",
        "id": "1",
        "birthDate": "2000",
        "_birthDate": {"extension": [{"url": "canary"}]},
    }
    assert "canary" not in json.dumps(cut(resource, entries({"birthDate": "D3"})))


def test_the_frame_of_an_object_stays_exactly_as_long_as_something_in_it_does() -> None:
    resource = {
        "resourceType": "Patient",
        "id": "1",
        "extension": [{"url": "urn:a", "valueString": "one"}, {"url": "urn:b", "valueString": "canary"}],
        "telecom": [{"system": "phone", "value": "1"}],
    }
    levels = {"extension[0].valueString": "D1", "extension[1].valueString": "D4", "telecom[0].value": "D1"}
    left = cut(resource, entries(levels))
    assert left["extension"] == [{"url": "urn:a", "valueString": "one"}]
    assert left["telecom"] == [{"system": "phone", "value": "1"}]


def test_the_frame_goes_with_the_last_thing_in_it_whyever_that_goes() -> None:
    extension = [{"url": "urn:a", "valueCoding": {"system": "urn:s", "display": "on Buprenorphine"}}]
    resource = {"resourceType": "Goal", "id": "g", "code": "Buprenorphine", "extension": extension}
    left = cut(resource, entries({"code": "D3", "extension[0].valueCoding.display": "D1"}))
    assert left.keys() == {"resourceType", "id", "meta"}


def test_a_resource_itself_has_no_frame_but_its_type() -> None:
    left = cut({"resourceType": "Basic", "url": "canary", "system": "canary", "x": "stays"}, entries({"x": "D1"}))
    assert left.keys() == {"resourceType", "meta", "x"}


def test_a_frame_with_an_entry_of_its_own_obeys_it() -> None:
    resource = {"resourceType": "Patient", "telecom": [{"system": "canary", "value": "1"}]}
    left = cut(resource, entries({"telecom[0].value": "D1", "telecom[0].system": "D4"}))
    assert left["telecom"] == [{"value": "1"}]


NARRATIVE = {"status": "additional", "div": "<div>all is said here</div>"}


def test_the_narrative_goes_when_anything_goes() -> None:
    resource = {"resourceType": "Goal", "text": NARRATIVE, "a": "stays", "b": "goes"}
    assert cut(resource, entries({"": "D1"}))["text"] == NARRATIVE
    assert "text" not in cut(resource, entries({"": "D1", "b": "D3"}))


@pytest.mark.parametrize(
    "text", ["Buprenorphine", "BUPRENORPHINE 8 mg", "on  buprenorphine.", "(buprenorphine)", "a\nbuprenorphine"]
)
@pytest.mark.parametrize("name", ["display", "title", "text"])
def test_what_restates_a_removed_value_goes(name: str, text: str) -> None:
    resource = {"resourceType": "Goal", "code": "Buprenorphine", "about": {name: text, "reference": "Medication/1"}}
    left = cut(resource, entries({"code": "D3", "about": "D1"}))
    assert left["about"] == {"reference": "Medication/1"}


def test_a_removed_phrase_is_found_whatever_its_case_and_spacing() -> None:
    resource = {
        "resourceType": "Goal",
        "code": "Opioid  use\nDisorder",
        "about": {"display": "opioid use disorder, mild"},
    }
    assert "about" not in cut(resource, entries({"code": "D3", "about": "D1"}))


@pytest.mark.parametrize("removed", ["ab", "", "rest", "active"])
def test_words_that_restate_nothing_stay(removed: str) -> None:
    resource = {
        "resourceType": "Goal",
        "x": {"status": removed, "y": removed[:2]},
        "about": {"display": "active ab resting"},
    }
    left = cut(resource, entries({"x": "D3", "about": "D1"}))
    assert left["about"] == {"display": "active ab resting"}


CONTAINED: dict[str, Any] = {
    "resourceType": "CarePlan",
    "id": "p1",
    "contained": [
        {"resourceType": "Practitioner", "id": "k", "name": [{"text": "Kay"}]},
        {"resourceType": "Condition", "id": "c", "code": {"text": "canary"}},
    ],
    "author": {"reference": "#k"},
    "addresses": [{"reference": "#c", "display": "why"}],
}


def test_a_contained_resource_goes_with_all_that_points_to_it() -> None:
    left = cut(CONTAINED, entries({"contained[0].name": "D0", "contained[1]": "D3", "author": "D1", "addresses": "D1"}))
    assert left["contained"] == [{"resourceType": "Practitioner", "id": "k", "name": [{"text": "Kay"}]}]
    assert "addresses" not in left


def test_a_contained_resource_that_nothing_points_to_any_more_goes() -> None:
    left = cut(CONTAINED, entries({"contained": "D1", "author": "D3", "addresses": "D1"}))
    assert [inner["id"] for inner in left["contained"]] == ["c"]


def test_a_contained_resource_that_only_points_to_itself_goes() -> None:
    inner = {"resourceType": "Group", "id": "g", "member": [{"entity": {"reference": "#g"}}]}
    resource = {"resourceType": "CarePlan", "contained": [inner], "a": {"reference": "#g"}, "b": 1}
    left = cut(resource, entries({"contained": "D1", "a": "D3", "b": "D1"}))
    assert left.keys() == {"resourceType", "meta", "b"}


def test_a_chain_of_contained_resources_goes_link_by_link() -> None:
    inner = [
        {"resourceType": "Group", "id": "a", "x": {"reference": "#b"}},
        {"resourceType": "Group", "id": "b", "x": 1},
    ]
    resource = {"resourceType": "CarePlan", "contained": inner, "first": {"reference": "#a"}, "rest": 1}
    left = cut(resource, entries({"contained": "D1", "first": "D3", "rest": "D1"}))
    assert "contained" not in left


def test_a_reference_to_the_container_itself_stays() -> None:
    inner = {"resourceType": "Provenance", "id": "v", "target": [{"reference": "#"}]}
    resource = {"resourceType": "CarePlan", "contained": [inner], "a": {"reference": "#v"}, "b": "goes"}
    left = cut(resource, entries({"contained": "D1", "a": "D1", "b": "D3"}))
    assert left["contained"] == [inner]


def test_a_contained_narrative_goes_too() -> None:
    inner = {"resourceType": "Group", "id": "g", "text": NARRATIVE, "x": 1}
    resource = {"resourceType": "CarePlan", "contained": [inner], "a": {"reference": "#g"}, "b": "goes"}
    left = cut(resource, entries({"contained": "D1", "a": "D1", "b": "D3"}))
    assert left["contained"] == [{"resourceType": "Group", "id": "g", "x": 1}]


def test_labels_that_are_there_stay_and_the_tag_is_written_once() -> None:
    label = {"system": "urn:label", "code": "R"}
    resource = {"resourceType": "Goal", "id": "g", "meta": {"security": [label, TAG]}, "x": "goes"}
    assert cut(resource, entries({"x": "D3"}))["meta"]["security"] == [label, TAG]


# -- properties ------------------------------------------------------------------------------------------------------

LEVELS = ["D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9"]
NAMES = ["status", "note", "detail", "display", "text", "title", "extension", "_note", "url", "code"]
shapes = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        st.just("leaf"),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=3)
        ),
        max_leaves=12,
    ),
    min_size=1,
    max_size=5,
)


def fill(shape: Any, path: str = "") -> Any:
    """Put a canary into each leaf, made from the leaf's own path."""
    if isinstance(shape, dict):
        return {name: fill(child, f"{path}.{name}" if path else name) for name, child in shape.items()}
    if isinstance(shape, list):
        return [fill(child, f"{path}[{index}]") for index, child in enumerate(shape)]
    return canary(path)


def canary(path: str) -> str:
    return "canary" + "".join(f"{ord(c):x}" for c in path)


@st.composite
def cases(draw: Any) -> tuple[dict[str, Any], dict[str, dict[str, str]], frozenset[str]]:
    """Draw a resource of canaries, a trace over some of its paths, and what is permitted."""
    body = fill(draw(shapes))
    paths = sorted({prefix for path, _ in iter_leaves(body) for prefix in prefixes(path)})
    elements = draw(st.dictionaries(st.sampled_from(paths), st.sampled_from(LEVELS).map(lambda x: {"class": x})))
    permitted = draw(st.frozensets(st.sampled_from(LEVELS[:9]))) | {"D2"}
    return {"resourceType": "Basic", "id": "b", **body}, elements, permitted


def prefixes(path: str) -> list[str]:
    """All nodes on the way to a path, the root first, cut at dots and brackets."""
    cuts = [index for index, char in enumerate(path) if char in ".["]
    return ["", *(path[:cut] for cut in cuts), path]


def oracle_class(path: str, elements: dict[str, dict[str, str]]) -> str:
    """The slow twin: the longest prefix that has an entry. `_x` is `x`, unless it has one of its own."""
    plain = ".".join(part.removeprefix("_") for part in path.split("."))
    for each in (path, plain):
        found = [elements[prefix]["class"] for prefix in prefixes(each) if prefix and prefix in elements]
        if found:
            return found[-1]
    return elements.get("", {}).get("class", "none")


@settings(max_examples=60, deadline=None)
@given(cases())
def test_no_canary_of_a_class_that_is_not_permitted_survives(case: Any) -> None:
    resource, elements, permitted = case
    left = json.dumps(redact(resource, elements, data_class="D2", permitted=permitted))
    for path, value in iter_leaves({name: resource[name] for name in resource if name not in ("resourceType", "id")}):
        level = oracle_class(path, elements)
        is_frame = path.endswith(".url") and level == "none"
        assert level in permitted or is_frame or f'"{value}"' not in left


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_no_restatement_of_a_removed_value_survives(case: Any, data: Any) -> None:
    resource, elements, permitted = case
    spoken = [path for path, _ in iter_leaves(resource) if not path.startswith("text")]
    paths = [path for path in spoken if path not in ("resourceType", "id")]
    assume(paths)
    told = data.draw(st.sampled_from(paths))
    name = told.rsplit(".", 1)[-1].split("[")[0]
    resource = {**resource, "subject": {"display": f"As said: {canary(told)}!", "reference": "Patient/1"}}
    elements = {**elements, "subject": {"class": "D2"}}
    left = json.dumps(redact(resource, elements, data_class="D2", permitted=permitted))
    if f'"{canary(told)}"' not in left and name not in ("status", "url"):
        assert canary(told) not in left


@settings(max_examples=60, deadline=None)
@given(cases())
def test_redacting_again_changes_nothing(case: Any) -> None:
    resource, elements, permitted = case
    once = redact_with_trace(resource, elements, data_class="D2", permitted=permitted)
    assert once
    assert redact_with_trace(*once, data_class="D2", permitted=permitted) == once


@settings(max_examples=60, deadline=None)
@given(cases(), st.frozensets(st.sampled_from(LEVELS[:9])))
def test_redacting_to_less_in_two_steps_is_no_wider_than_in_one(case: Any, fewer: frozenset[str]) -> None:
    resource, elements, permitted = case
    fewer = (fewer & permitted) | {"D2"}
    first = redact_with_trace(resource, elements, data_class="D2", permitted=permitted)
    assert first
    direct = redact(resource, elements, data_class="D2", permitted=fewer)
    assert values(redact(*first, data_class="D2", permitted=fewer)) <= values(direct)


@settings(max_examples=60, deadline=None)
@given(cases(), st.frozensets(st.sampled_from(LEVELS[:9])))
def test_even_a_trace_that_no_longer_fits_adds_nothing(case: Any, others: frozenset[str]) -> None:
    resource, elements, permitted = case
    first = redact(resource, elements, data_class="D2", permitted=permitted)
    assert first
    assert values(redact(first, elements, data_class="D2", permitted=others | {"D2"})) <= values(first)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_nothing_empty_is_left(case: Any) -> None:
    resource, elements, permitted = case
    left = json.dumps(redact(resource, elements, data_class="D2", permitted=permitted))
    assert not any(gap in left for gap in ("{}", "[]", '": null'))


def values(tree: Any) -> set[Any]:
    return {value for path, value in iter_leaves(tree) if not path.startswith("meta")}


GENERATED = {"status": "generated", "div": "<div>active, Choir on Fridays</div>"}


def test_generated_narrative_stays_as_long_as_everything_does() -> None:
    elements = {**TRACE, "activity[0].detail.description": {"class": "D2"}, "note[0].text": {"class": "D2"}}
    told = {**PLAN, "text": GENERATED, "section": [{"title": "t", "text": GENERATED}]}
    whole = {**elements, "section[0].title": {"class": "D2"}}
    assert cut(told, whole) == told


def test_generated_narrative_goes_with_the_first_thing_that_goes_that_of_sections_too() -> None:
    told = {**PLAN, "text": GENERATED, "section": [{"title": "t", "text": GENERATED, "section": [{"text": GENERATED}]}]}
    left = cut(told, {**TRACE, "section[0].title": {"class": "D2"}})
    assert "text" not in left and left["section"] == [{"title": "t"}]


def test_a_narrative_that_nothing_is_known_of_goes() -> None:
    assert "text" not in cut(
        {**PLAN, "text": {**GENERATED, "status": "additional"}}, {**TRACE, **entries({"note": "D2"})}
    )


def test_an_own_narrative_stays_by_its_class() -> None:
    own = {"resourceType": "Goal", "status": "active", "text": {**GENERATED, "status": "additional"}}
    assert cut(own, entries({"status": "D2", "text": "D2"})) == own
    assert "text" not in cut(own, entries({"status": "D2", "text": "D4"}))
