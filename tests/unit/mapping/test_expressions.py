"""Expressions: what they come to, on trees of every shape."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests.support.maps import ODD_VALUES, check_text

from fhirbridge.mapping.binding.expressions import bind_expression
from fhirbridge.mapping.binding.notes import Notes, Refused, Surroundings
from fhirbridge.mapping.expressions import MAX_TEXT, compare, holds
from fhirbridge.mapping.model import Map, MapText, Place, Policy, Side
from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.mapping.shapes import schema_shape
from fhirbridge.mapping.text.expressions import parse_expression

AT = Place("probe.yaml", 1, 1)
FIELDS = {
    "name": {"type": "string", "x-sensitivity": "D1"},
    "kind": {"type": "string", "enum": ["jail", "court"]},
    "on": {"type": "string"},
    "age": {"type": "integer"},
    "share": {"type": "number"},
    "open": {"type": "boolean"},
    "own words": {"type": "string"},
    "steps": {"type": "array", "items": {"properties": {"by": {"type": "string"}, "done": {"type": "boolean"}}}},
    "site": {"properties": {"code": {"type": "string"}}},
}
SHAPE = schema_shape({"properties": FIELDS})
DOC: dict[str, Any] = {
    "name": "Ana",
    "kind": "jail",
    "on": "2026-05",
    "age": 30,
    "share": Decimal("0.5"),
    "open": False,
    "own words": "a garden",
    "steps": [{"by": "Bo", "done": True}, {"by": "Cy"}],
}


def notes() -> Notes:
    side = Side("schema", ("x",))
    empty: Any = {}
    written = MapText("p", "1", "p.yaml", "", side, side, "", empty, empty, Policy(), empty, (), (), empty)
    return Notes(written, Surroundings(SHAPE, {}, {}, {}))


def value(text: str, tree: Any = DOC) -> Any:
    bound = bind_expression(notes(), parse_expression(text, AT), {"doc": SHAPE})
    return bound.expression.values({"doc": tree})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("doc.name", ["Ana"]),
        ('doc."own words"', ["a garden"]),
        ("doc.name & ', ' & doc.kind", ["Ana, jail"]),
        ("doc.name & doc.site.code", ["Ana"]),
        ("doc.site.code & ' '  & doc.site.code", []),
        ("'a' & 'b'", ["ab"]),
        ("doc.age & ' of ' & doc.open", ["30 of false"]),
        ("doc.steps[].by.first()", ["Bo"]),
        ("doc.steps[].by.last()", ["Cy"]),
        ("doc.steps[].by.count()", [2]),
        ("doc.steps[by=Cy].by.first()", ["Cy"]),
        ("doc.steps[by=Nobody].by.count() = 0", [True]),
        ("doc.steps[by=Bo].by.exists()", [True]),
        ("doc.site.exists()", [False]),
        ("doc.site.empty()", [True]),
        ("doc.kind = 'jail'", [True]),
        ("doc.kind != 'jail'", [False]),
        ("doc.site.code = 'x'", [False]),
        ("doc.site.code != 'x'", [True]),
        ("doc.kind in ('court', 'jail')", [True]),
        ("doc.age in (29, 31)", [False]),
        ("doc.age >= 30 and doc.age < 31", [True]),
        ("doc.age > 30 or doc.share <= 0.5", [True]),
        ("not doc.open", [True]),
        ("not (doc.open or doc.age = 30)", [False]),
        ("doc.open = false", [True]),
        ("doc.on < '2026-05-01'", [False]),
        ("doc.on >= '2026-05'", [True]),
        ("doc.on < '2027'", [True]),
    ],
)
def test_an_expression_comes_to(text: str, values: list[Any]) -> None:
    assert value(text) == values


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("doc.nmae = 'x'", "FB201", "no `nmae`"),
        ("doc.kind = 'jial'", "FB210", "no code of `doc.kind`"),
        ("doc.kind in ('jail', 'prison')", "FB210", "no code of `doc.kind`"),
        ("doc.age = '30'", "FB219", "a number is never text"),
        ("doc.open = 'Y'", "FB219", "true or false is never text"),
        ("doc.open > false", "FB219", "in order"),
        ("doc.steps[].by = 'Bo'", "FB219", "several values"),
        ("doc.site = 'x'", "FB219", "is an object"),
        ("doc.name & doc.steps[].by", "FB219", "this is a list"),
        ("doc.name & doc.site", "FB219", "this is an object"),
        ("docs.name", "FB201", "does not begin with doc"),
    ],
)
def test_an_expression_that_cannot_mean_anything_is_refused(text: str, code: str, message: str) -> None:
    noted = notes()
    with pytest.raises(Refused):
        bind_expression(noted, parse_expression(text, AT), {"doc": SHAPE})
    assert [(issue.code, message in issue.message) for issue in noted.issues] == [(code, True)]


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("2026-05-01", "<", "2026-05", False),
        ("2026-05-01", ">", "2026-04", True),
        ("2026-05-01T10:00:00+02:00", "<", "2026-05-01T09:00:00Z", True),
        ("2026-05-01T10:00:00+02:00", "=", "2026-05-01T08:00:00Z", False),
        ("2026-05-01T10:00:00", "<", "2026-05-01T11:00:00Z", False),
        ("2026-05-01T10:00:00", "<", "2026-05-01T11:00:00", True),
        ("2026T", "<", "2027T", True),
        (True, "=", 1, False),
        (1, "=", Decimal("1.0"), True),
        ("1", "=", 1, False),
        (1, "<", "2", False),
        ({}, "<", {}, False),
    ],
)
def test_values_of_two_kinds_are_never_equal_and_have_no_order(
    left: Any, operator: Any, right: Any, expected: bool
) -> None:
    assert compare(operator, [left], [right]) is expected


@given(tree=ODD_VALUES)
def test_an_expression_comes_to_an_end_on_any_tree(tree: Any) -> None:
    for text in ("doc.name & doc.kind", "doc.steps[].by.count() > 1", "not doc.open", "doc.on <= '2026'"):
        assert len(value(text, tree)) <= 1


def test_joined_text_is_never_longer_than_the_limit() -> None:
    assert value("doc.name & doc.kind", {"name": "x" * MAX_TEXT, "kind": "y"}) == []


def test_no_condition_holds_and_several_values_hold() -> None:
    assert holds(None, {})
    bound = bind_expression(notes(), parse_expression("doc.steps[].by", AT), {"doc": SHAPE})
    assert holds(bound.expression, {"doc": DOC})
    assert not holds(bound.expression, {"doc": {}})


@pytest.fixture
def probe(tmp_path: Path) -> Map:
    fields = {"id": {"type": "string"}, "given": {"type": "string"}, "family": {"type": "string"}}
    schema = json.dumps({"properties": {**fields, "code": {"type": "string"}}, "required": ["id"]})
    text = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe.json}
right: {record: person}
records:
  person:
    make: person
    key: doc.id
    rows: |
      doc.id                          <=> id
      'https://jail.example'           := identifiers[0].system
      doc.id                           => identifiers[0].value
      doc.given & ' ' & doc.family     => names[0].family       | verbatim when doc.family.exists()
      doc.code                         => language              | verbatim default 'en'
"""
    maps, issues = check_text(tmp_path, text, schemas__probe_json=schema)
    assert issues == []
    return maps[0]


def test_texts_are_joined_and_the_trace_names_each_field(probe: Map) -> None:
    item = to_right(probe, {"id": "1", "given": "Ana", "family": "Lima"}, Context("jail")).items[0]
    assert item.body["names"] == [{"family": "Ana Lima"}]
    origin = item.trace["elements"]["names[0].family"]
    assert (origin["from"], origin["also"]) == ("doc.given", ["doc.family"])


def test_a_default_stands_where_the_field_is_empty_and_says_so(probe: Map) -> None:
    item = to_right(probe, {"id": "1"}, Context("jail")).items[0]
    assert (item.body["language"], "names" in item.body) == ("en", False)
    assert item.trace["elements"]["language"]["default"] is True


def test_one_way_values_do_not_come_back(probe: Map) -> None:
    item = to_right(probe, {"id": "1", "given": "Ana", "family": "Lima"}, Context("jail")).items[0]
    assert to_left(probe, [("person", item.body)], Context("jail")).tree == {"id": "1"}
