"""Why an element is not there: each thing that can keep a row from writing, told by path and never by value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import CANARY, check_text

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.reasons import find_row, find_table_line, instances, why_absent
from fhirbridge.mapping.run import to_right

SCHEMA = {
    "type": "object",
    "required": ["no"],
    "properties": {
        **{name: {"type": "string"} for name in ("no", "sex", "name", "born", "by")},
        "notes": {
            "type": "array",
            "items": {"type": "object", "properties": {"no": {"type": "string"}, "text": {"type": "string"}}},
        },
    },
}
TABLE = "source,system,target,display,equivalence,back\nM,,male,,equal,\nF,,female,,equal,\n"
TEXT = """map: probe
version: 1.0.0
left: {schema: schemas/probe.json}
right: {fhir: R4}
tables: {sex: tables/sex.csv}
resources:
  client:
    make: Patient
    key: doc.no
    rows: |
      doc.sex         <=> gender          | code sex
      doc.name         => name[0].text    | verbatim when doc.sex = 'M'
      doc.by & doc.name => maritalStatus.text
      doc.notes[].text => contact[].name.text
      'work'           := contact[].address.use
      doc.born        <=> birthDate       | date
  said:
    make: Communication for n in doc.notes[]
    key: n.no
    when: doc.name
    rows: |
      n.text          <=> payload[0].contentString
      'completed'      := status
"""


@pytest.fixture
def probe(tmp_path: Path) -> Map:
    maps, _ = check_text(tmp_path, TEXT, schemas__probe_json=json.dumps(SCHEMA), tables__sex_csv=TABLE)
    return maps[0]


def reasons(map_: Map, tree: dict[str, Any], block: str, path: str) -> list[str]:
    """Return the texts of the reasons, after making sure that no value is among them."""
    context = Context("local")
    issues = to_right(map_, tree, context).issues
    (own,) = [each for each in map_.blocks if each.name == block]
    found = why_absent(map_, list(instances(map_, own, tree)), path, issues, context)
    assert CANARY not in str(found)
    return [reason.text for reason in found]


def test_an_empty_field_is_named_as_far_as_it_is_there(probe: Map) -> None:
    tree = {"no": "1", "notes": [{"no": "n1"}, {"no": "n2", "text": CANARY}]}
    assert reasons(probe, tree, "client", "birthDate") == ["The source field `doc.born` is empty."]
    assert reasons(probe, tree, "client", "contact[0].name.text") == ["The source field `doc.notes[0].text` is empty."]
    assert reasons(probe, tree, "client", "contact[4].name.text") == ["The source field `doc.notes[4]` is empty."]


def test_a_code_in_no_table_is_told_as_the_codec_tells_it(probe: Map) -> None:
    (told,) = reasons(probe, {"no": "1", "sex": CANARY}, "client", "gender")
    assert told == "Codec code refuses `doc.sex` (FB303): expected a code of table sex: F, M."


def test_a_condition_that_does_not_hold_is_told_with_what_it_reads(probe: Map) -> None:
    (told,) = reasons(probe, {"no": "1", "name": CANARY, "sex": "F"}, "client", "name[0].text")
    assert told == "`when doc.sex = 'M'`: its condition does not hold; it reads doc.sex."
    (told,) = reasons(probe, {"no": "1", "notes": [{"no": "n", "text": CANARY}]}, "said", "payload[0].contentString")
    assert told == "`when doc.name`: the condition of the block does not hold; it reads doc.name."


def test_an_expression_and_a_constant_of_a_list_have_their_own_words(probe: Map) -> None:
    (told,) = reasons(probe, {"no": "1"}, "client", "maritalStatus.text")
    assert told == "The expression comes to nothing; it reads doc.by, doc.name."
    (told,) = reasons(probe, {"no": "1"}, "client", "contact[0].address.use")
    assert "they made none here" in told


def test_an_item_without_a_key_makes_nothing(probe: Map) -> None:
    (told,) = reasons(probe, {"no": "1", "name": "x", "notes": [{"text": CANARY}]}, "said", "payload")
    assert told == "The item has no key: `doc.notes[0].no` is empty, so nothing is made of it."


def test_what_no_row_writes_is_told_with_what_is_near_it(probe: Map) -> None:
    assert reasons(probe, {"no": "1"}, "client", "id")[0].startswith("id is made by the bridge")
    assert reasons(probe, {"no": "1"}, "client", "text.div")[0].startswith("text is made by the bridge")
    (told,) = reasons(probe, {"no": "1"}, "client", "contact[0].name.family")
    assert told == "No row of map probe writes Patient.contact[0].name.family. Did you mean contact.name.text?"
    (told,) = reasons(probe, {"no": "1"}, "client", "genderr")
    assert told == "FHIR has no element `genderr` in Patient. Did you mean gender?"


def test_a_value_that_met_another_is_told_with_the_finding(probe: Map) -> None:
    told = reasons(probe, {"no": "1", "born": "2001-02-03"}, "client", "birthDate")
    assert told == ["`doc.born` is there, and the row writes another part or another item of what was asked about."]


def test_the_line_of_a_table_is_found_by_a_value_that_is_not_told(probe: Map) -> None:
    row = find_row(probe, "Patient", "gender", "records/probe.yaml", 11)
    assert row is not None
    assert find_table_line(probe, row, "F") == "tables/sex.csv:3"
    assert find_table_line(probe, row, CANARY) == "tables/sex.csv"
    other = find_row(probe, "Patient", "birthDate", "records/probe.yaml", 16)
    assert other is not None and find_table_line(probe, other, "F") == ""
    assert find_row(probe, "Patient", "birthDate", "records/probe.yaml", 99) is None
