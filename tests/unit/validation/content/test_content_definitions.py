"""Resources that define: code systems, value sets, concept maps, search parameters, profiles, questionnaires."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.fhir_resources import make_observation

from fhirbridge.fhir.core_definitions import CORE, core_profiles
from fhirbridge.validation.check import check

Tree = dict[str, Any]
PROPERTIES = "http://hl7.org/fhir/concept-properties#"


def said(resource: Tree) -> set[tuple[str, str]]:
    name = resource["resourceType"]
    quiet = {"dom-6", "not-checked"}
    found = check(resource, profiles=False)
    return {(i.expression.removeprefix(name), i.rule) for i in found if i.rule not in quiet}


# -- code systems


def code_system(**changes: Any) -> Tree:
    return {
        "resourceType": "CodeSystem",
        "url": "https://a.example/CodeSystem/moods",
        "name": "Moods",
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "concept": [{"code": "calm"}, {"code": "low", "concept": [{"code": "flat"}]}],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"count": 3}, set()),
        ({"count": 2}, {(".count", "codesystem-count")}),
        ({"content": "fragment", "count": 3}, {(".count", "codesystem-count")}),
        ({"content": "not-present"}, {(".concept", "codesystem-content")}),
        ({"content": "supplement"}, {(".supplements", "codesystem-supplement")}),
        (
            {"supplements": "https://a.example/x"},
            {(".content", "codesystem-supplement"), (".caseSensitive", "codesystem-supplement")},
        ),
        ({"concept": [{"code": "a", "concept": [{"code": "a"}]}]}, {(".concept[0].concept[0].code", "csd-1")}),
        ({"caseSensitive": None}, {(".caseSensitive", "json-null")}),
    ],
)
def test_a_code_system_is_what_it_says(changes: Tree, found: set[tuple[str, str]]) -> None:
    assert said(code_system(**changes)) == found


@pytest.mark.parametrize(
    ("declared", "rules"),
    [
        ({"code": "parent", "uri": f"{PROPERTIES}parent", "type": "code"}, ""),
        ({"code": "parent", "uri": f"{PROPERTIES}parent", "type": "string"}, "codesystem-property-type"),
        ({"code": "child", "uri": f"{PROPERTIES}parent", "type": "code"}, "codesystem-property-code"),
        ({"code": "parent", "type": "string"}, "codesystem-property-uri codesystem-property-type"),
        ({"code": "mood", "uri": "mood", "type": "code"}, "codesystem-property-uri"),
        ({"code": "mood", "uri": "http://hl7.org/fhir/x#mood", "type": "code"}, "codesystem-property-uri"),
        ({"code": "mood", "uri": "https://a.example/x#mood", "type": "code"}, ""),
    ],
)
def test_a_property_is_what_hl7_calls_so(declared: Tree, rules: str) -> None:
    assert {rule for _, rule in said(code_system(property=[declared]))} == set(rules.split())


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"code": "parent", "valueCode": "low"}, None),
        ({"code": "parent", "valueCode": "none"}, "codesystem-property-value"),
        ({"code": "parent", "valueString": "low"}, "codesystem-property-value"),
        ({"code": "colour", "valueString": "blue"}, "codesystem-property-undeclared"),
        ({"code": "parent"}, "codesystem-property-value cardinality-min"),
    ],
)
def test_a_concept_has_the_properties_that_are_declared(value: Tree, rule: str | None) -> None:
    declared = {"code": "parent", "uri": f"{PROPERTIES}parent", "type": "code"}
    concepts = [{"code": "low"}, {"code": "flat", "property": [value]}]
    found = {each for _, each in said(code_system(property=[declared], concept=concepts))}
    assert found == set((rule or "").split())


def test_no_property_is_declared_twice() -> None:
    declared = {"code": "mood", "uri": "https://a.example/x#mood", "type": "code"}
    assert said(code_system(property=[declared, declared])) == {
        (".property[1].uri", "codesystem-property-twice"),
        (".property[1].code", "codesystem-property-twice"),
    }


# -- value sets and concept maps


def value_set(*include: Tree, **changes: Any) -> Tree:
    return {
        "resourceType": "ValueSet",
        "name": "Moods",
        "status": "active",
        "compose": {"include": list(include)},
        **changes,
    }


GENDER = "http://hl7.org/fhir/administrative-gender"
SNOMED = "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("include", "rule"),
    [
        ({"system": GENDER, "concept": [{"code": "female", "display": "Female"}]}, None),
        ({"system": GENDER, "concept": [{"code": "lady"}]}, "valueset-code"),
        ({"system": GENDER, "concept": [{"code": "female", "display": "Lady"}]}, "valueset-display"),
        ({"system": SNOMED, "concept": [{"code": "1"}]}, "valueset-code"),
        ({"system": "#moods"}, "valueset-system"),
        ({"system": f"{GENDER}|4.0.1"}, "valueset-version"),
        ({"system": "http://hl7.org/fhir/ValueSet/administrative-gender"}, "code-system-value-set"),
        ({"valueSet": ["https://a.example/v"], "concept": [{"code": "x"}]}, "valueset-system"),
        ({"system": SNOMED, "filter": [{"property": "constraint", "op": "=", "value": "<< 404684003"}]}, None),
        ({"system": SNOMED, "filter": [{"property": "constraint", "op": "=", "value": "1 << 2"}]}, "valueset-filter"),
    ],
)
def test_a_value_set_takes_codes_that_are_there(include: Tree, rule: str | None) -> None:
    assert {each for _, each in said(value_set(include))} - {"vsd-2"} == ({rule} if rule else set())


def computed(expression: str, language: str = "text/fhirpath") -> Tree:
    value = {"url": f"{CORE}cqf-expression", "valueExpression": {"language": language, "expression": expression}}
    return {"system": "https://a.example/c", "filter": [{"property": "a", "op": "=", "_value": {"extension": [value]}}]}


def test_a_filter_names_parameters_that_are_declared() -> None:
    url = "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter"
    parameter = {"url": url, "extension": [{"url": "name", "valueCode": "p-active"}]}
    assert said(value_set(computed("%`p-active` & '%x'"), extension=[parameter])) == set()
    assert said(value_set(computed("%p-other"), extension=[parameter])) == {
        (".compose.include[0].filter[0]", "valueset-parameter"),
        (".extension[0]", "valueset-parameter"),
    }
    assert (".compose.include[0].filter[0]", "valueset-filter") in said(value_set(computed("1", "text/cql")))


def test_a_concept_map_maps_codes_that_are_there() -> None:
    element = {"code": "lady", "target": [{"code": "f", "equivalence": "equal"}]}
    group = {
        "source": GENDER,
        "target": "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender",
        "element": [element],
    }
    tree = {"resourceType": "ConceptMap", "name": "Map", "status": "active", "group": [group]}
    assert said(tree) == {
        (".group[0].element[0].code", "conceptmap-source"),
        (".group[0].element[0].target[0].code", "conceptmap-target"),
    }


# -- search parameters and capability statements


def search_parameter(**changes: Any) -> Tree:
    return {
        "resourceType": "SearchParameter",
        "url": "https://a.example/SearchParameter/name",
        "name": "name",
        "status": "active",
        "description": "Name.",
        "code": "name",
        "base": ["Organization"],
        "type": "string",
        "expression": "Organization.name",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"derivedFrom": "http://hl7.org/fhir/SearchParameter/Organization-name"}, None),
        ({"derivedFrom": "http://hl7.org/fhir/SearchParameter/Organization-name", "type": "token"}, "search-derived"),
        (
            {"derivedFrom": "http://hl7.org/fhir/SearchParameter/clinical-patient", "type": "reference"},
            "search-derived",
        ),
        ({"type": "composite"}, "search-composite"),
        ({"expression": "Organization.name.("}, "expression"),
    ],
)
def test_a_search_parameter_fits_what_it_is_made_from(changes: Tree, rule: str | None) -> None:
    assert {each for _, each in said(search_parameter(**changes))} - {"spd-0"} == ({rule} if rule else set())


def test_a_capability_statement_names_types_of_search_parameters_rightly() -> None:
    parameter = {"name": "name", "definition": "http://hl7.org/fhir/SearchParameter/Organization-name", "type": "date"}
    tree = {
        "resourceType": "CapabilityStatement",
        "name": "Bridge",
        "status": "active",
        "date": "2026-11-01",
        "kind": "requirements",
        "description": "What it does.",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [{"type": "Organization", "searchParam": [parameter]}]}],
    }
    assert said(tree) == {
        (".format[0]", "binding-media-type"),
        (".rest[0].resource[0].searchParam[0].type", "capability-search"),
    }


# -- profiles


def profile(path: str = "Goal.target", **changes: Any) -> Tree:
    return {
        "resourceType": "StructureDefinition",
        "url": "https://a.example/StructureDefinition/my-goal",
        "name": "MyGoal",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": "Goal",
        "baseDefinition": f"{CORE}Goal",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Goal", "path": "Goal"}, {"id": path, "path": path}]},
        **changes,
    }


@pytest.mark.parametrize(
    ("tree", "rule"),
    [
        (profile(), None),
        (profile("Goal.targat"), "structure-snapshot"),
        (profile(type="Gaol"), "structure-type"),
        (profile(derivation="specialization"), "structure-type"),
        (profile(kind="logical", type="https://a.example/x"), None),
        (profile(baseDefinition="https://a.example/not-loaded"), None),
    ],
)
def test_a_profile_fits_what_it_constrains(tree: Tree, rule: str | None) -> None:
    assert {each for _, each in said(tree)} & {"structure-snapshot", "structure-type"} == ({rule} if rule else set())


def test_an_expression_that_is_none_is_told() -> None:
    rule = {"key": "a", "severity": "error", "human": "x", "expression": "target.("}
    element = {"id": "Goal", "path": "Goal", "constraint": [rule]}
    found = said(profile(differential={"element": [element]}))
    assert (".differential.element[0].constraint[0].expression", "expression") in found


# -- profiles that R4 itself defines


def profiled(resource: Tree, *names: str) -> set[tuple[str, str]]:
    found = check(resource, profiles=names or True)
    return {(i.expression, i.rule) for i in found if i.severity == "error" or i.rule.startswith("profile")}


def test_a_vital_sign_is_held_to_its_profile() -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]}
    found = {path for path, _ in profiled(make_observation(code=code))}
    assert "Observation.category" in found
    snomed = {"coding": [{"system": "http://snomed.info/sct", "code": "276885007"}]}
    assert ("Observation.code.coding", "slice-min") in profiled(make_observation(code=snomed))
    assert profiled(make_observation(code={"text": "mood"})) == set()


def test_a_claim_is_checked_where_its_profile_is_known() -> None:
    def claiming(url: str) -> set[tuple[str, str]]:
        return profiled(make_observation(meta={"profile": [url]}))

    assert claiming(f"{CORE}Observation") == set()
    assert claiming(f"{CORE}Patient") == {("Observation.meta.profile[0]", "profile-type")}
    assert claiming("https://a.example/unknown") == {("Observation.meta.profile[0]", "profile-unknown")}
    assert ("Observation.category", "cardinality-min") in claiming(f"{CORE}vitalsigns")


def test_a_profile_may_be_named_by_the_caller() -> None:
    assert ("Observation.category", "cardinality-min") in profiled(make_observation(), f"{CORE}vitalsigns")
    assert profiled(make_observation(), "https://a.example/unknown") == {("Observation", "profile-unknown")}


def test_the_profiles_of_r4_are_there() -> None:
    urls = [url for url, _ in core_profiles()]
    assert f"{CORE}bp" in urls
    assert len(urls) == len(set(urls)) > 40
