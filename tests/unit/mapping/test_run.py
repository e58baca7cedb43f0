"""Running maps: lists, selectors, conditions, what is reported, what is restored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import check_text, shipped

from fhirbridge.errors import MapError
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import MAX_ITEMS, leaves, prune
from fhirbridge.mapping.run import Context, to_left, to_right

HERE = Context("jail")
SCHEMA = {
    "type": "object",
    "properties": {
        "no": {"type": "string"},
        "who": {"type": "string"},
        "kept": {"type": "integer"},
        "of": {"type": "integer"},
        "note": {"type": "string"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "on": {"type": "string"}, "r": {"type": "string"}},
                "required": ["id"],
            },
        },
    },
    "required": ["no", "who"],
}
TEXT = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe_json}
right: {record: monitoring}
records:
  report:
    make: monitoring
    key: doc.no
    rows: |
      doc.no          <=> id
      doc.who         <=> client.number
      'urn:jail'       := client.system
      'J'              := agency.number
      'County jail'    := agency.name
      '2026-11'        := period_start
      '2026-12'        := period_end
      doc.kept        <=> sessions_attended
      doc.of          <=> sessions_offered
      doc.tests[].id  <=> tests[].id
      doc.tests[].on  <=> tests[].on       | date
      doc.tests[].r   <=> tests[].result
      'completed'      := progress         | when doc.kept = '9'
ignore: {doc.note: stays in the jail}
"""
DOC = {"no": "1", "who": "7", "kept": 9, "of": 9, "tests": [{"id": "a", "on": "2026-11-01", "r": "negative"}]}


@pytest.fixture
def probe(tmp_path: Path) -> Map:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "probe_json").write_text(json.dumps(SCHEMA))
    maps, issues = check_text(tmp_path, TEXT)
    assert issues == []
    return maps[0]


def reported(map_: Map, document: Any) -> list[tuple[str, str, str]]:
    return [(i.severity, i.code, i.expression) for i in to_right(map_, document, HERE).issues]


def test_a_condition_decides_on_a_constant(probe: Map) -> None:
    assert to_right(probe, DOC, HERE).items[0].body["progress"] == "completed"
    assert "progress" not in to_right(probe, {**DOC, "kept": 8}, HERE).items[0].body


def test_a_document_comes_back(probe: Map) -> None:
    made = to_right(probe, DOC, HERE)
    assert to_left(probe, [("monitoring", made.items[0].body)], HERE).tree == DOC


def test_what_no_row_reads_is_reported_and_what_is_ignored_is_not(probe: Map) -> None:
    assert reported(probe, {**DOC, "extra": {"x": 1}, "note": "n"}) == [("warning", "FB306", "doc.extra.x")]


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"who": None}, ("error", "FB302", "doc.who")),
        ({"kept": "nine"}, ("error", "FB301", "doc.kept")),
        ({"kept": True}, ("error", "FB301", "doc.kept")),
        ({"tests": {}}, ("error", "FB301", "doc.tests")),
        ({"tests": [1]}, ("error", "FB301", "doc.tests[0]")),
    ],
)
def test_a_wrong_shape_is_an_error_at_its_path(probe: Map, change: dict[str, Any], issue: Any) -> None:
    assert issue in reported(probe, {**DOC, **change})


@pytest.mark.parametrize("document", [[], "text", None, 7, {"no": {}}])
def test_any_tree_is_answered_with_issues_not_exceptions(probe: Map, document: Any) -> None:
    assert any(severity == "error" for severity, _, _ in reported(probe, document))


def test_a_missing_key_makes_no_item(probe: Map) -> None:
    made = to_right(probe, {**DOC, "no": ""}, HERE)
    assert made.items == ()


def test_another_constant_on_the_way_back_is_an_error(probe: Map) -> None:
    body = {**to_right(probe, DOC, HERE).items[0].body, "period_start": "2020"}
    assert [i.code for i in to_left(probe, [("monitoring", body)], HERE).issues] == ["FB305"]


def test_an_item_with_nothing_in_it_moves_the_rest_up_in_tree_and_trace() -> None:
    tree, renamed = prune({"a": [{}, {"b": 1}, None, {"b": [[]]}]})
    assert tree == {"a": [{"b": 1}]}
    assert renamed["a[1].b"] == "a[0].b"


def test_leaves_are_concrete_paths() -> None:
    assert list(leaves({"a": [{"b": 1}, 2], "c": {}})) == ["a[0].b", "a[1]"]


def test_a_hostile_list_is_cut_before_it_costs_time(probe: Map) -> None:
    many = [{"id": str(n), "on": "2026"} for n in range(MAX_ITEMS + 5)]
    assert len(to_right(probe, {**DOC, "tests": many}, HERE).items[0].body["tests"]) == MAX_ITEMS
    assert ("warning", "FB306", f"doc.tests[{MAX_ITEMS}].id") in reported(probe, {**DOC, "tests": many})


def plan(**changes: Any) -> dict[str, Any]:
    worker = {"number": "w1", "name": "Dana Whitfield"}
    return {
        "id": "p1",
        "client": {"number": "c1", "system": "urn:c"},
        "agency": {"number": "a1", "name": "Riverside"},
        "type": "aftercare-plan",
        "status": "active",
        "keyworker": worker,
        **changes,
    }


def made_of(tree: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item.body for item in to_right(shipped().get("plan"), tree, HERE).items if item.type == kind]


def test_one_worker_in_two_places_is_one_practitioner() -> None:
    both = plan(assessment={"by": {"number": "w1", "name": "Dana Whitfield", "phone": "555"}})
    assert [p["telecom"] for p in made_of(both, "Practitioner")] == [[{"system": "phone", "value": "555"}]]


def test_one_worker_with_two_names_warns_and_keeps_the_first() -> None:
    made = to_right(shipped().get("plan"), plan(assessment={"by": {"number": "w1", "name": "D. W."}}), HERE)
    assert [(i.severity, i.code) for i in made.issues] == [("warning", "FB309")]


def test_two_goals_under_one_key_are_an_error() -> None:
    goals = [{"id": "g", "own_words": words, "status": "active"} for words in ("one", "two")]
    made = to_right(shipped().get("plan"), plan(goals=goals), HERE)
    assert ("error", "FB309") in [(i.severity, i.code) for i in made.issues]


def test_a_known_patient_is_referred_to_by_its_id() -> None:
    context = Context("jail", {("Patient", "urn:c", "c1"): "person-1"})
    care_plan = to_right(shipped().get("plan"), plan(), context).items[0].body
    assert care_plan["subject"]["reference"] == "Patient/person-1"


def test_the_same_key_gives_the_same_id_and_another_source_another() -> None:
    ids = [to_right(shipped().get("plan"), plan(), Context(source)).items[0].id for source in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]


def test_an_ehrs_referral_without_our_codings_becomes_a_record() -> None:
    request = {
        "resourceType": "ServiceRequest",
        "id": "x1",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/service-type", "code": "398"}]},
        "subject": {"identifier": {"system": "urn:mrn", "value": "9"}},
        "requester": {
            "identifier": {"system": "https://fhirbridge.org/fhir/sid/jail/organisation", "value": "H1"},
            "display": "Lakeside",
        },
    }
    tree = to_left(shipped().get("referral"), [("ServiceRequest", request)], HERE).tree
    assert (tree["status"], tree["category"], tree["from_agency"]["name"]) == ("sent", "outreach", "Lakeside")


def test_an_unknown_map_is_named_with_a_hint() -> None:
    with pytest.raises(MapError) as caught:
        shipped().get("plam")
    assert "plan" in caught.value.issues[0].hint
