"""Running maps: lists, selectors, conditions, what is reported, what is restored."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import SAMPLES, check_text, shipped

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.coverage import MAX_ITEMS
from fhirbridge.mapping.interpret.work import MAX_WRITES, Run, TooMuch
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import WriteConflict, leaves, prune, read_first, write
from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.mapping.steps import Step, Where

HERE = Context("jail")
SCHEMA = {
    "type": "object",
    "properties": {
        "no": {"type": "string"},
        "who": {"type": "string"},
        "kept": {"type": "integer"},
        "of": {"type": "integer"},
        "note": {"type": ["string", "null"]},
        "kind": {"type": "string", "enum": ["jail", "court"]},
        "worth": {"type": "number"},
        "order": {"type": "string"},
        "cases": {
            "type": "array",
            "items": {"properties": {"visits": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}}},
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "on": {"type": "string"},
                    "r": {"type": "string", "enum": ["negative"]},
                },
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
      'completed'      := progress         | when doc.kept = 9
      doc.kind         => requirement      | when doc.kind = 'jail'
ignore: {doc.note: stays in the jail, doc.worth: nobody asks, doc.order: of one map, doc.cases: of one map}
"""
DOC = {"no": "1", "who": "7", "kept": 9, "of": 9, "tests": [{"id": "a", "on": "2026-11-01", "r": "negative"}]}


@pytest.fixture
def probe(tmp_path: Path) -> Map:
    maps, issues = read_probe(tmp_path, TEXT)
    assert issues == []
    return maps[0]


def read_probe(folder: Path, text: str) -> tuple[list[Map], list[Issue]]:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "probe_json").write_text(json.dumps(SCHEMA))
    return check_text(folder, text)


VISITS = """\
  visits:
    make: monitoring for v in doc.cases[].visits[]
    key: v.id
    rows: |
      v.id <=> id
"""
SOURCE_SLIPS = [
    ("tests[].on       | date", "tests[].on", "FB206", "holds a date", "date DD.MM.YYYY"),
    ("tests[].on       | date", "tests[].on | verbatim", "FB206", "holds a date", "date DD.MM.YYYY"),
    ("tests[].on       | date", "tests[].result | date", "FB206", "cannot make a code", "code TABLE"),
    ("doc.kind         => requirement ", "doc.kind         => progress ", "FB211", "may not", "code table"),
    ("doc.who         <=> client.number", "doc.who <=> progress", "FB211", "may be any text", "code table"),
    ("doc.kind = 'jail'", "doc.kind = 'jial'", "FB210", "no code of `doc.kind`", "jail"),
    ("make: monitoring", "make: contact", "FB110", "names no such record", "monitoring"),
    ("right: {record: monitoring}", "right: {record: monitorin}", "FB111", "no record kind", "monitoring"),
    ("schemas/probe_json", "schemas/probe", "FB111", "no file", "schemas/probe_json"),
    ("ignore: {", f"{VISITS}ignore: {{", "FB217", "has no way back", "outer item"),
    ("| date\n      doc.tests[].r ", "| datetime\n      doc.tests[].r ", "FB206", "cannot take", ""),
]


@pytest.mark.parametrize(
    ("good", "bad", "code", "message", "hint"), SOURCE_SLIPS, ids=[f"{s[2]} {s[3]}" for s in SOURCE_SLIPS]
)
def test_a_slip_in_a_source_map_is_told(
    tmp_path: Path, good: str, bad: str, code: str, message: str, hint: str
) -> None:
    assert good in TEXT
    told = [(i.code, i.message, i.hint) for i in read_probe(tmp_path, TEXT.replace(good, bad, 1))[1]]
    assert [each for each in told if each[0] == code and message in each[1] and hint in each[2]], told


CASES = """
      doc.order       <=> requirement      | when doc.kind = 'jail'
      doc.note        <=> requirement      | when doc.kind = 'court'
"""


@pytest.mark.parametrize("kind", ["jail", "court"])
def test_of_two_rows_with_conditions_the_one_that_holds_is_read_back(tmp_path: Path, kind: str) -> None:
    text = TEXT.replace("      doc.kind         => requirement      | when doc.kind = 'jail'\n", CASES[1:])
    text = text.replace(
        "      doc.who         <=> client.number\n",
        "      doc.who <=> client.number\n      doc.kind <=> worker.name\n      'w' := worker.number\n",
    )
    maps, issues = read_probe(
        tmp_path, text.replace("doc.note: stays in the jail, ", "").replace("doc.order: of one map, ", "")
    )
    assert issues == []
    document = {**DOC, "kind": kind, {"jail": "order", "court": "note"}[kind]: "weekly"}
    made = to_right(maps[0], document, HERE)
    assert made.items[0].body["requirement"] == "weekly"
    assert to_left(maps[0], [("monitoring", made.items[0].body)], HERE).tree == document


def reported(map_: Map, document: Any) -> list[tuple[str, str, str]]:
    return [(i.severity, i.code, i.expression) for i in to_right(map_, document, HERE).issues]


def test_a_condition_decides_on_a_constant(probe: Map) -> None:
    assert to_right(probe, DOC, HERE).items[0].body["progress"] == "completed"
    assert "progress" not in to_right(probe, {**DOC, "kept": 8}, HERE).items[0].body


def test_a_document_comes_back(probe: Map) -> None:
    made = to_right(probe, DOC, HERE)
    assert to_left(probe, [("monitoring", made.items[0].body)], HERE).tree == DOC


def test_a_decimal_is_a_number_and_null_is_nothing(probe: Map) -> None:
    assert reported(probe, {**DOC, "worth": Decimal("1.50"), "note": None}) == []


def test_a_key_that_may_be_data_is_not_shown(probe: Map) -> None:
    assert reported(probe, {**DOC, "Marisol Vega": 1}) == [("warning", "FB306", "doc.?")]


@pytest.mark.parametrize("key", ["", "\ud800", 7, None, ["1"]])
def test_what_cannot_be_a_key_makes_no_item(probe: Map, key: Any) -> None:
    assert to_right(probe, {**DOC, "no": key}, HERE).items == ()


def test_a_tree_deeper_than_any_record_is_refused(probe: Map) -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert reported(probe, {**DOC, "note": deep}) == [("error", "FB310", "doc")]


def test_more_problems_than_anyone_reads_are_counted(probe: Map) -> None:
    many = [{"id": str(n), "on": "never"} for n in range(3000)]
    found = reported(probe, {**DOC, "tests": many})
    assert (len(found), found[-1]) == (1001, ("error", "FB310", "doc"))


def test_many_warnings_are_no_error(probe: Map) -> None:
    assert {s for s, _, _ in reported(probe, {**DOC, "extra": list(range(3000))})} == {"warning"}


def test_two_records_for_one_place_are_a_conflict(probe: Map) -> None:
    body = to_right(probe, DOC, HERE).items[0].body
    back = to_left(probe, [("monitoring", body), ("monitoring", {**body, "id": "2"})], HERE)
    assert ("FB309", "id") in [(issue.code, issue.expression) for issue in back.issues]


def test_two_plans_for_one_place_are_a_conflict_not_an_exception() -> None:
    made = to_right(shipped().get("plan"), plan(), HERE).items[0]
    other = to_right(shipped().get("plan"), plan(id="p2"), HERE).items[0]
    back = to_left(shipped().get("plan"), [("CarePlan", made.body), ("CarePlan", other.body)], HERE)
    assert [(i.code, i.expression) for i in back.issues] == [("FB309", "CarePlan")]


def test_ten_thousand_notes_take_time_that_grows_with_their_number() -> None:
    many = [{"aspect": "age", "text": f"n{n}"} for n in range(MAX_ITEMS)]
    began = time.process_time()
    made = to_right(shipped().get("plan"), plan(circumstances=many), HERE)
    back = to_left(shipped().get("plan"), [(item.type, item.body) for item in made.items], HERE)
    assert back.tree["circumstances"] == many
    assert time.process_time() - began < 30  # looked up anew for each note it took minutes


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
    assert [at for at, _, _ in leaves({"a": [{"b": 1}, 2], "c": {}})] == ["a[0].b", "a[1]"]


def test_a_list_that_no_person_has_is_refused_not_cut(probe: Map) -> None:
    many = [{"id": str(n), "on": "2026"} for n in range(MAX_ITEMS + 1)]
    assert reported(probe, {**DOC, "tests": many}) == [("error", "FB310", "doc")]
    assert to_right(probe, {**DOC, "tests": many}, HERE).items == ()


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


@pytest.mark.parametrize(("state", "status"), [("cancelled", "cancelled"), ("confirmed", "planned"), (None, "planned")])
def test_a_release_that_is_off_cancels_its_day_and_comes_back(state: str | None, status: str) -> None:
    transition: dict[str, Any] = {
        "id": "t1",
        "client": {"number": "c1", "system": "urn:c"},
        "setting": "custody",
        "establishment": {"number": "e1", "name": "Northmoor"},
        "event": {"type": "release", "on": "2026-12-04", **({"state": state} if state else {})},
    }
    made = to_right(shipped().get("transition"), transition, HERE)
    assert made.items[1].body["status"] == status
    back = to_left(shipped().get("transition"), [(item.type, item.body) for item in made.items], HERE)
    assert (back.tree, back.issues) == (transition, ())


def test_an_index_counts_the_items_that_a_selector_leaves_over() -> None:
    second = (Step("note", index=1, where=(Where((Step("kind"),), "a"),)), Step("text"))
    tree: dict[str, Any] = {"note": [{"kind": "b"}]}
    assert write(tree, second, (), "x") == "note[2].text"
    assert read_first(tree, second) == "x"


@pytest.mark.parametrize("tree", [{"a": "text"}, {"a": ["text"]}, {"a": {"b": 1}}])
def test_writing_below_what_has_no_fields_is_a_conflict(tree: dict[str, Any]) -> None:
    with pytest.raises(WriteConflict):
        write(tree, (Step("a", index=0), Step("b")), (), "x")


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


def test_an_address_that_no_row_reads_is_reported_and_an_extensions_own_is_not() -> None:
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:mrn", "value": "9"}],
        "photo": [{"url": "https://hospital.example/face.png"}],
        "extension": [{"url": "urn:x", "valueString": "y"}],
    }
    found = to_left(shipped().get("person"), [("Patient", patient)], HERE).issues
    assert [issue.expression for issue in found] == ["Patient.photo[0].url", "Patient.extension[0].valueString"]


def test_a_schema_that_is_no_json_is_pointed_at_itself(tmp_path: Path) -> None:
    read_probe(tmp_path, TEXT)
    (tmp_path / "schemas" / "probe_json").write_text('{"type": "object",\n nonsense}')
    issue = check_text(tmp_path, TEXT)[1][0]
    assert (issue.code, issue.location) == ("FB111", "schemas/probe_json:2:2")


def test_a_schema_that_cannot_be_used_is_pointed_at_in_the_map(tmp_path: Path) -> None:
    read_probe(tmp_path, TEXT)
    for text in ('{"oneOf": []}', "[" * 100_000 + "]" * 100_000):
        (tmp_path / "schemas" / "probe_json").write_text(text)
        issue = check_text(tmp_path, TEXT)[1][0]
        assert (issue.code, issue.location) == ("FB111", "records/probe.yaml:3:7")


def test_a_resource_deeper_than_any_map_is_refused_on_the_way_back() -> None:
    deep: Any = {}
    for _ in range(100):
        deep = {"a": deep}
    back = to_left(shipped().get("person"), [("Patient", deep)], HERE)
    assert [(issue.code, issue.expression) for issue in back.issues] == [("FB310", "Patient")]


def test_a_run_that_writes_too_much_is_stopped(probe: Map) -> None:
    run = Run(probe, HERE)
    run.meter.spend(writes=MAX_WRITES)
    with pytest.raises(TooMuch, match=f"more than {MAX_WRITES} values"):
        run.count_write(())


def with_policy(folder: Path, policy: str) -> Map:
    maps, issues = read_probe(
        folder, TEXT.replace("right: {record: monitoring}", f"right: {{record: monitoring}}\npolicy: {policy}")
    )
    assert issues == []
    return maps[0]


def test_a_map_may_reject_what_it_has_no_row_for(tmp_path: Path) -> None:
    strict = with_policy(tmp_path, "{unmapped-field: reject}")
    assert reported(strict, {**DOC, "more": 1}) == [("error", "FB306", "doc.more")]


def test_a_map_may_report_what_is_missing(tmp_path: Path) -> None:
    lenient = with_policy(tmp_path, "{required-missing: report}")
    document = {name: value for name, value in DOC.items() if name != "who"}
    assert ("warning", "FB302", "doc.who") in reported(lenient, document)


def test_a_map_may_reject_what_it_does_not_know_on_the_way_back(tmp_path: Path) -> None:
    strict = with_policy(tmp_path, "{unknown-inbound: reject}")
    body = {**to_right(strict, DOC, HERE).items[0].body, "clinical_comment": "x"}
    found = to_left(strict, [("monitoring", body)], HERE).issues
    assert [(issue.severity, issue.code, issue.expression) for issue in found] == [
        ("error", "FB306", "monitoring.clinical_comment")
    ]


def test_a_constant_is_found_beside_what_others_put_first() -> None:
    plan = json.loads((SAMPLES / "plan.json").read_text("utf-8"))
    made = [(item.type, item.body) for item in to_right(shipped().get("plan"), plan, HERE).items]
    for category in next(body for type_, body in made if type_ == "CarePlan")["category"]:
        category["coding"].insert(0, {"system": "https://ehr.example/kinds", "code": "AC"})
    back = to_left(shipped().get("plan"), made, HERE)
    assert back.tree["type"] == plan["type"]
    assert {issue.code for issue in back.issues} == {"FB306"}
