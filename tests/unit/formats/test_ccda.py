"""C-CDA documents to a tree: header, entries, narrative, and what is done with what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fhirbridge.errors import MalformedInput
from fhirbridge.formats.ccda import document
from fhirbridge.formats.ccda.systems import system_of
from fhirbridge.mapping import coverage
from fhirbridge.mapping.shapes import schema_shape

MAPPINGS = Path(__file__).parents[3] / "mappings"
HEAD = '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'


def sample(name: str) -> dict[str, Any]:
    return dict(document.parse((MAPPINGS / "tests" / f"{name}.xml").read_bytes()).tree)


def section(code: str, text: str, entry: str = "") -> dict[str, Any]:
    """The tree of a document with one section."""
    inner = f'<section><code code="{code}"/><title>A title</title><text>{text}</text>{entry}</section>'
    whole = f'{HEAD}<id root="1.2" extension="d"/><component><structuredBody><component>{inner}</component>'
    return dict(document.parse(f"{whole}</structuredBody></component></ClinicalDocument>".encode()).tree)


def entry(template: str, inner: str, *, tag: str = "observation") -> str:
    root = f"2.16.840.1.113883.10.20.22.4.{template}"
    return f'<entry><{tag}><templateId root="{root}"/><id root="1.2.3" extension="e"/>{inner}</{tag}></entry>'


@pytest.mark.parametrize(
    "name", ["hospital-care-plan", "hospital-discharge-summary", "hospital-discharge-summary-open"]
)
def test_what_is_read_fits_the_schema(name: str) -> None:
    shape = schema_shape(json.loads((MAPPINGS / "schemas" / "ccda.schema.json").read_text()))
    assert list(coverage.document_issues(sample(name), shape)) == []


def test_the_header_says_who_and_when() -> None:
    tree = sample("hospital-discharge-summary")
    assert tree["patient"]["names"] == [{"family": "Vega", "given": ["Marisol", "Ana"]}]
    assert (tree["admitted"], tree["discharged"]) == ("2026-11-11", "2026-11-20")
    assert tree["disposition"]["code"] == "home"
    assert tree["responsible"]["name"] == "Dr Owen Brandt"


def test_words_are_those_the_entry_points_at() -> None:
    (goal,) = sample("hospital-care-plan")["goals"]
    assert goal["text"] == "I want to be home for my daughter's birthday."
    assert goal["byClient"] is True


def test_what_an_intervention_holds_stands_for_it() -> None:
    (found,) = sample("hospital-care-plan")["interventions"]
    assert (found["text"], found["by"]["name"]) == ("Weekly visit to the buprenorphine clinic", "Dr Owen Brandt")


def test_a_value_that_only_a_translation_codes_has_that_code() -> None:
    (found,) = sample("hospital-discharge-summary")["diagnoses"]
    assert (found["code"], found["system"]) == ("F11.20", "http://hl7.org/fhir/sid/icd-10-cm")


def test_the_first_named_contact_is_the_follow_up() -> None:
    assert sample("hospital-discharge-summary")["followUp"]["by"]["name"] == "Priya Raman"
    assert "followUp" not in sample("hospital-discharge-summary-open")


def test_a_section_without_entries_is_one_entry_with_all_its_words() -> None:
    tree = section("61146-7", "<paragraph>Work.</paragraph><paragraph>A dog.</paragraph>")
    assert tree["goals"] == [{"id": "1.2.d.61146-7", "text": "Work.\nA dog."}]


def test_a_table_is_read_row_by_row() -> None:
    tree = section(
        "8648-8", "<table><tbody><tr><td>Day 1</td><td>Rest</td></tr><tr><td>Day 2</td></tr></tbody></table>"
    )
    assert tree["course"] == "Day 1 | Rest\nDay 2"


def test_a_section_that_is_not_known_keeps_its_text() -> None:
    assert section("48765-2", "None known.")["sections"] == [
        {"code": "48765-2", "title": "A title", "text": "None known."}
    ]


def test_what_was_ruled_out_is_no_problem() -> None:
    ruled_out = entry("4", '<value displayName="x"/>').replace("<observation>", '<observation negationInd="true">')
    assert section("11450-4", "Nothing found.", ruled_out)["problems"] == [
        {"id": "1.2.d.11450-4", "text": "Nothing found."}
    ]


def test_a_problem_with_an_end_is_over() -> None:
    value = (
        '<effectiveTime><low value="2024"/><high value="202603"/></effectiveTime><value displayName="Asthma" code="x"/>'
    )
    (found,) = section("11450-4", "-", entry("4", value))["problems"]
    assert (found["onset"], found["ended"], found["status"], found["text"]) == ("2024", "2026-03", "resolved", "Asthma")


def test_a_dose_without_words_is_put_into_words() -> None:
    inner = (
        '<effectiveTime><period value="8" unit="h"/></effectiveTime><routeCode displayName="oral"/>'
        '<doseQuantity value="1" unit="mg"/><consumable><manufacturedProduct><manufacturedMaterial>'
        "<name>Naltrexone</name></manufacturedMaterial></manufacturedProduct></consumable>"
    )
    (found,) = section("10160-0", "-", entry("16", inner, tag="substanceAdministration"))["medications"]
    assert (found["text"], found["dose"]) == ("Naltrexone", "1 mg, oral, every 8 h")


def test_times_are_as_precise_as_they_came() -> None:
    def written(value: str) -> object:
        text = f'{HEAD}<effectiveTime value="{value}"/></ClinicalDocument>'
        return document.parse(text.encode()).tree.get("written")

    assert [written(value) for value in ("2026", "202611", "20261120", "2026112014", "202611201405", "x")] == [
        "2026",
        "2026-11",
        "2026-11-20",
        "2026-11-20",
        "2026-11-20T14:05:00",
        None,
    ]
    assert written("20261120140509.123-0500") == "2026-11-20T14:05:09-05:00"


def test_systems_that_fhir_has_no_name_for_stay_oids_and_uuids() -> None:
    assert system_of("1.2.3") == "urn:oid:1.2.3"
    assert system_of("2A3B-4") == "urn:uuid:2a3b-4"


def test_another_document_is_told_and_read_as_far_as_it_goes() -> None:
    (issue,) = document.parse(f"{HEAD}</ClinicalDocument>".encode()).issues
    assert (issue.code, issue.severity, issue.rule) == ("FB306", "warning", "ccda-template")


@pytest.mark.parametrize("body", [b"<x/>", b"<ClinicalDocument", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        document.parse(body)


def test_a_hostile_document_ends_soon() -> None:
    deep = "<component>" * 200 + "</component>" * 200
    with pytest.raises(MalformedInput):
        document.parse(f"{HEAD}{'<a/>' * 300_000}</ClinicalDocument>".encode())
    assert document.parse(f"{HEAD}{deep}</ClinicalDocument>".encode()).tree == {}
