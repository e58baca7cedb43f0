"""The terminology that ships, judged by the table that the gate uses and by what guides write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhirbridge.fhir.table import table
from fhirbridge.terminology import answers
from fhirbridge.terminology.answers import Coding, Verdict
from fhirbridge.terminology.build_r4_terminology import SYSTEMS_OF_OTHERS
from fhirbridge.terminology.core import GUIDES, TABLE, core_shelf
from fhirbridge.terminology.service import Terminology

CORE = Terminology.core()
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
ACT, REASON = (f"http://terminology.hl7.org/CodeSystem/v3-{name}" for name in ("ActCode", "ActReason"))
SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/"
GRAMMARS = frozenset({"urn:ietf:bcp:47", "urn:ietf:bcp:13", "http://unitsofmeasure.org"})


@pytest.mark.parametrize("value_set", sorted(table().codes))
def test_each_required_value_set_has_the_codes_that_the_gate_knows(value_set: str) -> None:
    for system, codes in table().codes[value_set].items():
        for code in codes:
            assert CORE.validate(value_set, Coding(system, code)).outcome == "in"
            assert CORE.validate(value_set, Coding(code=code)).outcome == "in"
        if system not in GRAMMARS:
            assert CORE.validate(value_set, Coding(system, "no-such-code")).outcome == "out"


@pytest.mark.parametrize(
    ("value_set", "coding", "outcome"),
    [
        ("request-status|4.0.1", Coding(code="active"), "in"),
        ("service-type", Coding("http://terminology.hl7.org/CodeSystem/service-type", "108"), "in"),
        ("episodeofcare-type", Coding("http://terminology.hl7.org/CodeSystem/episodeofcare-type", "da"), "in"),
        ("signature-type", Coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1"), "in"),
        ("servicerequest-category", Coding(SNOMED, "409063005", "Counselling"), "in"),
        ("servicerequest-category", Coding(SNOMED, "1"), "not-checked"),
        ("consent-category", Coding(LOINC, "64292-6"), "in"),
        ("currencies", Coding(code="GBP"), "in"),
        ("timezones", Coding(code="Europe/London"), "in"),
        ("ucum-units", Coding("http://unitsofmeasure.org", "mg/dL"), "in"),
        ("condition-code", Coding(SNOMED, "1"), "not-checked"),
    ],
)
def test_value_sets_of_r4_answer(value_set: str, coding: Coding, outcome: str) -> None:
    assert CORE.validate(f"http://hl7.org/fhir/ValueSet/{value_set}", coding).outcome == outcome


@pytest.mark.parametrize("code", ["ETH", "SUD", "42CFRPart2", "NORDSCLCD", "SDV", "HIV"])
def test_the_labels_that_the_bridge_writes_are_there(code: str) -> None:
    assert CORE.validate_in_system(Coding(ACT, code)).outcome == "in"


def test_purposes_of_use_are_in_families() -> None:
    assert CORE.subsumes(REASON, "PurposeOfUse", "TREAT") == "subsumes"


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "sdoh"),
        ("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan"),
        ("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern"),
        ("http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS", "5.1.4"),
        (f"{SDOH}CodeSystem/SDOHCC-CodeSystemTemporaryCodes", "protective-factor"),
    ],
)
def test_codes_of_guides_are_there(system: str, code: str) -> None:
    assert CORE.validate_in_system(Coding(system, code)).outcome == "in"


def test_the_part_of_a_guides_system_says_that_it_is_one() -> None:
    asked = Coding(f"{SDOH}CodeSystem/SDOHCC-CodeSystemTemporaryCodes", "some-later-code")
    assert CORE.validate_in_system(asked) == Verdict("not-checked", answers.FRAGMENT)
    found = CORE.expand(f"{SDOH}ValueSet/SDOHCC-ValueSetSDOHCategory")
    assert found.total == 24


@pytest.mark.parametrize("file", sorted(GUIDES.glob("*.json")), ids=lambda file: file.name)
def test_each_file_of_a_guide_names_its_source_and_licence(file: Path) -> None:
    tree = json.loads(file.read_text(encoding="utf-8"))
    assert "CC0" in tree["copyright"]
    assert "taken from" in tree["description"]


@pytest.mark.parametrize("system", [*SYSTEMS_OF_OTHERS, SNOMED, LOINC, "http://www.ama-assn.org/go/cpt"])
def test_code_systems_of_others_are_not_shipped(system: str) -> None:
    assert core_shelf().systems.find(system) is None


def test_every_value_set_can_be_read_and_asked() -> None:
    outcomes = {CORE.validate(url, Coding("urn:none", "x")).outcome for url in core_shelf().value_sets.iter_urls()}
    assert outcomes == {"out", "not-checked"}


def test_the_table_stays_small() -> None:
    assert TABLE.stat().st_size < 2_500_000
