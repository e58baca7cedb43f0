"""Codecs and code tables as an analyst meets them: in a map, checked, run both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import check_text

from fhirbridge.mapping.model import Map
from fhirbridge.mapping.put.propose import propose
from fhirbridge.mapping.run import Context, to_left, to_right

HERE = Context("harlan")
MAP = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe.schema.json}
right: {fhir: R4}
zone: America/New_York
policy: {unmapped-code: text-and-warn}
systems: {state: https://state.example/id}
tables:
  need: tables/need.json
  other: tables/other.csv
resources:
  request:
    make: ServiceRequest
    key: doc.no
    class: D2
    rows: |
      doc.need        <=> code                     | code need
      doc.from_to     <=> occurrencePeriod         | period from to DD.MM.YYYY
      doc.told        <=> patientInstruction       | markdown
      'active'         := status
      'plan'           := intent
      doc.client_no    => subject                  | ref patient
  patient:
    make: Patient
    key: doc.client_no
    class: D1
    rows: |
      doc             <=> name[0]                  | name LAST_NAME "FIRST NAME"
      doc.state_id    <=> identifier[0]            | identifier @state
      doc.phone       <=> telecom[0]               | telecom phone home
      doc.home        <=> address[0]               | address line=street city=town
      doc.photo       <=> photo[0]                 | attachment image/jpeg
"""
FIELDS = ["no", "client_no", "need", "told", "LAST_NAME", "FIRST NAME", "state_id", "phone", "photo"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["no", "client_no"],
    "properties": {
        **{name: {"type": "string"} for name in FIELDS},
        "from_to": {"type": "object", "properties": {"from": {"type": "string"}, "to": {"type": "string"}}},
        "home": {
            "type": "object",
            "properties": {"street": {"type": "array", "items": {"type": "string"}}, "town": {"type": "string"}},
        },
        "weeks": {"type": "integer"},
        "ratio": {"type": "string"},
    },
}
NEED = {
    "resourceType": "ConceptMap",
    "version": "2.1",
    "group": [
        {
            "target": "urn:need",
            "element": [
                {"code": "H", "target": [{"code": "housing", "equivalence": "equivalent"}]},
                {"code": "X", "target": [{"equivalence": "unmatched"}]},
            ],
            "unmapped": {"mode": "other-map", "url": "https://fhirbridge.org/fhir/ConceptMap/other"},
        }
    ],
}
OTHER = "# version: 7\nsource,system,target,display,equivalence,back\nW,urn:need,work,Work,equal,\n"
TREE: dict[str, Any] = {
    "no": "R-1",
    "client_no": "C-1",
    "need": "H",
    "from_to": {"from": "01.02.2026", "to": "28.02.2026"},
    "told": "one\n\ntwo",
    "LAST_NAME": "Vega",
    "FIRST NAME": "Ana",
    "state_id": "S-9",
    "phone": "555 0100",
    "home": {"street": ["Flat 2", "3 High St"], "town": "Ely"},
    "photo": "/9j/",
}
FILES = {"schemas__probe.schema_json": json.dumps(SCHEMA), "tables__need_json": json.dumps(NEED, indent=1)}
IGNORE = "ignore: {doc.weeks: not sent, doc.ratio: not sent}\n"


def checked(folder: Path, text: str = MAP, **files: str) -> tuple[list[Map], list[str]]:
    """Return the maps, and each finding as `CODE message (hint)`."""
    maps, issues = check_text(folder, text + IGNORE, **{**FILES, "tables__other_csv": OTHER, **files})
    return maps, [f"{issue.code} {issue.message} ({issue.hint})" for issue in issues]


@pytest.fixture
def probe(tmp_path: Path) -> Map:
    """The map, checked and without a finding."""
    maps, found = checked(tmp_path)
    assert [each for each in found if not each.startswith("FB2")] == []
    return maps[0]


def bodies(map_: Map, tree: dict[str, Any]) -> dict[str, Any]:
    made = to_right(map_, tree, HERE)
    assert [issue for issue in made.issues if issue.severity == "error"] == []
    return {item.type: item.body for item in made.items}


def test_a_document_becomes_resources(probe: Map) -> None:
    made = bodies(probe, TREE)
    patient, request = made["Patient"], made["ServiceRequest"]
    assert patient["name"] == [{"family": "Vega", "given": ["Ana"]}]
    assert patient["identifier"][0] == {"system": "https://state.example/id", "value": "S-9"}
    assert patient["address"] == [{"line": ["Flat 2", "3 High St"], "city": "Ely"}]
    assert patient["photo"] == [{"contentType": "image/jpeg", "data": "/9j/"}]
    assert request["occurrencePeriod"] == {"start": "2026-02-01", "end": "2026-02-28"}
    assert request["code"] == {"coding": [{"system": "urn:need", "code": "housing"}]}


@pytest.mark.parametrize("need", ["H", "W", "X", "own code", " odd "])
def test_a_document_comes_back_as_it_went_whatever_its_code(probe: Map, need: str) -> None:
    tree = {**TREE, "need": need}
    back = to_left(probe, list(bodies(probe, tree).items()), HERE)
    assert back.tree == tree
    assert back.issues == ()


@pytest.mark.parametrize(("need", "warned"), [("H", []), ("W", []), ("X", ["FB303"]), ("own", ["FB303"])])
def test_a_code_that_is_kept_as_the_sources_own_is_told(probe: Map, need: str, warned: list[str]) -> None:
    made = to_right(probe, {**TREE, "need": need}, HERE)
    assert [(issue.code) for issue in made.issues] == warned
    assert all(issue.severity == "warning" for issue in made.issues)


def test_fields_that_hold_nothing_make_nothing(probe: Map) -> None:
    made = bodies(probe, {"no": "R-1", "client_no": "C-1"})
    assert made["Patient"].keys() == {"resourceType", "id", "identifier"}


def test_a_row_knows_table_version_and_line(probe: Map) -> None:
    codec = next(row.codec for block in probe.blocks for row in block.rows if row.codec.table)
    assert codec.table is not None
    work, house = codec.table.find_row("W"), codec.table.find_row("H")
    assert work is not None and house is not None
    assert (codec.table.name, codec.table.version) == ("need", "2.1")
    assert (house.table, house.line, work.table, work.line) == ("need", 11, "other", 3)


def test_what_comes_back_changed_is_proposed_field_by_field(probe: Map) -> None:
    held = {**TREE, "need": "own", "weeks": 3, "told": "one\r\n\r\ntwo"}
    made = bodies(probe, held)
    made["Patient"]["name"] = [{"family": "Vega", "given": ["Rui"]}]
    made["ServiceRequest"]["occurrencePeriod"]["end"] = "2026-03-31"
    proposal = propose(probe, held, list(made.items()), HERE)
    assert proposal.tree == {**held, "FIRST NAME": "Rui", "from_to": {"from": "01.02.2026", "to": "31.03.2026"}}


def test_a_field_that_a_codec_takes_no_part_of_is_reported(tmp_path: Path) -> None:
    _, found = checked(tmp_path, MAP.replace("line=street city=town", "line=street"))
    assert [each for each in found if "doc.home.town" in each and each.startswith("FB213")]


TOLD = "doc.told        <=> patientInstruction       | markdown"
HOME = "doc.home        <=> address[0]               | address line=street city=town"
NEEDED = "doc.need        <=> code                     | code need"
SLIPS = [
    # what an analyst slips in, the finding, words of it
    ("period from to DD.MM.YYYY", "period from", "FB107", "2 to 4 arguments"),
    ("period from to DD.MM.YYYY", "period from from", "FB107", "two different fields"),
    ("period from to DD.MM.YYYY", "period from until", "FB201", "no `until`"),
    ("period from to DD.MM.YYYY", "period from to DD.MM", "FB107", "is no format"),
    ("period from to DD.MM.YYYY", "period from to DD.MM.YYYY cut", "FB107", "`cut` is no argument"),
    ("period from to DD.MM.YYYY", "name from to", "FB206", "cannot take object to Period (codecs that fit: period)"),
    ("| markdown", "| attachment text/html", "FB206", "cannot take string to string"),
    ("doc.told        <=> patientInstruction", "doc.told <=> instantiatesUri[0]", "FB206", "uri is none"),
    ("| markdown", "| decimal", "FB206", "codecs that fit: verbatim, markdown"),
    ("occurrencePeriod         | period from to", "occurrenceDateTime | period from to", "FB206", "cannot take"),
    (TOLD, "doc.told => authoredOn | datetime 'DD.MM.YYYY hh:mm' trim", "FB107", "`trim` is no argument"),
    (TOLD, "doc.weeks => quantityQuantity | duration fortnights", "FB107", "no unit"),
    (TOLD, "doc.weeks => quantityQuantity | quantity 'two words'", "FB107", "no UCUM unit"),
    (TOLD, "doc.told => quantityQuantity.value | decimal point", "FB107", "`point` is no argument"),
    (TOLD, "doc.home => occurrencePeriod | period street town", "FB206", "no single text"),
    ("name LAST_NAME", "name LAST-NAME", "FB201", "no `LAST-NAME`"),
    ('name LAST_NAME "FIRST NAME"', "name", "FB107", "needs to know the object's fields"),
    ('name LAST_NAME "FIRST NAME"', "name family=LAST_NAME family=phone", "FB107", "stands twice"),
    ('name LAST_NAME "FIRST NAME"', "name surname=LAST_NAME", "FB107", "`surname` is no part"),
    ('name LAST_NAME "FIRST NAME"', "name family=", "FB107", "cannot be read"),
    ("address line=street city=town", "address city=street", "FB206", "no single text"),
    (HOME, "doc.told => address[0] | address city=town", "FB107", "left side has none"),
    ("identifier @state", "identifier @sate", "FB108", "no system `sate`"),
    ("identifier @state", "identifier state", "FB107", "`state` is no URI"),
    ("identifier @state", "identifier by no in need", "FB107", "cannot be read"),
    ("telecom phone home", "telecom fone", "FB107", "did you mean phone"),
    ("telecom phone home", "telecom phone office", "FB107", "no use of a contact point"),
    ("attachment image/jpeg", "attachment jpeg", "FB107", "no media type"),
    (NEEDED, "doc.home => code | concept", "FB107", "neither `text` nor `code`"),
    ("code need", "code need else Z", "FB107", "is no source code"),
    ("code need", "code need or H", "FB107", "takes a table"),
    ("code need", "code nede", "FB108", "no table `nede`"),
    (TOLD, "doc.told => implicitRules | date DD.MM", "FB107", "is no format"),
    (TOLD, "doc.told => asNeededBoolean | flag Y Y", "FB107", "two different words"),
    (TOLD, "doc.told => performer[0] | ref Robot keyed robot", "FB110", "no resource type"),
    (TOLD, "doc.told => performer[0] | ref robot", "FB110", "no block"),
    (TOLD, "doc.told => performer[0] | ref Patient of robot", "FB107", "cannot be read"),
    (TOLD, "doc.told => status | verbatim", "FB206", "cannot make a code"),
    (TOLD, "doc.told => authoredOn | verbatim", "FB206", "does not look at it"),
    (TOLD, "doc.home => identifier[0] | identifier by street in town", "FB206", "no single text"),
    ("America/New_York", "America/New_York\nsystem: x", "FB102", ""),
]


@pytest.mark.parametrize(("good", "bad", "code", "words"), SLIPS, ids=[f"{s[2]} {s[1][-30:]}" for s in SLIPS])
def test_a_slip_is_told_in_plain_words(tmp_path: Path, good: str, bad: str, code: str, words: str) -> None:
    assert good in MAP
    _, found = checked(tmp_path, MAP.replace(good, bad, 1))
    assert [each for each in found if each.startswith(code) and words in each], found


def test_a_time_as_the_partner_writes_it_needs_the_maps_zone(tmp_path: Path) -> None:
    written = MAP.replace(TOLD, "doc.told => authoredOn | datetime 'DD.MM.YYYY hh:mm'")
    assert not [each for each in checked(tmp_path, written)[1] if "zone" in each]
    _, found = checked(tmp_path, written.replace("zone: America/New_York\n", ""))
    assert [each for each in found if each.startswith("FB107") and "needs `zone:`" in each]


FORMS = [
    # other ways to write a codec's arguments: a document's part, its row, what it makes
    ({"told": "7"}, "doc.told <=> identifier[0] | identifier keyed booking", "identifier"),
    ({"told": "7"}, "doc.told <=> requisition | identifier 'urn:x:y'", "requisition"),
    ({"pair": {"no": "7", "of": "urn:n"}}, "doc.pair <=> requisition | identifier by no in of", "requisition"),
    ({"pair": {"no": "7", "of": "urn:n"}}, "doc.pair <=> performerType | concept code=no system=of", "performerType"),
    ({"pair": {"no": "words"}}, "doc.pair <=> performerType | concept text=no code=of", "performerType"),
    ({"weeks": 3}, "doc.weeks <=> quantityQuantity | duration weeks", "quantityQuantity"),
    ({"weeks": 3}, "doc.weeks <=> quantityQuantity | quantity wk 'weeks'", "quantityQuantity"),
    ({"ratio": "2,50"}, "doc.ratio <=> quantityQuantity.value | decimal comma", "quantityQuantity"),
    ({"told": "22.11.2026 09:30:05"}, "doc.told <=> authoredOn | datetime 'DD.MM.YYYY hh:mm:ss'", "authoredOn"),
    ({"told": "Y"}, "doc.told <=> asNeededBoolean | flag Y N", "asNeededBoolean"),
]


@pytest.mark.parametrize(("part", "row", "element"), FORMS, ids=[each[1][-30:] for each in FORMS])
def test_each_form_of_a_codec_goes_and_comes_back(tmp_path: Path, part: dict[str, Any], row: str, element: str) -> None:
    pair = {"type": "object", "properties": {"no": {"type": "string"}, "of": {"type": "string"}}}
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "pair": pair}}
    maps, _ = checked(tmp_path, MAP.replace(TOLD, row), schemas__probe_schema_json=json.dumps(schema))
    tree = {name: value for name, value in TREE.items() if name != "told"} | part
    made = bodies(maps[0], tree)
    assert element in made["ServiceRequest"]
    assert to_left(maps[0], list(made.items()), HERE).tree == tree


HEAD = "source,system,target,display,equivalence,back\n"
ENUM: dict[str, Any] = {**SCHEMA, "properties": {**SCHEMA["properties"], "told": {"enum": ["a", "b"]}}}
CODED = [
    # the second table's lines, a row, what check says
    ("a,,active,,equal,\nb,,,,unmatched,\n", "doc.told => status | code other", ""),
    ("a,,active,,equal,\n", "doc.told => status | code other", "FB218 table `other` has no line for b"),
    ("a,,active,,equal,\n*,,on-hold,,fixed,\n", "doc.told => status | code other", ""),
    (
        "a,,active,,equal,\n*,,paused,,fixed,\n",
        "doc.told => status | code other",
        "FB211 table `other` line 3: `paused`",
    ),
    ("a,,active,,equal,\n*,,,,provided,\n", "doc.told => status | code other", "FB211 table `other` line 3 keeps"),
    ("a,,active,,equal,\nb,,draft,,equal,\nc,,draft,,equal,\n", "doc.told <=> status | code other", "FB212 table"),
    ("a,,active,,equal,\nb,,draft,,equal,\n*,,draft,,fixed,\n", "doc.told <=> status | code other", "FB212 table"),
]


@pytest.mark.parametrize(("lines", "row", "words"), CODED)
def test_a_table_is_met_with_the_codes_of_both_sides(tmp_path: Path, lines: str, row: str, words: str) -> None:
    text = MAP.replace(TOLD, row).replace("      'active'         := status\n", "").replace("code need", "code other")
    text = text.replace("doc.need        <=> code                     | code other", "doc.need => patientInstruction")
    files = {"schemas__probe_schema_json": json.dumps(ENUM), "tables__other_csv": HEAD + lines}
    _, found = checked(tmp_path, text.replace("  need: tables/need.json\n", ""), **files)
    told = [each for each in found if each[:5] in ("FB211", "FB212", "FB218")]
    assert [each for each in told if words and each.startswith(words)] or (not words and not told), found


TABLES = [
    # the second table's lines, the finding
    ("*,,need,,other-map,\n", "FB109 the tables go on without end: need → other → need"),
    ("*,,third,,other-map,\n", "FB109 no table `third`"),
    ("W,urn:need,work,,equal,\nW,urn:need,job,,equal,\n", "FB109 source code `W`"),
]


@pytest.mark.parametrize(("lines", "words"), TABLES)
def test_a_chain_of_tables_that_cannot_be_followed_is_told(tmp_path: Path, lines: str, words: str) -> None:
    _, found = checked(tmp_path, tables__other_csv=HEAD + lines)
    assert [each for each in found if each.startswith(words)], found
