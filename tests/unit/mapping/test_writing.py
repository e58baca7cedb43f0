"""A whole map as one text: it reads back as the same map and does the same to a message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import MAPPINGS, SAMPLES, check_folder, shipped
from tests.unit.mapping.test_layout import plain

from fhirbridge.errors import MapError
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import read_written
from fhirbridge.mapping.model import Map, Place
from fhirbridge.mapping.run import to_right
from fhirbridge.mapping.text.envelope import parse_map
from fhirbridge.mapping.text.expressions import parse_expression
from fhirbridge.mapping.text.layout import laid_out
from fhirbridge.mapping.text.writing import expression_text, map_text
from fhirbridge.services.maps.effective import effective

CONTEXT = Context("riverside")


@pytest.mark.parametrize("name", shipped().names())
def test_a_map_written_whole_reads_back_as_the_same_map(name: str) -> None:
    written = read_written(MAPPINGS, name)
    again = parse_map(laid_out(map_text(written), "whole.yaml"), "whole.yaml", {})
    assert {**plain(again), "file": ""} == {**plain(written), "file": ""}


def test_a_map_written_whole_makes_the_same_of_a_message(tmp_path: Path) -> None:
    document = json.loads((SAMPLES / "riverside-plan.json").read_text("utf-8"))
    plan = next(i.body for i in to_right(shipped().get("riverside-plan"), document, CONTEXT).items if i.type == "plan")
    whole = alone(tmp_path, "lakeside-hospital-plan")
    assert outputs(whole, plan) == outputs(shipped().get("lakeside-hospital-plan"), plan)
    assert outputs(whole, plan) != outputs(shipped().get("plan"), plan)


def alone(folder: Path, name: str) -> Map:
    """Return the map that the text of a whole map is, in a folder that holds no other and no fragment."""
    for below in ("tables", "schemas", "tests"):
        shutil.copytree(MAPPINGS / below, folder / below)
    (folder / "records").mkdir()
    (folder / "records" / "whole.yaml").write_text(effective(MAPPINGS, name))
    (map_,), issues = check_folder(folder)
    assert [issue for issue in issues if issue.severity == "error"] == []
    return map_


def outputs(map_: Map, tree: dict[str, Any]) -> list[Any]:
    return [item.body for item in to_right(map_, tree, CONTEXT).items]


def test_each_row_says_where_it_comes_from() -> None:
    text = effective(MAPPINGS, "lakeside-hospital-plan")
    assert "coding[0].code # partners/lakeside-hospital-plan.yaml:10" in " ".join(text.split())
    assert "# fragments/worker.yaml:9" in text
    assert "note[kind=family]" not in text.split("ignore:")[0]


def test_an_unknown_map_is_refused_with_a_near_name() -> None:
    with pytest.raises(MapError) as caught:
        effective(MAPPINGS, "lakeside-hospital-plans")
    assert "lakeside-hospital-plan" in caught.value.issues[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "a.b = 'x' and not c.d",
        "(a.b or c.d) and e.f",
        "not (a.b and c.d)",
        "a.b in ('x', 'y', 3, true)",
        "a.b & ' ' & (c.d and e.f) & 'z'",
        "a.b[].c.count() >= 2",
        "a.b.exists() or a.c.first() = -1.5",
        "(a.b = 'x') = true",
        "not a.b.exists()",
    ],
)
def test_an_expression_is_written_as_it_was(text: str) -> None:
    place = Place("x", 1, 1)
    written = expression_text(parse_expression(text, place))
    assert plain(parse_expression(written, place)) == plain(parse_expression(text, place))
    assert written == text.replace("(a.b = 'x') = true", "(a.b = 'x') = true")
