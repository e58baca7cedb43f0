"""Paths that select values, as search parameters use them."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.fhir.fhirpath import NotJudged, Scene, compile_path

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "valueString": "late",
    "component": [{"valueQuantity": {"value": 1}}, {"valueCodeableConcept": {"text": "calm"}}],
    "subject": {"reference": "Patient/1"},
    "note": [{"text": "a"}, {"text": "b", "authorString": "x"}, None, "not an object"],
}
WELL_SHAPED = {**OBSERVATION, "note": OBSERVATION["note"][:2]}
CASES: list[tuple[str, list[tuple[str, Any]]]] = [
    ("Observation.note.text", [("markdown", "a"), ("markdown", "b")]),
    ("Observation.value", [("string", "late")]),
    ("(Observation.value as string)", [("string", "late")]),
    ("Observation.value.as(Quantity)", []),
    ("Observation.component.value.ofType(Quantity).value", [("decimal", 1)]),
    ("(Observation.component.value as CodeableConcept).text", [("string", "calm")]),
    ("Observation.note.where(text='b').author", [("string", "x")]),
    ("Observation.subject.where(resolve() is Group)", []),
    ("Observation.subject.where(resolve() is Patient).reference", [("string", "Patient/1")]),
    ("Observation.value | Observation.note.text", [("string", "late"), ("markdown", "a"), ("markdown", "b")]),
    ("Observation.note.text | Observation.note.text", [("markdown", "a"), ("markdown", "b")]),
    ("Resource.note.where(text='a').text", [("markdown", "a")]),
    ("Observation.nothing.here", []),
    ("Observation.component[0].value.value", [("decimal", 1)]),
    ("Observation.note.select(text | author)", [("markdown", "a"), ("markdown", "b"), ("string", "x")]),
    ("Observation.note.exists() and Observation.value.exists()", [("System.Boolean", True)]),
]


@pytest.mark.parametrize("tree", [OBSERVATION, WELL_SHAPED], ids=["odd shapes", "well shaped"])
@pytest.mark.parametrize(("expression", "found"), CASES)
def test_a_path_selects_values_with_their_types(
    expression: str, found: list[tuple[str, Any]], tree: dict[str, Any]
) -> None:
    compiled = compile_path(expression, "Observation")
    assert compiled.select(tree) == compiled.interpret_select(tree) == found


def test_a_primitive_without_a_value_is_not_selected() -> None:
    tree = {
        "resourceType": "Patient",
        "_birthDate": {"extension": [{"url": "urn:x"}]},
        "name": [{"given": [None, "A"]}],
    }
    assert compile_path("birthDate | name.given", "Patient").select(tree) == [("string", "A")]


def test_a_resource_is_of_the_type_it_names() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Goal", "id": "g"}}]}
    assert compile_path("entry.resource", "Bundle").select(bundle) == [("Goal", {"resourceType": "Goal", "id": "g"})]
    assert compile_path("entry.resource.id", "Bundle").select(bundle) == [("id", "g")]
    assert compile_path("entry.resource.lifecycleStatus", "Bundle").select(bundle) == []


def test_a_reference_that_leads_nowhere_may_be_left_out() -> None:
    lost = {**OBSERVATION, "subject": {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}}
    compiled = compile_path("Observation.subject.where(resolve() is Patient)", "Observation")
    assert compiled.select(lost, Scene(skips_lost=True)) == []
    with pytest.raises(NotJudged):
        compiled.select(lost)
