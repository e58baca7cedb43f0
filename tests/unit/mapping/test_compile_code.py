"""Generated code: nothing in it comes from the text of a map but constants, and it can reach nothing."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.maps import check_text, shipped

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.compile import code, program
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.compile.left import compile_back
from fhirbridge.mapping.compile.program import KNOWN, find_left, find_right
from fhirbridge.mapping.compile.right import compile_block
from fhirbridge.mapping.compile.translate import is_day
from fhirbridge.mapping.model import Codec, Map
from fhirbridge.mapping.run import to_left, to_right

OURS = re.compile(r"[a-z][0-9]+")
GIVEN = frozenset({"context", "target", "systems", "kept_code", "ran", "holds", "first_value"})
NAMES = frozenset(KNOWN) | GIVEN | {"tree", "run", "node", "body", "elements"}
ATTRIBUTES = GIVEN | {
    *("get", "append", "setdefault", "copy", "isascii"),
    *("add", "apply", "own_id", "own_key", "writes"),
}
HOSTILE = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe_json}
right: {record: monitoring}
records:
  report:
    make: monitoring
    key: doc."__import__('os').system('x')"
    rows: |
      doc."__import__('os').system('x')" <=> id
      doc."{tree}"                       <=> client.number
      '"); raise SystemExit #'            := client.system
      doc."k1"                           <=> agency.number    | verbatim
"""


def modules(map_: Map) -> list[ast.Module]:
    """Return all that is generated for a map."""
    units = Unit(), Unit(), Unit()
    for number, block in enumerate(map_.blocks):
        compile_block(units[0], map_, block, number=number, is_traced=True)
        compile_block(units[1], map_, block, number=number, is_traced=False)
        compile_back(units[2], map_, block)
    return [unit.module() for unit in units]


def assert_bare(node: ast.AST) -> None:
    """Assert that every name in generated code is ours, and that it does nothing but read, test and write."""
    if isinstance(node, ast.Name):
        assert OURS.fullmatch(node.id) or node.id in NAMES
    elif isinstance(node, ast.FunctionDef):
        assert OURS.fullmatch(node.name)
        assert not node.decorator_list
    elif isinstance(node, ast.arg):
        assert node.arg in NAMES
    elif isinstance(node, ast.Attribute):
        assert node.attr in ATTRIBUTES
    assert not isinstance(
        node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.Lambda | ast.Try | ast.With
    )


@pytest.mark.parametrize("name", shipped().names())
def test_only_constants_come_from_a_map(name: str) -> None:
    for module in modules(shipped().get(name)):
        for node in ast.walk(module):
            assert_bare(node)


def hostile(folder: Path) -> Map:
    names = ["__import__('os').system('x')", "{tree}", "k1"]
    (folder / "schemas").mkdir()
    schema = {"properties": {name: {"type": "string"} for name in names}, "required": names}
    (folder / "schemas" / "probe_json").write_text(json.dumps(schema))
    maps, issues = check_text(folder, HOSTILE)
    assert maps, issues
    return maps[0]


def test_names_that_look_like_code_are_keys_of_trees(tmp_path: Path) -> None:
    map_ = hostile(tmp_path)
    for module in modules(map_):
        for node in ast.walk(module):
            assert_bare(node)
    tree = {"__import__('os').system('x')": "1", "{tree}": "2", "k1": "3"}
    made = to_right(map_, tree, Context("jail"))
    body = {"id": "1", "client": {"number": "2", "system": '"); raise SystemExit #'}, "agency": {"number": "3"}}
    assert (made.items[0].body, made.issues) == (body, ())
    assert to_left(map_, [("monitoring", body)], Context("jail")).tree == tree


def test_generated_code_has_no_built_ins() -> None:
    unit = Unit()
    opened = unit.function((), [code.do(code.call(code.name("open"), code.const("x")))])
    with pytest.raises(NameError):
        unit.load(KNOWN)(opened)()


def test_only_names_and_items_can_be_assigned_to() -> None:
    with pytest.raises(TypeError):
        code.assign(code.const("x"), code.const("y"))
    with pytest.raises(TypeError):
        code.id_of("x")


def test_a_copy_of_a_map_is_compiled_anew() -> None:
    map_ = shipped().get("person")
    assert find_right(map_)
    assert map_.compiled.right is not None
    for other in (replace(map_, version="9.9.9"), copy.deepcopy(map_), pickle.loads(pickle.dumps(map_))):  # noqa: S301
        assert other.compiled.right is None
        assert other.compiled.left is None


def test_a_map_with_too_many_rows_is_left_to_the_interpreter() -> None:
    map_ = shipped().get("person")
    block = map_.blocks[0]
    many = replace(map_, blocks=(replace(block, rows=block.rows * (program.MAX_ROWS // len(block.rows) + 1)),))
    assert (find_right(many), find_left(many)) == (None, None)
    tree = {"id": "p", "names": [{"family": "Vega"}], "identifiers": [{"system": "urn:a", "value": "1"}]}
    assert to_right(many, tree, Context("a")).items[0].body["name"] == [{"family": "Vega"}]
    assert to_left(many, [("Patient", {"id": "p"})], Context("a")).tree == {"id": "p"}


@given(st.one_of(st.dates().map(str), st.text("0123456789-", max_size=10), st.text(max_size=10)))
def test_what_passes_for_a_day_is_one_to_the_codec(text: str) -> None:
    if is_day(text):
        assert CODECS["date"].to_right(text, Codec("date"), Context("a")) == text
    elif len(text) == 10:
        try:
            CODECS["date"].to_right(text, Codec("date"), Context("a"))
        except CodecError:
            return
        assert text.endswith("-02-29")
