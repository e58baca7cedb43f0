"""What an export says is what the engine does: each shipped map and its export run on the samples, both ways."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support.maps import SAMPLES, documents, shipped
from tests.support.structure_map import Node, Runner

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.export.build import Exported, container_of
from fhirbridge.mapping.export.left import export_left
from fhirbridge.mapping.export.names import identifier
from fhirbridge.mapping.export.right import export_right
from fhirbridge.mapping.export.structuremap import format_structure_map
from fhirbridge.mapping.export.tables import concept_map, tables_of
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.naming import left_name
from fhirbridge.mapping.paths import prune
from fhirbridge.mapping.proving.ways import without
from fhirbridge.mapping.run import Mapped, to_left, to_right
from fhirbridge.mapping.shapes import SchemaShape, Shape, fhir_shape
from fhirbridge.records import KINDS

SOURCE = "riverside"
CASES = {
    "riverside-plan": "riverside-plan",
    "riverside-consent": "riverside-consent-hospital",
    "riverside-discharge": "riverside-discharge",
    "northmoor-release": "northmoor-release",
}
"""Source map -> the sample it reads."""
NAMES = (*CASES, "plan", "lakeside-hospital-plan", "person", "referral", "consent", "discharge", "transition")


def inputs(name: str) -> list[Any]:
    """Return what a map can be given: its sample, or the records of its kind."""
    left = shipped().get(name).left
    return samples()[left.names[0] if left.kind == "record" else name]


@cache
def samples() -> dict[str, list[Any]]:
    """Return the samples by map, and the records that the source maps make of them by kind."""
    found: dict[str, list[Any]] = {}
    for name, sample in CASES.items():
        tree = json.loads((SAMPLES / f"{sample}.json").read_text("utf-8"))
        found[name] = [tree]
        for item in to_right(shipped().get(name), tree, Context(SOURCE)).items:
            found.setdefault(item.type, []).append(as_kept(item.type, item.body))
    return found


def as_kept(kind: str, tree: Any) -> Any:
    """Return a record as the bridge keeps it: with what its model fills in."""
    return KINDS[kind].model_validate(tree).model_dump(mode="json", exclude_none=True)


def runner(map_: Map, exported: Exported, *, back: bool) -> Runner:
    maps = [concept_map(table, back=back) for table in tables_of(map_)]
    return Runner(format_structure_map(exported.structure), {each["url"]: each for each in maps})


def unordered(tree: Any) -> Any:
    """Return a tree whose lists of objects are in one order, and without what no export says."""
    if isinstance(tree, dict):
        return {key: unordered(child) for key, child in tree.items() if key != "reference" or isinstance(child, dict)}
    if isinstance(tree, list):
        items = [unordered(item) for item in tree]
        return (
            sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
            if items and isinstance(items[0], dict)
            else items
        )
    return tree


def without_gaps(body: dict[str, Any], trace: dict[str, Any], exported: Exported) -> dict[str, Any]:
    """Return what the engine made without what rows made that the export leaves out by name."""
    left_out = {gap.location for gap in exported.gaps if "zone" in gap.text or "left out" in gap.text}
    body = json.loads(json.dumps(body))
    for path, entry in trace["elements"].items():
        if f"{entry['file']}:{entry['line']}" in left_out:
            *above, last = re.findall(r"[^.\[\]]+", path)
            node: Any = body
            for name in above:
                node = node[int(name)] if isinstance(node, list) else node[name]
            node.pop(last, None)
    body.pop("id", None) if "resourceType" in body else None
    return prune(body)[0]


def left_out(map_: Map, exported: Exported) -> list[str]:
    """Return the left fields whose rows the export leaves out by name."""
    places = {gap.location for gap in exported.gaps if "zone" in gap.text or "left out" in gap.text}
    return [
        left_name(map_, block, row.variable, row.left).rpartition(":")[2]
        for block in map_.blocks
        for row in block.rows
        if f"{row.place.file}:{row.place.line}" in places
    ]


def merged(bodies: list[dict[str, Any]]) -> list[Any]:
    """Return the things, those that are equal once."""
    return sorted({json.dumps(unordered(body), sort_keys=True) for body in bodies})


@dataclass(frozen=True)
class Records:
    """The shape of a set of records: a list of each kind."""

    map: Map

    def child_names(self) -> tuple[str, ...]:
        return tuple(self.map.right_shapes)

    def find_child(self, name: str) -> Shape | None:
        found = self.map.right_shapes.get(name)
        return replace(found, is_list=True) if isinstance(found, SchemaShape) else found


def shape_of(map_: Map, type_: str) -> Shape:
    return fhir_shape(type_) if map_.right.kind == "fhir" else map_.right_shapes[type_]


def whole(map_: Map, items: list[tuple[str, Any]]) -> Any:
    """Return what the way back reads: one thing, a Bundle, or a set of records."""
    match container_of(map_):
        case "":
            return items[0][1]
        case "Bundle":
            return {"resourceType": "Bundle", "entry": [{"resource": body} for _, body in items]}
    found: dict[str, list[Any]] = {}
    for type_, body in items:
        found.setdefault(identifier(type_), []).append(body)
    return found


def exported_right(map_: Map, tree: Any) -> list[dict[str, Any]]:
    """Return what the export makes of a tree."""
    exported = export_right(map_, SOURCE)
    container = container_of(map_)
    if not container:
        block = map_.blocks[0]
        node = Node({"resourceType": block.type} if map_.right.kind == "fhir" else {}, shape_of(map_, block.type))
        runner(map_, exported, back=False).run(tree, node)
        return [prune(node.tree)[0]]
    out = Node({}, fhir_shape("Bundle") if container == "Bundle" else cast(Shape, Records(map_)))
    runner(map_, exported, back=False).run(tree, out)
    entries = out.tree.get("entry", ())
    bodies = [entry["resource"] for entry in entries] or [body for found in out.tree.values() for body in found]
    return [prune(body)[0] for body in bodies]


@pytest.mark.parametrize("name", NAMES)
def test_an_export_to_the_right_makes_what_the_map_makes(name: str) -> None:
    map_, exported = shipped().get(name), export_right(shipped().get(name), SOURCE)
    for tree in inputs(name):
        mapped: Mapped = to_right(map_, tree, Context(SOURCE))
        expected = [without_gaps(item.body, item.trace, exported) for item in mapped.items]
        assert merged(exported_right(map_, tree)) == merged(expected)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_export_makes_of_any_document_what_the_map_makes(name: str, data: st.DataObject) -> None:
    map_, exported = shipped().get(name), export_right(shipped().get(name), SOURCE)
    tree = data.draw(documents(name))
    mapped = to_right(map_, tree, Context(SOURCE))
    assume(not any(issue.severity == "error" for issue in mapped.issues))
    expected = [without_gaps(item.body, item.trace, exported) for item in mapped.items]
    assert merged(exported_right(map_, tree)) == merged(expected)


@pytest.mark.parametrize("name", NAMES)
def test_an_export_to_the_left_brings_back_what_the_map_brings_back(name: str) -> None:
    map_, exported = shipped().get(name), export_left(shipped().get(name), SOURCE)
    for tree in inputs(name):
        items = [(item.type, item.body) for item in to_right(map_, tree, Context(SOURCE)).items]
        expected = without(to_left(map_, items, Context(SOURCE)).tree, left_out(map_, exported), map_.root)
        run = runner(map_, exported, back=True)
        node = Node({}, map_.left_shape)
        run.run(whole(map_, items), node)
        assert unordered(prune(node.tree)[0]) == unordered(expected), name
        assert run.failed_checks == []
