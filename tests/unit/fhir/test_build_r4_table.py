"""The table build, on a tiny set of definitions made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fhirbridge.fhir.build_r4_table import build, expression_for, main
from fhirbridge.fhir.build_value_sets import Terminology

BASE = "http://hl7.org/fhir/StructureDefinition/"
Tree = dict[str, Any]


def element(path: str, *types: Any, **more: Any) -> Tree:
    return {"path": path, "min": 0, "max": "1", "base": {"path": path}, "type": list(types), **more}


def structure(name: str, kind: str, elements: list[Tree], **more: Any) -> Tree:
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": BASE + name,
        "type": name,
        "kind": kind,
        "abstract": False,
        "snapshot": {"element": elements},
        **more,
    }


CODE = structure(
    "code",
    "primitive-type",
    [
        element("code"),
        element("code.value", {"code": "x", "extension": [{"url": BASE + "regex", "valueString": "a+"}]}),
    ],
)
TEA = structure(
    "Tea",
    "resource",
    [
        element("Tea", constraint=[{"key": "tea-1", "severity": "error", "expression": "hot", "source": BASE + "Tea"}]),
        element("Tea.id", {"code": "y"}, base={"path": "Resource.id"}),
        element("Tea.kind", {"code": "code"}, min=1, binding={"strength": "required", "valueSet": "urn:vs|4.0.1"}),
        element("Tea.leaf", {"code": "BackboneElement"}, max="*"),
        element("Tea.leaf.of", {"code": "Reference", "targetProfile": [BASE + "Tea"]}, representation=["xmlAttr"]),
        element("Tea.more", contentReference="#Tea.leaf"),
        element("Tea.any", {"code": "Reference", "targetProfile": [BASE + "Resource"]}),
    ],
)
LEFT_OUT = [
    structure("GreenTea", "resource", [], derivation="constraint"),
    structure("Pot", "logical", []),
    {"resourceType": "OperationDefinition", "id": "brew"},
]
VALUE_SET = {
    "resourceType": "ValueSet",
    "url": "urn:vs",
    "compose": {"include": [{"system": "urn:cs", "concept": [{"code": "green"}]}]},
}
PARAMETER = {
    "resourceType": "SearchParameter",
    "id": "tea-kind",
    "code": "kind",
    "type": "token",
    "base": ["Tea", "Coffee"],
    "expression": "Coffee.kind | Tea.kind",
}


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """A folder with the five bundles."""
    bundles: dict[str, list[Tree]] = {
        "profiles-types.json": [CODE],
        "profiles-resources.json": [TEA, *LEFT_OUT, structure("Drink", "resource", [element("Drink")], abstract=True)],
        "valuesets.json": [VALUE_SET],
        "v3-codesystems.json": [],
        "search-parameters.json": [PARAMETER],
    }
    for name, resources in bundles.items():
        (tmp_path / name).write_text(json.dumps({"entry": [{"resource": each} for each in resources]}))
    return tmp_path


def test_elements_keep_order_cardinality_types_and_targets(definitions: Path) -> None:
    assert build(definitions)["types"]["Tea"]["elements"] == [
        ["id", ["id"], 0, 1],
        ["kind", ["code"], 1, 1, {"binding": ["required", "urn:vs"]}],
        ["leaf", ["Tea.leaf"], 0, None],
        ["more", ["Tea.leaf"], 0, 1],
        ["any", ["Reference"], 0, 1],
    ]


def test_a_backbone_element_becomes_a_type_of_its_own(definitions: Path) -> None:
    leaf = build(definitions)["types"]["Tea.leaf"]
    assert leaf["kind"] == "backbone"
    assert leaf["elements"] == [["of", [["Reference", "Tea"]], 0, 1, {"attribute": True}]]


def test_rules_patterns_codes_and_search_parameters_are_taken_over(definitions: Path) -> None:
    table = build(definitions)
    assert table["types"]["Tea"]["rules"] == [["Tea", "tea-1", "error", "hot", "", False]]
    assert table["primitives"] == {"code": "a+"}
    assert table["codes"] == {"urn:vs": {"urn:cs": ["green"]}}
    assert table["search"] == {"Tea": [["kind", "token", "Tea.kind", [], "tea-kind"]]}


def test_profiles_and_logical_models_are_left_out(definitions: Path) -> None:
    types = build(definitions)["types"]
    assert types.keys() == {"Tea", "Tea.leaf", "Drink"}
    assert types["Drink"]["kind"] == "abstract"


def test_the_program_writes_the_table_to_a_file(definitions: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    main([str(definitions), str(file)])
    assert json.loads(file.read_text()) == build(definitions)


def test_only_the_alternatives_of_the_type_are_kept() -> None:
    expression = "Goal.subject.where(resolve() is Patient) | (Goal.target.due as date) | Goals.x | CarePlan.y"
    kept = "Goal.subject.where(resolve() is Patient) | (Goal.target.due as date)"
    assert expression_for("Goal", expression) == kept


# -- value sets

COLOURS = {
    "resourceType": "CodeSystem",
    "url": "urn:colours",
    "content": "complete",
    "concept": [
        {"code": "warm", "concept": [{"code": "red", "concept": [{"code": "pink"}]}]},
        {"code": "amber", "property": [{"code": "subsumedBy", "valueCode": "warm"}]},
        {"code": "blue"},
    ],
}


def expanded(*include: Tree, exclude: list[Tree] | None = None, others: list[Tree] | None = None) -> Any:
    value_set = {"resourceType": "ValueSet", "url": "urn:x", "compose": {"include": include, "exclude": exclude or []}}
    return Terminology([COLOURS, value_set, *(others or [])]).find_codes("urn:x|1.0")


def test_a_whole_code_system_is_counted_out_with_its_children() -> None:
    assert expanded({"system": "urn:colours"}) == {"urn:colours": ["warm", "red", "pink", "amber", "blue"]}


@pytest.mark.parametrize(
    ("operator", "codes"),
    [("is-a", ["warm", "red", "pink", "amber"]), ("descendent-of", ["red", "pink", "amber"])],
)
def test_filters_on_the_hierarchy_are_followed(operator: str, codes: list[str]) -> None:
    rule = {"property": "concept", "op": operator, "value": "warm"}
    assert expanded({"system": "urn:colours", "filter": [rule]}) == {"urn:colours": codes}


def test_excluded_codes_are_taken_away() -> None:
    found = expanded({"system": "urn:colours"}, exclude=[{"system": "urn:colours", "concept": [{"code": "red"}]}])
    assert found == {"urn:colours": ["warm", "pink", "amber", "blue"]}


def test_an_include_with_system_and_value_set_means_both() -> None:
    few = {
        "resourceType": "ValueSet",
        "url": "urn:few",
        "compose": {"include": [{"system": "urn:colours", "concept": [{"code": "blue"}, {"code": "grey"}]}]},
    }
    assert expanded({"system": "urn:colours", "valueSet": ["urn:few"]}, others=[few]) == {"urn:colours": ["blue"]}


@pytest.mark.parametrize(
    "include",
    [
        {"system": "urn:elsewhere"},
        {"valueSet": ["urn:nowhere"]},
        {"valueSet": ["urn:x"]},
        {},
        {"system": "urn:colours", "filter": [{"property": "shade", "op": "=", "value": "dark"}]},
    ],
)
def test_what_cannot_be_counted_out_is_not_known(include: Tree) -> None:
    assert expanded(include) is None
