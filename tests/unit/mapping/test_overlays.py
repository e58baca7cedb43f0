"""Overlays: a map that says only in what it differs from its base, by right-hand path."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import check_folder, check_text, extensions, shipped

from fhirbridge.errors import Issue
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import to_right

BASE = """\
map: probe
version: 1.0.0
left: {record: monitoring}
right: {fhir: R4}
zone: Europe/London
tables:
  result: tables/result.csv
systems:
  parts: https://parts.example
resources:
  report:
    make: Observation
    key: monitoring.id
    class: D2
    when: monitoring.compliant
    rows: |
      'final'                        := status
      'Monitoring report'            := code.text
      monitoring.client             <=> subject                 | ref Patient by number in system
      monitoring.agency             <=> performer[0]            | ref agency
      monitoring.worker             <=> performer[1]            | ref worker
      monitoring.period_start       <=> effectivePeriod.start   | date
      monitoring.period_end         <=> effectivePeriod.end     | date
      monitoring.sessions_offered   <=> component[code.coding.system=@parts].valueInteger
      monitoring.sessions_attended  <=> component[code.text=attended].valueInteger
      monitoring.compliant          <=> component[code.text=compliant].valueBoolean
      monitoring.tests[].id         <=> note[].id
      monitoring.tests[].on         <=> note[].time             | date
      monitoring.tests[].result     <=> note[].text             | code result
  agency:
    make: Organization for o in monitoring.agency
    key: o.number
    rows: |
      o.name   <=> name                        | verbatim
      o.phone  <=> telecom[system=phone].value | verbatim
  worker:
    make: Practitioner for w in monitoring.worker
    key: w.number
    rows: |
      w.name   <=> name[0].text                | verbatim
      w.phone  <=> telecom[system=phone].value | verbatim
      w.role   <=> qualification[0].code.text  | verbatim
ignore:
  monitoring.requirement: not here
  monitoring.progress: not here
  monitoring.clinical_comment: not here
"""
TABLE = """\
source,system,target,display,equivalence,back
negative,,neg,,equal,
positive,,pos,,equal,
refused,,ref,,equal,
invalid,,inv,,equal,
pending,,pen,,equal,
"""
HEAD = "map: over\nversion: 1.0.0\nextends: probe\n"
REPORT = {
    "id": "M-1",
    "client": {"number": "7", "system": "https://n.example"},
    "agency": {"number": "A", "name": "Riverside"},
    "worker": {"number": "W", "name": "Pat", "role": "officer"},
    "period_start": "2026-01-01",
    "period_end": "2026-02-01",
    "sessions_offered": 4,
    "sessions_attended": 3,
    "compliant": True,
    "tests": [{"id": "t1", "on": "2026-01-05", "result": "negative"}],
}


def check(folder: Path, **overlays: str) -> tuple[dict[str, Map], list[Issue]]:
    files = {f"partners__{name}_yaml": text for name, text in overlays.items()}
    maps, issues = check_text(folder, BASE, tables__result_csv=TABLE, **files)
    return {map_.name: map_ for map_ in maps}, errors(issues)


def errors(issues: list[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity == "error"]


def changed(folder: Path, text: str) -> Map:
    maps, issues = check(folder, over=HEAD + text)
    assert issues == []
    return maps["over"]


def made(map_: Map, type_: str = "Observation") -> dict[str, Any]:
    return next(item.body for item in to_right(map_, REPORT, Context("n")).items if item.type == type_)


def finding(folder: Path, text: str) -> Issue:
    _, issues = check(folder, over=HEAD + text)
    assert len(issues) == 1, issues
    return issues[0]


def test_an_overlay_without_changes_is_its_base(tmp_path: Path) -> None:
    maps, issues = check(tmp_path, over=HEAD)
    assert issues == []
    assert made(maps["over"]) == made(maps["probe"])


def test_a_row_replaces_the_bases_row_for_the_same_right_path(tmp_path: Path) -> None:
    map_ = changed(tmp_path, "resources:\n  report:\n    rows: |\n      'Report of a court order' := code.text\n")
    assert made(map_)["code"] == {"text": "Report of a court order"}
    assert len(map_.blocks[0].rows) == 13


def test_a_path_is_the_same_however_its_system_is_written(tmp_path: Path) -> None:
    component = "component[code.coding.system=https://parts.example].valueInteger"
    row = f"monitoring.sessions_offered <=> {component} | lossy 'a reason'"
    map_ = changed(tmp_path, f"resources:\n  report:\n    rows: |\n      {row}\n")
    assert len(map_.blocks[0].rows) == 13


def test_a_row_for_a_new_path_is_added(tmp_path: Path) -> None:
    map_ = changed(tmp_path, "resources:\n  report:\n    rows: |\n      'en' := language\n")
    assert made(map_)["language"] == "en"


def test_a_removed_path_is_written_no_more(tmp_path: Path) -> None:
    text = "resources:\n  worker:\n    remove: |\n      qualification[0].code.text   # not theirs\n"
    map_ = changed(tmp_path, text + "ignore:\n  monitoring.worker.role: not theirs\n")
    assert "qualification" not in made(map_, "Practitioner")


def test_a_field_that_is_left_out_must_be_ignored_with_a_reason(tmp_path: Path) -> None:
    found = finding(tmp_path, "resources:\n  worker:\n    remove: |\n      qualification[0].code.text\n")
    assert (found.code, found.location) == ("FB213", "partners/over.yaml:3:10")


def test_a_table_that_no_row_uses_any_more_goes_with_them(tmp_path: Path) -> None:
    row = "monitoring.tests[].result <=> note[].text"
    map_ = changed(tmp_path, f"resources:\n  report:\n    rows: |\n      {row}\n")
    assert made(map_)["note"][0]["text"] == "negative"
    assert map_.tables == {}


def test_a_whole_block_is_left_out(tmp_path: Path) -> None:
    text = "resources:\n  worker: remove\n  report:\n    remove: |\n      performer[1]\n"
    map_ = changed(tmp_path, text + "ignore:\n  monitoring.worker: not theirs\n")
    assert [block.name for block in map_.blocks] == ["report", "agency"]


def test_a_block_is_added(tmp_path: Path) -> None:
    text = "resources:\n  notice:\n    make: Basic\n    key: monitoring.id\n    rows: |\n      'notice' := code.text\n"
    assert made(changed(tmp_path, text), "Basic")["code"] == {"text": "notice"}


def test_key_class_and_condition_of_a_block_are_replaced(tmp_path: Path) -> None:
    text = "resources:\n  report:\n    keyed: reports\n    class: D3\n    when: not monitoring.compliant\n"
    block = changed(tmp_path, text).blocks[0]
    assert (block.keyed, block.data_class) == ("reports", "D3")
    assert not any(item.type == "Observation" for item in to_right(changed(tmp_path, text), REPORT, Context("n")).items)


def test_a_condition_is_taken_out(tmp_path: Path) -> None:
    text = "resources:\n  report:\n    when: remove\n"
    assert changed(tmp_path, text).blocks[0].when is None


def test_words_of_the_envelope_are_added_replaced_and_removed(tmp_path: Path) -> None:
    text = """\
zone: America/New_York
policy: {unmapped-field: reject}
tables: {result: tables/other.csv}
resources:
  report:
    rows: |
      monitoring.progress <=> component[code.text=progress].valueString
    key: monitoring.id
ignore:
  monitoring.progress: remove
"""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "other.csv").write_text(TABLE.replace(",neg,", ",negativ,"))
    map_ = changed(tmp_path, text)
    assert made(map_)["note"][0]["text"] == "negativ"
    assert map_.policy.unmapped_field == "reject"
    assert "monitoring.progress" not in map_.ignore


def test_a_profile_and_the_kind_of_bundle_are_replaced(tmp_path: Path) -> None:
    map_ = changed(tmp_path, "right: {profiles: {report: https://p.example/report}, bundle: transaction}\n")
    assert map_.right.profiles == {"report": "https://p.example/report"}
    assert map_.right.options == {"bundle": "transaction"}


def test_tests_of_the_base_stay_with_the_base(tmp_path: Path) -> None:
    assert changed(tmp_path, "").cases == ()


def test_rows_of_the_base_keep_their_places(tmp_path: Path) -> None:
    map_ = changed(tmp_path, "resources:\n  report:\n    rows: |\n      'en' := language\n")
    files = [row.place.file for row in map_.blocks[0].rows]
    assert files.count("records/probe.yaml") == 13
    assert files.count("partners/over.yaml") == 1


def test_an_overlay_stands_on_an_overlay_whatever_their_names(tmp_path: Path) -> None:
    far = "map: a-far\nversion: 1.0.0\nextends: z-near\nresources:\n  report:\n    rows: |\n      'de' := language\n"
    near = "map: z-near\nversion: 1.0.0\nextends: probe\nresources:\n  report:\n    rows: |\n      'en' := language\n"
    maps, issues = check(tmp_path, a=far, z=near)
    assert issues == []
    assert (made(maps["a-far"])["language"], made(maps["z-near"])["language"]) == ("de", "en")


def test_the_hash_changes_with_the_base_and_with_the_overlay(tmp_path: Path) -> None:
    first = changed(tmp_path, "").hash
    assert changed(tmp_path, "zone: Europe/Paris\n").hash != first
    changed(tmp_path, "")
    (tmp_path / "records" / "probe.yaml").write_text(BASE.replace("Monitoring report", "Report"))
    maps, _ = check_folder(tmp_path)
    assert {map_.name: map_.hash for map_ in maps}["over"] != first


def test_a_finding_in_a_row_of_the_base_says_which_overlay_met_it(tmp_path: Path) -> None:
    _, issues = check(tmp_path, over=HEAD + "resources:\n  agency: remove\nignore:\n  monitoring.agency: not theirs\n")
    assert [(i.code, i.location.split(":")[0]) for i in issues] == [("FB110", "records/probe.yaml")]
    assert "met by partners/over.yaml" in issues[0].message


CLASHES = {
    "no such base": (HEAD.replace("probe", "prob"), "FB116", 3),
    "no base": ("map: over\nversion: 1.0.0\n", "FB103", 1),
    "itself": (HEAD.replace("probe", "over"), "FB116", 3),
    "unknown key": (HEAD + "left: {record: plan}\n", "FB102", 4),
    "removed path that is not there": (HEAD + "resources:\n  report:\n    remove: |\n      code.txt\n", "FB117", 7),
    "removed table that is not there": (HEAD + "tables: {resul: remove}\n", "FB117", 4),
    "removed reason that is not there": (HEAD + "ignore: {monitoring.x: remove}\n", "FB117", 4),
    "unknown block": (HEAD + "resources:\n  reprt:\n    class: D3\n", "FB118", 6),
    "unknown block removed": (HEAD + "resources:\n  reprt: remove\n", "FB118", 5),
    "made again": (HEAD + "resources:\n  report:\n    make: Observation\n", "FB118", 6),
    "written and removed": (
        HEAD + "resources:\n  report:\n    rows: |\n      'x' := code.text\n    remove: |\n      code.text\n",
        "FB119",
        9,
    ),
    "removed twice": (
        HEAD + "resources:\n  report:\n    remove: |\n      note[].text\n      note[].text\n",
        "FB119",
        8,
    ),
    "written twice": (
        HEAD + "resources:\n  report:\n    rows: |\n      'x' := language\n      'y' := language\n",
        "FB119",
        8,
    ),
    "nothing new": (HEAD + "resources:\n  report:\n    rows: |\n      'final' := status\n", "FB223", 7),
    "other section": (HEAD + "records:\n  report: remove\n", "FB102", 5),
    "unreadable path": (HEAD + "resources:\n  report:\n    remove: |\n      note[\n", "FB105", 7),
}


@pytest.mark.parametrize("name", CLASHES)
def test_a_clash_is_found_in_its_line(name: str, tmp_path: Path) -> None:
    text, code, line = CLASHES[name]
    _, issues = check(tmp_path, over=text)
    assert (issues[0].code, issues[0].location.split(":")[:2]) == (code, ["partners/over.yaml", str(line)])


def test_a_circle_of_overlays_is_found(tmp_path: Path) -> None:
    one, two = (f"map: {a}\nversion: 1.0.0\nextends: {b}\n" for a, b in (("one", "two"), ("two", "one")))
    _, issues = check(tmp_path, one=one, two=two, three="map: three\nversion: 1.0.0\nextends: one\n")
    assert [issue.code for issue in issues] == ["FB116"] * 3


def test_a_tower_of_overlays_ends(tmp_path: Path) -> None:
    names = ["probe", "a", "b", "c", "d", "e"]
    texts = {above: f"map: {above}\nversion: 1.0.0\nextends: {below}\n" for below, above in pairwise(names)}
    maps, issues = check(tmp_path, **texts)
    assert [(issue.code, issue.location) for issue in issues] == [("FB116", "partners/e.yaml:3:10")]
    assert "d" in maps


def test_a_base_that_cannot_be_read_is_reported_once(tmp_path: Path) -> None:
    check(tmp_path, over=HEAD)
    (tmp_path / "records" / "probe.yaml").write_text(BASE.replace("zone: Europe/London", "zone: Europe/Londres"))
    _, issues = check_folder(tmp_path)
    assert [(issue.code, issue.location) for issue in errors(issues)] == [("FB103", "records/probe.yaml:5:7")]


def test_a_changed_base_reloads_its_overlay(tmp_path: Path) -> None:
    check(tmp_path, over=HEAD)
    before = MapLibrary.load(tmp_path, extensions())
    (tmp_path / "records" / "probe.yaml").write_text(BASE.replace("Monitoring report", "Report"))
    after = MapLibrary.load(tmp_path, extensions(), before=before)
    assert made(after.get("over"))["code"] == {"text": "Report"}


def test_lakeside_gets_the_plan_without_what_relatives_told() -> None:
    plan, lakeside = shipped().get("plan"), shipped().get("lakeside-hospital-plan")
    whole, without = ({row.right_text for block in each.blocks for row in block.rows} for each in (plan, lakeside))
    paths = whole ^ without
    assert paths == {"note[kind=family].text", "category[coding.system=@lakeside].coding[0].code"}


MESSAGE = """right: {bundle: message}
resources:
  header:
    make: MessageHeader
    key: monitoring.id
    class: D2
    rows: |
      'https://events.example' := eventCoding.system
      'report'                 := eventCoding.code
      'https://a.example/fhir' := source.endpoint
      monitoring.id            => focus[0] | ref report
"""


def test_the_block_with_which_a_bundle_begins_stands_first(tmp_path: Path) -> None:
    map_ = changed(tmp_path, MESSAGE)
    assert [block.name for block in map_.blocks] == ["header", "report", "agency", "worker"]
    assert to_right(map_, REPORT, Context("n")).items[0].type == "MessageHeader"
