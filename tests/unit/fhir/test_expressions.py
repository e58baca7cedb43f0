"""The part of FHIRPath that search parameters use."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.fhir.expressions import CannotCompile, compile_expression

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "valueString": "late",
    "component": [{"valueQuantity": {"value": 1}}, {"valueCodeableConcept": {"text": "calm"}}],
    "subject": {"reference": "Patient/1"},
    "note": [{"text": "a"}, {"text": "b", "authorString": "x"}, None, "not an object"],
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
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
        ("Resource.note.where(text='a').text", [("markdown", "a")]),
        ("Observation.nothing.here", []),
    ],
)
def test_an_expression_selects_values_with_their_types(expression: str, found: list[tuple[str, Any]]) -> None:
    assert list(compile_expression(expression)(OBSERVATION)) == found


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "(Patient.name",
        "Patient.name)",
        "Patient.deceased.exists()",
        "Patient.deceased != false",
        "Bundle.entry[0].resource",
        "Patient.",
        ".name",
        "Patient.name | ",
        "Patient..name",
        "Patient name",
    ],
)
def test_what_is_not_in_the_subset_does_not_compile(expression: str) -> None:
    with pytest.raises(CannotCompile):
        compile_expression(expression)
