"""Extensions: known, on the right element, with what their definition says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.fhir_resources import make_goal, make_patient

from fhirbridge.fhir.core_definitions import CORE, find_extension
from fhirbridge.validation.check import Checker, check

Tree = dict[str, Any]
NATIONALITY = f"{CORE}patient-nationality"
FRANCE = {"text": "France"}


def said(resource: Any) -> set[tuple[str, str]]:
    quiet = {"dom-6", "not-checked"}
    return {(i.expression, i.rule) for i in check(resource, profiles=False) if i.rule not in quiet}


def rules(extension: Tree, key: str = "extension") -> set[str]:
    return {rule for _, rule in said(make_patient(**{key: [extension]}))}


@pytest.mark.parametrize(
    ("extension", "rule"),
    [
        ({"url": f"{CORE}patient-interpreterRequired", "valueBoolean": True}, None),
        ({"url": f"{CORE}patient-interpreterRequired", "valueString": "yes"}, "extension-type"),
        (
            {"url": f"{CORE}patient-interpreterRequired", "extension": [{"url": "a", "valueCode": "b"}]},
            "extension-parts",
        ),
        ({"url": f"{CORE}patient-interpreterRequired|4.0.1", "valueBoolean": True}, "extension-version"),
        ({"url": f"{CORE}goal-acceptance", "extension": []}, "extension-context json-empty extension-part-min"),
        ({"url": f"{CORE}nothing-of-this-name", "valueBoolean": True}, "extension-unknown"),
        ({"url": "http://hl7.org/fhir/us/x/StructureDefinition/y", "valueBoolean": True}, "extension-unknown"),
        ({"url": "http://hl7.org/fhir/tools/StructureDefinition/y", "valueBoolean": True}, None),
        ({"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Patient.x", "valueBoolean": True}, None),
        ({"url": "part", "valueBoolean": True}, "extension-url"),
        ({"url": f"{CORE}data-absent-reason", "valueCode": "unknown"}, None),
        ({"url": f"{CORE}data-absent-reason", "valueCode": "on holiday"}, "binding-required"),
    ],
)
def test_an_extension_of_r4_is_held_to_its_definition(extension: Tree, rule: str | None) -> None:
    assert rules(extension) == set((rule or "").split())


def test_an_unknown_extension_of_somebody_is_only_told_of() -> None:
    patient = make_patient(extension=[{"url": "https://a.example/x", "valueBoolean": True}])
    (issue,) = (issue for issue in check(patient, profiles=False) if issue.rule == "extension-unknown")
    assert (issue.expression, issue.severity) == ("Patient.extension[0]", "information")


def test_an_extension_that_changes_the_meaning_has_to_be_known_and_stand_as_one() -> None:
    assert rules({"url": "https://a.example/x", "valueBoolean": True}, "modifierExtension") == {"extension-modifier"}
    assert rules(
        {"url": NATIONALITY, "extension": [{"url": "code", "valueCodeableConcept": FRANCE}]}, "modifierExtension"
    ) == {"extension-modifier"}
    prohibited = {"url": f"{CORE}request-doNotPerform", "valueBoolean": True}
    assert "extension-modifier" in rules(prohibited)


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ([{"url": "code", "valueCodeableConcept": FRANCE}, {"url": "period", "valuePeriod": {"start": "2001"}}], None),
        ([{"url": "code", "valueString": "France"}], "extension-type"),
        ([{"url": "colour", "valueString": "blue"}], "extension-part"),
        ([{"url": "code", "valueCodeableConcept": FRANCE}] * 2, "extension-part-max"),
    ],
)
def test_an_extension_has_the_parts_of_its_definition(parts: list[Tree], rule: str | None) -> None:
    assert rules({"url": NATIONALITY, "extension": parts}) == ({rule} if rule else set())


def test_an_extension_stands_where_its_definition_says() -> None:
    mother = [{"url": f"{CORE}humanname-mothers-family", "valueString": "Arias"}]
    assert said(make_patient(name=[{"family": "Arias", "_family": {"extension": mother}}])) == set()
    assert said(make_patient(name=[{"family": "Arias", "extension": mother}])) == {
        ("Patient.name[0].extension[0]", "extension-context")
    }


def test_an_extension_beside_each_item_of_a_list_is_looked_at() -> None:
    why = {"extension": [{"url": f"{CORE}nothing", "valueCode": "x"}]}
    assert said(make_patient(name=[{"given": ["Li", "Bo"], "_given": [None, why]}])) == {
        ("Patient.name[0]._given[1].extension[0].url", "extension-unknown")
    }


def test_what_a_package_defines_is_known(tmp_path: Path) -> None:
    url = "https://a.example/StructureDefinition/mood"
    elements = [
        {"id": "Extension", "path": "Extension"},
        {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
        {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}]},
    ]
    definition = {
        "resourceType": "StructureDefinition",
        "id": "mood",
        "url": url,
        "type": "Extension",
        "baseDefinition": f"{CORE}Extension",
        "derivation": "constraint",
        "context": [{"type": "element", "expression": "Goal"}],
        "differential": {"element": elements},
    }
    (tmp_path / "mood.json").write_text(json.dumps(definition))
    checker = Checker.load(tmp_path)

    def found(resource: Tree) -> set[str]:
        return {i.rule for i in checker.check(resource, profiles=False) if i.severity == "error"}

    assert found(make_goal(extension=[{"url": url, "valueString": "calm"}] * 2)) == set()
    assert found(make_goal(extension=[{"url": url, "valueInteger": 1}])) == {"extension-type"}
    assert found(make_patient(extension=[{"url": url, "valueString": "calm"}])) == {"extension-context"}


def test_the_definitions_of_r4_are_found_by_url() -> None:
    assert find_extension(f"{CORE}nothing") is None
    known = find_extension(NATIONALITY)
    assert known is not None
    assert known.contexts == {"Patient"}
    assert known.part.parts.keys() == {"code", "period"}
