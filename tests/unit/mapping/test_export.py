"""A map as FHIR Mapping Language and StructureMap: both say the same, R4 takes it, and nothing is left out silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.fml import FmlError, parse_fml
from tests.support.maps import check_text, shipped
from tests.support.structure_map import Node, Runner

from fhirbridge.fhir.resources import to_model
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.export.build import Exported, gap_lines
from fhirbridge.mapping.export.fml import format_fml
from fhirbridge.mapping.export.left import export_left
from fhirbridge.mapping.export.right import export_right
from fhirbridge.mapping.export.structuremap import format_structure_map
from fhirbridge.mapping.export.tables import concept_map, tables_of
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import prune
from fhirbridge.mapping.run import to_left, to_right
from fhirbridge.mapping.shapes import fhir_shape

WAYS = {"right": export_right, "left": export_left}
_ONLY_JSON = ("documentation", "version", "title", "status", "description")


def bare(tree: Any) -> Any:
    """Return a StructureMap without what stands in comments of the text form."""
    if isinstance(tree, dict):
        return {key: bare(child) for key, child in tree.items() if key not in _ONLY_JSON}
    return [bare(item) for item in tree] if isinstance(tree, list) else tree


BOTH_WAYS = [name for name in shipped().names() if shipped().get(name).left.kind != "ccda"]
"""Maps with a way back; a StructureMap without a rule is none."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BOTH_WAYS)
def test_the_text_reads_as_the_resource_and_r4_takes_it(name: str, way: str) -> None:
    structure = WAYS[way](shipped().get(name), "local").structure
    resource = format_structure_map(structure)
    assert parse_fml(format_fml(structure)) == bare(resource)
    assert to_model(resource)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", shipped().names())
def test_every_row_is_a_rule_or_a_gap(name: str, way: str) -> None:
    map_ = shipped().get(name)
    exported = WAYS[way](map_, "local")
    text = format_fml(exported.structure)
    for block in map_.blocks:
        for row in block.rows:
            place = f"{row.place.file}:{row.place.line}"
            is_wanted = row.goes_right if way == "right" else row.goes_left
            assert not is_wanted or f"// {place} " in text or any(place in gap for gap in gap_lines(exported.gaps)), (
                place
            )


@pytest.mark.parametrize("name", shipped().names())
@pytest.mark.parametrize("back", [False, True])
def test_every_table_is_a_concept_map_that_r4_takes(name: str, back: bool) -> None:
    for table in tables_of(shipped().get(name)):
        tree = concept_map(table, back=back)
        assert to_model(tree)
        assert tree["url"].endswith("-back") is back


def test_a_table_turned_round_takes_each_target_back_by_one_line() -> None:
    (table,) = [each for each in tables_of(shipped().get("referral")) if each.name == "referral-request-status"]
    elements = [each for group in concept_map(table, back=True)["group"] for each in group["element"]]
    assert all(len(each["target"]) == 1 for each in elements)
    assert {each["code"]: each["target"][0]["code"] for each in elements}["active"] == table.backward[
        "", "active"
    ].source


@pytest.mark.parametrize(
    "text",
    [
        'map "u" = "M" group g(source a, target b) { a.x -> c.y = a "r"; }',
        'map "u" = "M" group g(source a, target b) { a.x as where -> b.y = a "r"; }',
        'map "u" = "M" group g(source a, target b) { a.x as v -> b.y = guess(v) "r"; }',
        'map "u" = "M" group g(source a, target b) { a.x as v -> b.y = v }',
    ],
)
def test_the_judge_of_the_text_is_strict(text: str) -> None:
    with pytest.raises(FmlError):
        parse_fml(text)


# -- every codec, on a made-up format

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["no"],
    "properties": {
        **{
            name: {"type": "string"}
            for name in ("no", "sex", "kind", "words", "mobile", "full", "born", "seen", "size")
        },
        "home": {"type": "object", "properties": {"street": {"type": "string"}, "town": {"type": "string"}}},
        "stay": {"type": "object", "properties": {"from": {"type": "string"}, "to": {"type": "string"}}},
        "named": {"type": "object", "properties": {"last": {"type": "string"}, "first": {"type": "string"}}},
        "alive": {"type": "string", "enum": ["Y", "N"]},
        "count": {"type": "string"},
        "alias": {"type": "array", "items": {"type": "string"}},
        "scan": {"type": "string"},
    },
}
TABLE = "source,system,target,display,equivalence,back\nM,,male,,equal,\nF,,female,,equal,\nX,,other,,equal,\n"
KINDS = "source,system,target,display,equivalence,back\nA,urn:k,a,Kind A,equal,\nB,urn:k,b,Kind B,equal,\n"
HEAD = """map: probe
version: 1.0.0
left: {schema: schemas/probe.json}
right: {fhir: R4}
policy: {unmapped-code: text-and-warn}
tables: {sex: tables/sex.csv, kind: tables/kind.csv}
resources:
  patient:
    make: Patient
    key: doc.no
    rows: |
"""


def probe(folder: Path, *rows: str) -> Map:
    """Return a map with these rows from the made-up format to a Patient."""
    text = HEAD + "".join(f"      {row}\n" for row in rows)
    files = {"schemas__probe_json": json.dumps(SCHEMA), "tables__sex_csv": TABLE, "tables__kind_csv": KINDS}
    maps, _ = check_text(folder, text, **files)
    return maps[0]


def both(map_: Map, tree: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the Patient that the export makes of a document, and the one that the map makes."""
    runner = run_of(map_, export_right(map_, "local"), back=False)
    node = Node({"resourceType": "Patient"}, fhir_shape("Patient"))
    runner.run(tree, node)
    (item,) = to_right(map_, tree, Context("local")).items
    return prune(node.tree)[0], {name: value for name, value in item.body.items() if name != "id"}


def run_of(map_: Map, exported: Exported, *, back: bool) -> Runner:
    trees = [concept_map(table, back=back) for table in tables_of(map_)]
    return Runner(format_structure_map(exported.structure), {each["url"]: each for each in trees})


def back_again(map_: Map, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the document that the export brings back of a Patient, and the one that the map brings back."""
    node = Node({}, map_.left_shape)
    run_of(map_, export_left(map_, "local"), back=True).run(body, node)
    return prune(node.tree)[0], to_left(map_, [("Patient", body)], Context("local")).tree


ROWS: dict[str, dict[str, Any]] = {
    "doc.sex <=> gender | code sex": {"sex": "F"},
    "doc.sex => gender | code sex else X": {"sex": "Z"},
    "doc.kind <=> maritalStatus | code kind": {"kind": "B"},
    "doc.words <=> maritalStatus.text | markdown": {"words": "two\nlines"},
    "doc.mobile <=> telecom[0] | telecom phone mobile": {"mobile": "555 0100"},
    "doc.full <=> name[0] | name": {"full": "Ada Quill"},
    "doc.named <=> name[0] | name family=last given=first": {"named": {"last": "Quill", "first": "Ada"}},
    "doc.home <=> address[0] | address line=street city=town": {
        "home": {"street": "1 Elm Street", "town": "Northmoor"}
    },
    "doc.born <=> birthDate | date DD.MM.YYYY": {"born": "03.02.1990"},
    "doc.seen <=> deceasedDateTime | datetime": {"seen": "2026-01-02T03:04:05Z"},
    "doc.alive <=> active | flag Y N": {"alive": "N"},
    "doc.count <=> multipleBirthInteger | integer": {"count": "2"},
    'doc.words <=> identifier[0] | identifier "urn:other"': {"words": "42"},
    "doc.stay <=> address[0].period | period from to YYYY-MM-DD": {"stay": {"from": "2026-01-02", "to": "2026-02-03"}},
    "doc.alias[] <=> name[].text | verbatim": {"alias": ["Ada", "Lady A"]},
    "doc.sex => gender | code sex default 'X'": {},
    "doc.words & ' / ' & doc.full => maritalStatus.text": {"words": "one", "full": "two"},
    "doc.words => maritalStatus.text | when doc.sex = 'M' and not doc.full": {"words": "one", "sex": "M"},
    "doc.words => maritalStatus.text | when doc.sex != 'M' or doc.alias[].exists()": {"words": "one", "sex": "M"},
    "'other' := gender | when doc.sex in ('X', 'M')": {"sex": "X"},
}
"""Row -> what of the document it is shown on."""


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_each_codec_says_what_it_does(tmp_path: Path, row: str) -> None:
    map_ = probe(tmp_path, row)
    exported, made = both(map_, {"no": "p-1", **ROWS[row]})
    assert exported == made
    if " <=> " in row:
        brought, expected = back_again(map_, made)
        assert brought == expected == {"no": "p-1", **ROWS[row]}


def test_a_code_in_no_table_is_kept_as_text(tmp_path: Path) -> None:
    map_ = probe(tmp_path, "doc.kind <=> maritalStatus | code kind")
    exported, made = both(map_, {"no": "p-1", "kind": "C"})
    assert exported["maritalStatus"] == {"text": "C"}
    assert made["maritalStatus"]["text"] == "C"


@pytest.mark.parametrize(
    ("row", "way", "gap"),
    [
        ("doc.scan <=> photo[0] | attachment", "right", "codec attachment"),
        ("doc.scan <=> photo[0] | attachment", "left", "codec attachment"),
        ("doc.words <=> name[0].text | verbatim when doc.sex = 'M'", "left", "condition asks"),
        ("'x' := name[0].text | when doc.sex = 'M'", "left", "not verified"),
        ("doc.words & doc.full => gender | code sex", "right", "expression with a codec"),
        ("doc.words <=> name[1].text | verbatim", "left", "second or a later item"),
    ],
)
def test_what_the_language_cannot_say_is_named(tmp_path: Path, row: str, way: str, gap: str) -> None:
    exported = WAYS[way](probe(tmp_path, row), "local")
    assert [line for line in gap_lines(exported.gaps) if gap in line and "records/probe.yaml:12" in line]
    assert gap in exported.structure.documentation


def test_two_lists_into_one_are_told(tmp_path: Path) -> None:
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "nick": {"type": "array", "items": {"type": "string"}}}}
    text = HEAD + "      doc.alias[] => name[].text\n      doc.nick[] => name[].family\n"
    files = {"schemas__probe_json": json.dumps(schema), "tables__sex_csv": TABLE, "tables__kind_csv": KINDS}
    maps, _ = check_text(tmp_path, text, **files)
    assert any("several lists" in line for line in gap_lines(export_right(maps[0], "local").gaps))
