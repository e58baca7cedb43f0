"""Maps that were written to do harm: each is refused with a finding, or costs no more than its limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.support.small_maps import BASE, MAP, PASSING, SCHEMA, changed, load_small, make_folder

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.interpret.work import MAX_SECONDS, Run
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.services.maps import testing_update
from fhirbridge.services.maps.checking import check_all
from fhirbridge.services.maps.testing import Selection

HERE = Context("partner")
LAST = "      'phone'              := telecom[].system\n"
IGNORED = "ignore: {doc.note: for the agency alone}"


def rows(lines: Iterator[str] | list[str]) -> str:
    return changed(LAST, LAST + "".join(f"      {line}\n" for line in lines))


def findings(folder: Path) -> list[Issue]:
    return [issue for each in check_all(folder) for issue in each.issues]


MAPS = {
    "a tag that makes an object": (changed("version: 1.0.0", "version: !!python/object/apply:os.system [x]"), "FB103"),
    "an alias": (MAP.replace("zone:", "").replace("version:", "x: &a [1]\ny: *a\nversion:"), "FB101"),
    "a merge key": (changed("version: 1.0.0", "version: 1.0.0\n<<: {a: b}"), "FB102"),
    "brackets without end": ("[" * 100_000, "FB101"),
    "a key twice": (MAP + "version: 2.0.0\n", "FB102"),
    "more rows than a map has": (rows([f"x{n}" for n in range(5_100)]), "FB103"),
    "more ignored fields than a map has": (
        changed(IGNORED, "ignore:\n" + "".join(f"  doc.n{n}: x\n" for n in range(2_001))),
        "FB103",
    ),
    "a file outside": (changed("tables/sex.csv", "../../../../etc/passwd"), "FB111"),
    "an absolute path": (changed("tables/sex.csv", "/etc/passwd"), "FB111"),
    "a name with NUL": (changed("tables/sex.csv", '"tables/s\\0.csv"'), "FB111"),
    "an expression that nests": (rows(["(" * 300 + "doc.note" + ")" * 300 + " => name[0].text"]), "FB112"),
    "brackets that are never closed": (rows(["doc.note => name" + "[" * 900]), "FB104"),
}


@pytest.mark.parametrize("name", MAPS)
def test_a_hostile_map_is_refused_by_a_finding(tmp_path: Path, name: str) -> None:
    text, code = MAPS[name]
    assert code in {issue.code for issue in findings(make_folder(tmp_path, "", map_text=text))}


SCHEMAS: dict[str, Any] = {
    "options that are no list": {"anyOf": 5},
    "a type that is a list of lists": {"type": [["x"]]},
    "a reference to itself": {"$ref": "#"},
    "a file elsewhere": {"$ref": "file:///etc/passwd"},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_hostile_schema_is_refused_by_a_finding(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path, "")
    (folder / "schemas/small.schema.json").write_text(json.dumps({**SCHEMA, "properties": {"no": SCHEMAS[name]}}))
    assert {issue.code for issue in findings(folder)} == {"FB111"}


def test_no_finding_carries_a_sign_that_moves_a_terminal(tmp_path: Path) -> None:
    text = changed("version: 1.0.0", 'version: 1.0.0\n"\\e[2J\\e]0;x\\a\\n::error::x": 1')
    found = findings(make_folder(tmp_path, "", map_text=text))
    assert all((issue.message + issue.hint + issue.location).isprintable() for issue in found)


def test_of_many_words_few_are_compared() -> None:
    assert did_you_mean("weird7", [f"field{n}" for n in range(100_000)]) == ""
    assert did_you_mean("field1x", [f"field{n}" for n in range(100_000)]).startswith("did you mean")


# -- what running costs


def late(calls: int) -> Context:
    """Return a context whose clock jumps beyond the deadline when it has been looked at so often."""
    looked = count()
    return replace(HERE, clock=lambda: 0.0 if next(looked) < calls else MAX_SECONDS + 1)


@pytest.mark.parametrize("run", [to_right, right.to_right], ids=["compiled", "interpreted"])
def test_a_message_that_takes_too_long_is_stopped_and_says_what_to_do(tmp_path: Path, run: Any) -> None:
    made = run(load_small(tmp_path), BASE, late(1))
    assert (made.items, [(issue.code, issue.expression) for issue in made.issues]) == ((), [("FB310", "doc")])
    assert "send less" in made.issues[0].hint


@pytest.mark.parametrize("run", [to_left, back.to_left], ids=["compiled", "interpreted"])
def test_items_of_one_key_without_end_are_stopped(tmp_path: Path, run: Any) -> None:
    map_ = load_small(tmp_path)
    item = to_right(map_, BASE, HERE).items[0]
    restored = run(map_, [(item.type, item.body)] * 3_000, late(3))
    assert (restored.tree, [issue.code for issue in restored.issues][-1]) == ({}, "FB310")


def test_high_indices_count_as_what_they_make(tmp_path: Path) -> None:
    hole = rows(["doc.names[] => telecom[].extension[999].valueString | verbatim"])
    folder = make_folder(tmp_path, "", map_text=hole.replace("extension[999].valueString", "period.extension[999].url"))
    assert findings(folder)
    map_ = load_small(tmp_path, map_text=changed("name[0].family     | verbatim", "name[999].family | verbatim"))
    run = Run(map_, HERE)
    run.count_write(map_.blocks[0].rows[0].right)
    assert run.meter.writes == 1_000


# -- what the way back puts where


def small(tmp_path: Path, good: str, bad: str) -> Map:
    return load_small(tmp_path, map_text=changed(good, bad))


def test_a_constant_that_meets_another_value_is_told(tmp_path: Path) -> None:
    map_ = small(
        tmp_path, "doc.last            <=> name[0].family     | verbatim", "doc.last <=> telecom[0] | telecom email"
    )
    made = to_right(map_, {"no": "1", "sex": "F", "last": "x"}, HERE)
    assert [issue.code for issue in made.issues if issue.severity == "error"] == ["FB309"]


@pytest.mark.parametrize("out", [".git/config.json", "schemas/small.schema.json", "tables/sex.csv", "../x.json"])
def test_update_writes_no_file_but_an_output(tmp_path: Path, out: str) -> None:
    folder = make_folder(tmp_path, f"{PASSING}    out: {out}\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    testing_update.update(folder, Selection())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
