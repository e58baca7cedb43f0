"""ConceptMaps: read and written, what is refused, what is left out by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.terminology.model import EQUIVALENCES, NEARNESS, Unmapped, make_table
from fhirbridge.terminology.tables import (
    CodeTable,
    TableError,
    TableRow,
    find_losses,
    format_concept_map,
    format_table,
    parse_concept_map,
    parse_table,
    read_table,
)
from fhirbridge.validation.check import check

MAP: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "url": "https://agency.example/ConceptMap/need",
    "version": "3.1",
    "title": "Needs",
    "status": "active",
    "group": [
        {
            "source": "urn:agency",
            "target": "urn:x",
            "element": [
                {"code": "a", "display": "Anger", "target": [{"code": "1", "equivalence": "equal"}]},
                {"code": "b", "target": [{"code": "2", "equivalence": "inexact", "comment": "roughly"}]},
                {"code": "c", "target": [{"equivalence": "unmatched"}]},
                {"code": "d"},
            ],
            "unmapped": {"mode": "fixed", "code": "9", "display": "Other"},
        }
    ],
}


def parsed(tree: Any) -> CodeTable:
    return parse_concept_map("need", json.dumps(tree, indent=1))


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the map with one place, such as `group.0.element.1.code`, set to a value."""
    tree: dict[str, Any] = json.loads(json.dumps(MAP))
    *way, last = path.split(".")
    node: Any = tree
    for name in way:
        node = node[int(name)] if name.isdecimal() else node[name]
    node[int(last) if last.isdecimal() else last] = value
    return tree


def test_a_concept_map_translates() -> None:
    table = parsed(MAP)
    assert (table.version, table.url) == ("3.1", "https://agency.example/ConceptMap/need")
    found = {code: row.target if (row := table.find_row(code)) else None for code in "abcdz"}
    assert found == {"a": "1", "b": "2", "c": None, "d": None, "z": "9"}


def test_each_row_knows_the_line_of_its_target() -> None:
    text = json.dumps(MAP, indent=1).split("\n")
    for row in parsed(MAP).rows:
        assert text[row.line - 1].strip() == "{"
        assert f'"code": "{row.target}"' in text[row.line]


def test_a_code_goes_back_from_its_system_only() -> None:
    table = parsed(MAP)
    assert table.find_back("urn:x", "1") is not None
    assert table.find_back("urn:y", "1") is None


@pytest.mark.parametrize("equivalence", sorted(EQUIVALENCES))
def test_every_equivalence_of_r4_is_honoured(equivalence: str) -> None:
    table = parsed(changed("group.0.element.0.target.0.equivalence", equivalence))
    assert (table.find_row("a") is not None) == (equivalence in NEARNESS)
    assert (table.find_back("urn:x", "1") is not None) == (equivalence in NEARNESS)


def test_the_nearest_of_several_targets_is_taken_whatever_their_order() -> None:
    targets = [{"code": "7", "equivalence": "relatedto"}, {"code": "8", "equivalence": "equivalent"}]
    for order in (targets, targets[::-1]):
        row = parsed(changed("group.0.element.0.target", order)).find_row("a")
        assert row is not None and row.target == "8"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("resourceType", "ValueSet", "expected a FHIR R4 ConceptMap"),
        ("group", {}, "`group` must be a list of objects"),
        ("group.0.element", [1], "`element` must be a list of objects"),
        ("group.0.unmapped", "x", "`unmapped` must be an object"),
        ("group.0.unmapped.mode", "guess", "unmapped.mode must be one of"),
        ("group.0.unmapped", {"mode": "other-map"}, "needs a url"),
        ("group.0.element.0.code", 7, "`code` must be a code"),
        ("group.0.element.0.code", "", "`code` must be a code"),
        ("group.0.element.0.code", "a  b", "`code` must be a code"),
        ("group.0.element.0.code", "\ud800", "`code` must be a code"),
        ("group.0.element.0.display", "x" * 1_001, "at most 1000 characters"),
        ("group.0.element.0.target.0.equivalence", "same", "equivalence must be one of"),
        ("group.0.element.0.target.0", {"equivalence": "equal"}, "`code` must be a code"),
        ("group.0.element.0.target.0.relationship", "equivalent", "FHIR R5"),
        ("group.0.element.0.target.0.dependsOn", [{}], "`ConceptMap.group.element.target.dependsOn`"),
        ("group.0.element.0.modifierExtension", [{}], "no place in a table"),
        ("group.0.element.0.target", [{"code": c, "equivalence": "wider"} for c in "12"], "source code `a`"),
        ("group.1", {}, ""),
    ],
)
def test_what_a_table_cannot_say_is_refused(path: str, value: Any, message: str) -> None:
    if path == "group.1":
        other = {"target": "urn:y", "unmapped": {"mode": "provided"}}
        path, value, message = "group", [*MAP["group"], other], "two groups say different things"
    with pytest.raises(TableError, match=message):
        parsed(changed(path, value))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ('{"resourceType": "ConceptMap"\n,}', 2),
        ('{\n"a": 1, "a": 2}', 1),
        ("[" * 100_000, 1),
        ('{"a": NaN}', 1),
        ('{"a": ' + "9" * 100_000 + "}", 1),
    ],
)
def test_what_is_no_concept_map_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(TableError) as caught:
        parse_concept_map("need", text)
    assert caught.value.line == line


KEYS = st.sampled_from(["group", "element", "target", "code", "unmapped", "mode", "extension"])
ODD_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(ODD_TREES)
def test_any_json_at_all_is_a_table_or_a_table_error(tree: Any) -> None:
    for whole in (tree, {"resourceType": "ConceptMap", "group": tree}):
        try:
            assert parsed(whole).name == "need"
        except TableError as error:
            assert error.line >= 0


def test_what_a_table_does_not_keep_is_listed() -> None:
    tree = changed("group.0.element.0.target.0.extension", [{"url": "urn:other"}])
    assert find_losses(json.dumps(tree)) == ("ConceptMap.group.element.target.extension", "ConceptMap.title")
    assert find_losses(json.dumps(changed("status", "retired"))) == ("ConceptMap.status", "ConceptMap.title")


# -- both ways

CODES = st.text("abcXYZ019.-", min_size=1, max_size=4)
SYSTEMS = st.sampled_from(["", "urn:x", "https://y.example/cs"])
WORDS = st.sampled_from(["", "Anger", 'One, "first"', "Zoë =1+1"])


@st.composite
def tables(draw: st.DrawFn) -> CodeTable:
    """Return tables as CSV could hold them: each source once, one line for every other code at most."""
    sources = draw(st.lists(CODES, unique=True, min_size=1, max_size=5))
    rows = []
    for line, source in enumerate(sources, 2):
        equivalence = draw(st.sampled_from(sorted(EQUIVALENCES)))
        is_match = equivalence in NEARNESS
        rows.append(
            TableRow(
                source=source,
                system=draw(SYSTEMS),
                target=draw(CODES) if is_match else "",
                display=draw(WORDS),
                equivalence=equivalence,
                back=is_match and draw(st.booleans()),
                line=line,
                table="need",
                source_system=draw(SYSTEMS),
                source_display=draw(WORDS),
                comment=draw(WORDS),
            )
        )
    end = draw(
        st.sampled_from(
            [
                None,
                Unmapped("fixed", rows[0].system, "9", "", 9, "need"),
                Unmapped("provided", rows[0].system, "", "", 9, "need"),
                Unmapped("other-map", "", "b", "", 9, "need"),
            ]
        )
    )
    return make_table("need", rows, end, version=draw(st.sampled_from(["", "1.0"])))


def meaning(table: CodeTable) -> Any:
    rows = sorted((*table.rows, *table.unmatched.values()), key=lambda row: row.source)
    end = replace(table.unmapped, line=0) if table.unmapped else None
    return [replace(row, line=0) for row in rows], end, table.version, table.url


@given(tables())
def test_a_table_comes_back_from_csv(table: CodeTable) -> None:
    assert meaning(parse_table("need", format_table(table))) == meaning(table)


@given(tables())
def test_a_table_comes_back_from_a_concept_map(table: CodeTable) -> None:
    made = format_concept_map(table)
    assert meaning(parse_concept_map("need", json.dumps(made))) == meaning(table)
    assert find_losses(json.dumps(made)) == ()


@given(tables())
def test_every_concept_map_that_is_written_is_valid_r4(table: CodeTable) -> None:
    wrong = [(i.expression, i.rule, i.message) for i in check(format_concept_map(table)) if i.severity == "error"]
    assert wrong == []


@pytest.mark.parametrize("text", ["*,urn:y,9,,fixed,\n", "*,,,,provided,\n", "a  b,urn:x,1,,equal,\n"])
def test_what_a_concept_map_cannot_say_is_refused_with_its_line(text: str) -> None:
    head = "source,system,target,display,equivalence,back\nx,urn:x,1,,equal,\n"
    with pytest.raises(TableError) as caught:
        format_concept_map(parse_table("need", head + text))
    assert caught.value.line == 3


def test_csv_has_no_place_for_the_code_that_means_every_other() -> None:
    with pytest.raises(TableError, match="every other code"):
        format_table(parsed(changed("group.0.element.0.code", "*")))


def test_the_ending_of_the_name_says_how_a_table_is_read() -> None:
    assert read_table("need", "tables/need.conceptmap.json", json.dumps(MAP)).version == "3.1"
    assert read_table("need", "tables/need.csv", "source,system,target,display,equivalence,back\n").rows == ()
