"""Maps with CSV, XML and Bundle sides tried on files, both ways."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.maps import MAPPINGS, documents, shipped
from tests.support.records import as_tree, records

from fhirbridge.errors import InvalidContent, MalformedInput
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, to_right
from fhirbridge.services import sides
from fhirbridge.services.maps import trying

LAW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SAMPLES = MAPPINGS / "tests"


def run(name: str, body: bytes, *, reverse: bool = False) -> trying.Tried:
    return trying.map_file(MAPPINGS, name, body, reverse=reverse)


def changed(name: str, good: str, bad: str) -> bytes:
    encoding = "cp1252" if name.endswith("csv") else "utf-8"
    text = (SAMPLES / name).read_bytes().decode(encoding)
    assert good in text
    return text.replace(good, bad, 1).encode(encoding)


def test_each_line_of_the_jails_list_is_a_person_and_a_transition() -> None:
    tried = run("harlan-jail", (SAMPLES / "harlan-jail.csv").read_bytes())
    assert isinstance(tried.output, list) and tried.issues == ()
    assert [[each["kind"] for each in made] for made in tried.output] == [["person", "transition"]] * 3
    assert tried.output[0][0]["record"]["names"] == [{"family": "Núñez", "given": ["Inés"]}]
    assert tried.output[0][1]["record"]["medications"][0]["supply_days"] == 3


def test_the_jails_list_comes_back_but_for_what_is_ignored() -> None:
    body = (SAMPLES / "harlan-jail.csv").read_bytes()
    records_ = json.dumps(run("harlan-jail", body).output).encode()
    back = run("harlan-jail", records_, reverse=True)
    again = sides.read(sides.left_of(shipped().get("harlan-jail")), back.text)
    wanted = sides.read(sides.left_of(shipped().get("harlan-jail")), body)
    ignored = ("Bed Days", "Commissary")
    assert [each.tree for each in again] == [
        {name: value for name, value in each.tree.items() if name not in ignored} for each in wanted
    ]


def test_the_parole_notice_comes_back_but_for_what_is_ignored() -> None:
    body = (SAMPLES / "state-parole.xml").read_bytes()
    tried = run("state-parole", body)
    assert tried.issues == ()
    back = run("state-parole", json.dumps(tried.output).encode(), reverse=True)
    (again,) = sides.read(sides.left_of(shipped().get("state-parole")), back.text)
    (wanted,) = sides.read(sides.left_of(shipped().get("state-parole")), body)
    del wanted.tree["SupervisionLevel"]
    assert (again.tree, again.issues) == (wanted.tree, ())


def test_a_monitoring_record_becomes_a_sheet_and_comes_back() -> None:
    record = json.loads((SAMPLES / "monitoring.json").read_bytes())
    sheet = run("harlan-report", json.dumps(record).encode())
    assert sheet.issues == () or all(issue.severity == "warning" for issue in sheet.issues)
    assert sheet.text.startswith(b"Report No,") and len(sheet.text.splitlines()) == 1 + max(1, len(record["tests"]))
    record.pop("clinical_comment", None)
    assert run("harlan-report", sheet.text, reverse=True).output == record


SPOILT = [
    ("harlan-jail", "harlan-jail.csv", ";M;TRF;", ";Q;TRF;", "FB303", "doc.Sex", "line 3"),
    ("harlan-jail", "harlan-jail.csv", ";3;TEMPORARY", ";three;TEMPORARY", "FB308", "doc.Days Supplied", "line 2"),
    ("harlan-jail", "harlan-jail.csv", "12/14/2026", "14/12/2026", "FB304", "doc.Release Date", "line 3"),
    ("harlan-jail", "harlan-jail.csv", "Achterberg", "", "FB302", "doc.Last Name", "line 3"),
    ("state-parole", "state-parole.xml", ">CONFIRMED<", ">MAYBE<", "FB303", "doc.Release.ReleaseStatusCode", "line 15"),
    ("state-parole", "state-parole.xml", "2026-12-18", "2026-12-38", "FB304", "doc.Release.ReleaseDate", "line 14"),
    ("state-parole", "state-parole.xml", ' no="PB-K-1"', "", "FB302", "doc.Release.Condition[0].@no", ""),
]


@pytest.mark.parametrize(("name", "file", "good", "bad", "code", "path", "line"), SPOILT)
def test_what_does_not_fit_is_told_once_with_its_line(
    name: str, file: str, good: str, bad: str, code: str, path: str, line: str
) -> None:
    tried = run(name, changed(file, good, bad))
    found = [i for i in tried.issues if (i.code, i.expression) == (code, path) and i.severity == "error"]
    assert len(found) == 1
    assert line in f"{found[0].location} {found[0].message}"
    assert [i.expression for i in tried.issues if i.severity == "error"] == [path]


def test_what_cannot_be_read_or_written_is_refused() -> None:
    with pytest.raises(MalformedInput):
        run("harlan-jail", b"{}")
    with pytest.raises(MalformedInput):
        run("state-parole", b"{}")
    with pytest.raises(MalformedInput):
        run("harlan-report", b"{}", reverse=True)


def test_records_that_do_not_fit_the_partners_file_are_told_not_written() -> None:
    records_ = run("harlan-jail", (SAMPLES / "harlan-jail.csv").read_bytes()).output
    assert isinstance(records_, list)
    records_[1][0]["record"]["names"][0]["family"] = "日本"
    back = run("harlan-jail", json.dumps(records_).encode(), reverse=True)
    assert [(i.code, i.expression, i.location) for i in back.issues] == [("FB308", "doc.Last Name", "line 3")]
    assert back.text == b""


# -- laws, over the bytes


def lefts(map_: Map) -> st.SearchStrategy[Any]:
    return records(map_.left.names[0]).map(as_tree) if map_.left.kind == "record" else documents(map_.name)


def in_utf_8(end: sides.End) -> sides.End:
    """Return the same side in an encoding that has every character; others refuse by name, which is tested above."""
    options = {name: value for name, value in end.side.options.items() if name != "encoding"}
    return replace(end, side=replace(end.side, options=options))


WHOLE = {"date": "2026-11-22", "dateTime": "2026-11-22T09:30:00-05:00"}


def as_written(value: Any, shape: Any) -> Any:
    """Return a document whose texts are such as their XML types have: whole dates, tokens, at most 80 signs."""
    if isinstance(value, list):
        return [as_written(item, shape) for item in value]
    if isinstance(value, dict):
        return {name: as_written(item, shape.find_child(name)) for name, item in value.items()}
    if shape.xml is None or not isinstance(value, str):
        return value
    text = WHOLE.get(shape.xml.lexical, value)
    return (" ".join(text.split()) or "x") if shape.xml.lexical == "token" else text[:80]


@pytest.mark.parametrize("name", ["harlan-jail", "state-parole"])
@LAW
@given(data=st.data())
def test_any_document_is_written_and_read_as_it_was(name: str, data: st.DataObject) -> None:
    end = in_utf_8(sides.left_of(shipped().get(name)))
    tree = as_written(data.draw(documents(name)), end.shape)
    (again,) = sides.read(end, sides.write(end, [tree]))
    assert (again.tree, again.issues) == (tree, ())


@LAW
@given(data=st.data())
def test_any_document_that_a_map_makes_is_written_and_read_as_it_was(data: st.DataObject) -> None:
    map_ = shipped().get("harlan-report")
    made = to_right(map_, data.draw(lefts(map_)), Context("probation"))
    end = in_utf_8(sides.right_of(map_))
    trees = [item.body for item in made.items]
    assert [each.tree for each in sides.read(end, sides.write(end, trees))] == trees


def test_an_xml_document_that_breaks_its_schema_is_not_written() -> None:
    with pytest.raises(InvalidContent):
        sides.write(sides.left_of(shipped().get("state-parole")), [{}])


# -- Bundles and JSON documents on the right

NOTE = """\
map: note
version: 1.0.0
left: {record: monitoring}
right: {fhir: R4, bundle: document}
resources:
  note:
    make: Composition
    key: monitoring.id
    class: D2
    rows: |
      'final'                    := status
      'Monitoring report'        := title
      'Monitoring report'        := type.text
      monitoring.period_end      <=> date               | datetime
      monitoring.agency           => author[0]          | ref agency
      monitoring.client          <=> subject            | ref Patient by number in system
      monitoring.period_start    <=> event[0].period.start  | date
      monitoring.sessions_offered  => section[0].text.status  | when monitoring.id = 'never'
      monitoring.agency          <=> custodian          | ref agency
  agency: {make: Organization for organisation in monitoring.agency, use: organisation}
ignore: {}
"""


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "mappings"
    shutil.copytree(MAPPINGS / "fragments", folder / "fragments")
    (folder / "records").mkdir()
    fields = ("worker", "requirement", "sessions_offered", "sessions_attended", "compliant", "tests", "progress")
    ignore = "".join(f"  monitoring.{name}: not here\n" for name in (*fields, "clinical_comment"))
    text = "".join(line for line in NOTE.splitlines(keepends=True) if "never" not in line)
    text = text.replace("<=> date               | datetime", "<=> date               | datetime")
    (folder / "records" / "note.yaml").write_text(text.replace("ignore: {}\n", f"ignore:\n{ignore}"))
    return folder


RECORD = {
    "id": "m-1",
    "client": {"number": "c-1", "system": "urn:c"},
    "agency": {"number": "a-1", "name": "Riverside Recovery"},
    "period_start": "2026-10-01",
    "period_end": "2026-10-31",
    "sessions_offered": 4,
    "sessions_attended": 4,
}


def bundled(folder: Path, kind: str, **changes: Any) -> trying.Tried:
    file = folder / "records" / "note.yaml"
    file.write_text(file.read_text().replace("bundle: document", f"bundle: {kind}"))
    return trying.map_file(folder, "note", json.dumps({**RECORD, **changes}).encode())


def test_a_collection_links_its_resources_and_comes_back(maps: Path) -> None:
    tried = bundled(maps, "collection")
    bundle: Any = tried.output
    note, agency = bundle["entry"]
    assert note["fullUrl"].startswith("urn:uuid:") and note["fullUrl"] != agency["fullUrl"]
    assert note["resource"]["custodian"]["reference"] == agency["fullUrl"]
    assert "Patient/" in note["resource"]["subject"]["reference"]
    assert "request" not in note
    back = trying.map_file(maps, "note", json.dumps(bundle).encode(), reverse=True)
    wanted = {name: value for name, value in RECORD.items() if not name.startswith("sessions")}
    assert back.output == wanted


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_each_entry_of_a_batch_or_transaction_is_put_where_its_id_says(maps: Path, kind: str) -> None:
    bundle: Any = bundled(maps, kind).output
    for entry in bundle["entry"]:
        own = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["request"] == {"method": "PUT", "url": own}
    linked = bundle["entry"][0]["resource"]["custodian"]["reference"]
    assert linked.startswith("urn:uuid:" if kind == "transaction" else "Organization/")


def test_a_document_needs_the_time_of_its_composition(maps: Path) -> None:
    tried = bundled(maps, "document")
    assert ("FB304", "Composition.date") in [(issue.code, issue.expression) for issue in tried.issues]


def test_the_same_record_gives_the_same_bundle(maps: Path) -> None:
    assert bundled(maps, "collection").output == bundled(maps, "collection").output


@pytest.mark.parametrize("entries", [7, [7], {"a": 1}])
def test_a_bundle_of_another_shape_is_refused(maps: Path, entries: object) -> None:
    body = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
    with pytest.raises(MalformedInput):
        trying.map_file(maps, "note", body, reverse=True)


def test_a_document_whose_composition_could_not_be_made_is_no_document(maps: Path) -> None:
    file = maps / "records" / "note.yaml"
    file.write_text(
        file.read_text().replace("    class: D2\n", "    class: D2\n    when: monitoring.period_end = 'x'\n")
    )
    issues = bundled(maps, "document").issues
    assert ("FB302", "Composition") in [(issue.code, issue.expression) for issue in issues]


VISITS = """\
map: visits
version: 1.0.0
left: {record: monitoring}
right: {schema: schemas/visits.json}
documents:
  report:
    make: document
    key: monitoring.id
    rows: |
      monitoring.id             <=> report.no
      monitoring.requirement    <=> report.kind
      monitoring.progress       <=> report.progress
      monitoring.tests[].id     <=> tests[].no
      monitoring.tests[].on     <=> tests[].day   | date
      monitoring.tests[].result <=> tests[].result
ignore: {IGNORED}
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "report": {
            "type": "object",
            "properties": {
                "no": {"type": "string"},
                "kind": {"type": "string"},
                "progress": {"type": "string", "enum": ["engaged", "partly-engaged", "not-engaged", "completed"]},
            },
            "required": ["no", "kind"],
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"no": {"type": "string"}, "day": {"type": "string"}, "result": {"type": "string"}},
            },
        },
    },
}


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    for name in ("records", "schemas"):
        (folder / name).mkdir(parents=True)
    others = ("client", "agency", "worker", "period_start", "period_end", "sessions_offered", "sessions_attended")
    ignored = ", ".join(f"monitoring.{name}: not here" for name in (*others, "compliant", "clinical_comment"))
    (folder / "records" / "visits.yaml").write_text(VISITS.replace("IGNORED", ignored))
    (folder / "schemas" / "visits.json").write_text(json.dumps(SCHEMA))
    return folder


def test_a_record_becomes_a_json_document_and_comes_back(visits: Path) -> None:
    record = {**RECORD, "requirement": "drr", "tests": [{"id": "t-1", "on": "2026-10-02", "result": "negative"}]}
    tried = trying.map_file(visits, "visits", json.dumps(record).encode())
    document = {
        "report": {"no": "m-1", "kind": "drr"},
        "tests": [{"no": "t-1", "day": "2026-10-02", "result": "negative"}],
    }
    assert (tried.output, tried.issues, tried.text) == (document, (), b"")
    back = trying.map_file(visits, "visits", json.dumps([document]).encode(), reverse=True).output
    assert back == {"id": "m-1", "requirement": "drr", "tests": record["tests"]}


def test_what_a_document_lacks_is_told_at_our_own_field(visits: Path) -> None:
    tried = trying.map_file(visits, "visits", json.dumps(RECORD).encode())
    assert [(issue.code, issue.expression) for issue in tried.issues] == [("FB302", "monitoring.requirement")]
