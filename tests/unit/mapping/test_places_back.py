"""Where items go on the way back: places made by references, places of their own, and conditions that wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.maps import check_text

from fhirbridge.consent.redact import redact
from fhirbridge.mapping.interpret import back
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, to_left, to_right

HERE = Context("partner")
TEXT = {"type": "string"}
STEP = {"properties": {"no": TEXT, "by": TEXT, "until": TEXT}, "required": ["no"]}
SCHEMA = {
    "properties": {
        "no": TEXT,
        "on": TEXT,
        "wish": TEXT,
        "aims": {
            "type": "array",
            "items": {
                "properties": {
                    "no": TEXT,
                    "about": {"type": "array", "items": TEXT},
                    "steps": {"type": "array", "items": STEP},
                },
                "required": ["no"],
            },
        },
        "troubles": {
            "type": "array",
            "items": {"properties": {"no": TEXT, "met": {"type": "boolean"}}, "required": ["no"]},
        },
    },
    "required": ["no"],
}
HEAD = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe_json}
right: {fhir: R4}
resources:
"""
BLOCKS = """\
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      'active'               := status
      'plan'                 := intent
      'x'                    := subject.display
      doc.aims[]            <=> goal[]                               | ref aim
      doc.troubles[met=true][] => addresses[]                        | ref trouble
      'wished'               := title                                | when doc.wish
  aim:
    make: Goal for a in doc.aims[]
    key: a.no
    rows: |
      'active'               := lifecycleStatus
      'x'                    := description.text
      'x'                    := subject.display
      a.about[]             <=> addresses[]                          | ref trouble
      a.steps[]             <=> extension[url=urn:step][].valueReference | ref step
  step:
    make: Goal for s in doc.aims[].steps[]
    key: s.no
    rows: |
      'completed'            := lifecycleStatus                      | when s.until
      'active'               := lifecycleStatus                      | when not s.until
      'x'                    := description.text
      'x'                    := subject.display
      s.until               <=> statusDate                           | date
  helper:
    make: Task for s in doc.aims[].steps[]
    key: s.no
    when: s.by
    rows: |
      'requested'            := status
      'plan'                 := intent
      s.by                  <=> description
  trouble:
    make: Condition for t in doc.troubles[]
    key: t.no
    rows: |
      'x'                    := subject.display
      t.met                 <=> extension[addressed]
  wish:
    make: Basic
    key: doc.no
    when: doc.wish
    rows: |
      doc.wish              <=> code.text
  paper:
    make: Composition
    key: doc.no
    rows: |
      'final'                := status
      'x'                    := type.text
      'x'                    := title
      'x'                    := author[0].display
      doc.on                <=> date                                 | date
      'unknown'              := _date.extension[data-absent-reason]  | when not doc.on
"""
TREE: dict[str, Any] = {
    "no": "1",
    "wish": "quiet mornings",
    "aims": [
        {"no": "a", "about": ["t2"], "steps": [{"no": "s1", "by": "Jo", "until": "2026-05-01"}, {"no": "s2"}]},
        {"no": "b", "steps": [{"no": "s3", "by": "Al"}]},
    ],
    "troubles": [{"no": "t1", "met": False}, {"no": "t2", "met": True}],
}


def read(folder: Path) -> Map:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "probe_json").write_text(json.dumps(SCHEMA))
    maps, issues = check_text(folder, HEAD + BLOCKS)
    assert maps, issues
    return maps[0]


def sent(map_: Map) -> list[tuple[str, dict[str, Any]]]:
    return [(item.type, item.body) for item in to_right(map_, TREE, HERE).items]


def test_all_comes_back_to_its_place_and_no_condition_is_judged_too_early(tmp_path: Path) -> None:
    map_ = read(tmp_path)
    for way_back in (to_left, back.to_left):
        restored = way_back(map_, sent(map_), HERE)
        assert (restored.tree, restored.issues) == (TREE, ())


def test_a_reference_that_only_goes_right_or_holds_a_key_alone_makes_no_place(tmp_path: Path) -> None:
    map_ = read(tmp_path)
    without_troubles = [(type_, body) for type_, body in sent(map_) if type_ != "Condition"]
    assert "troubles" not in to_left(map_, without_troubles, HERE).tree
    (plan,) = (body for type_, body in sent(map_) if type_ == "CarePlan")
    assert [each["identifier"]["value"] for each in plan["addresses"]] == ["t2"]


def test_a_block_after_another_over_the_same_nested_list_finds_its_places(tmp_path: Path) -> None:
    map_ = read(tmp_path)
    flags = {block.name: block.is_referenced for block in map_.blocks}
    assert flags["aim"] and flags["step"] and flags["helper"] and not flags["trouble"]
    alone = [(type_, body) for type_, body in sent(map_) if type_ == "Task"]
    assert to_left(map_, alone, HERE).tree == {}


def test_what_stands_beside_a_primitive_is_written_read_and_shown(tmp_path: Path) -> None:
    map_ = read(tmp_path)
    (paper,) = (item for item in to_right(map_, TREE, HERE).items if item.type == "Composition")
    assert "date" not in paper.body and paper.body["_date"]["extension"][0]["valueCode"] == "unknown"
    elements = {path: {**entry, "class": "D3"} for path, entry in paper.trace["elements"].items()}
    assert redact(paper.body, elements, data_class="D3", permitted=frozenset({"D3"})) == paper.body
    dated = to_right(map_, {**TREE, "on": "2026-05"}, HERE).items
    (paper,) = (item for item in dated if item.type == "Composition")
    assert paper.body["date"] == "2026-05" and "_date" not in paper.body
