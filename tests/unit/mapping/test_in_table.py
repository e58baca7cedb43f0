"""`when path in TABLE`: a row for the codes that a code table translates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import check_text

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.interpret import right
from fhirbridge.mapping.model import Map, Place
from fhirbridge.mapping.run import to_right
from fhirbridge.mapping.text.expressions import parse_expression
from fhirbridge.mapping.text.rows import RowError
from fhirbridge.mapping.text.writing import expression_text

TABLE = """\
source,system,target,display,equivalence,back
ride,https://codes.example/billing,T2003,Transport,inexact,
talk,,,,unmatched,
"""
SCHEMA = """{"type": "object", "required": ["no", "service"], "properties": {
  "no": {"type": "string"}, "service": {"type": "string", "enum": ["ride", "talk"]}, "days": {"type": "integer"},
  "also": {"type": "array", "items": {"type": "string"}}}}"""
MAP = """\
map: probe
version: 1.0.0
left: {schema: schemas/wish.schema.json}
right: {fhir: R4}
tables: {billing: tables/billing.csv}
resources:
  wish:
    make: Basic
    key: doc.no
    class: D3
    rows: |
      doc.service <=> code.text
      doc.service  => code.coding[0] | code billing when CONDITION
ignore: {doc.days: asked by nobody, doc.also: asked by nobody}
"""


def check(folder: Path, condition: str) -> tuple[list[Map], list[str]]:
    text = MAP.replace("CONDITION", condition)
    maps, issues = check_text(folder, text, schemas__wish_schema_json=SCHEMA, tables__billing_csv=TABLE)
    return maps, [issue.code for issue in issues]


def made(map_: Map, tree: dict[str, Any]) -> dict[str, Any]:
    fast, slow = to_right(map_, tree, Context("a")), right.to_right(map_, tree, Context("a"))
    assert fast == slow and not fast.issues
    return dict(fast.items[0].body["code"])


def test_a_code_that_the_table_translates_has_the_row(tmp_path: Path) -> None:
    ((map_,), codes) = check(tmp_path, "doc.service in billing")
    assert codes == [] and made(map_, {"no": "1", "service": "ride"})["coding"][0]["code"] == "T2003"


def test_a_code_without_a_match_has_it_not(tmp_path: Path) -> None:
    ((map_,), _) = check(tmp_path, "doc.service in billing")
    assert made(map_, {"no": "1", "service": "talk"}) == {"text": "talk"}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("doc.service in biling", "FB108"),
        ("doc.days in billing", "FB219"),
        ("doc.also[] in billing", "FB219"),
        ("doc.service in 'billing'", "FB112"),
    ],
)
def test_what_could_never_hold_is_refused(tmp_path: Path, condition: str, code: str) -> None:
    assert code in check(tmp_path, condition)[1]


def test_it_is_written_as_it_is_read() -> None:
    text = "doc.service in billing and not doc.service in ('ride', 'talk')"
    assert expression_text(parse_expression(text, Place("probe.yaml", 1, 1))) == text


def test_a_word_that_names_no_table_is_no_list() -> None:
    with pytest.raises(RowError):
        parse_expression("doc.service in doc.also", Place("probe.yaml", 1, 1))
