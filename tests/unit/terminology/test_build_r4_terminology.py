from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.terminology import FRUIT, FRUIT_SET, FRUIT_TREE, concept, make_set, make_system

from fhirbridge.terminology import build_r4_terminology as build
from fhirbridge.terminology.core import read_shelf
from fhirbridge.terminology.service import Coding, Terminology

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"


def named(system: str, *codes: str, display: str = "") -> dict[str, Any]:
    more = {"display": display} if display else {}
    return {"system": system, "concept": [{"code": code, **more} for code in codes]}


@pytest.fixture
def built(tmp_path: Path) -> Terminology:
    resources = [
        FRUIT_TREE,
        make_system(concept("CT"), url=DICOM),
        make_set(named(FRUIT, "lemon", display="Lemon")),
        make_set(named(SNOMED, "409063005", "1"), url="urn:snomed"),
        make_set(named(LOINC, *map(str, range(build.MAX_LOINC + 1))), url="urn:many-loinc"),
        make_set(named(LOINC, "72109-2"), {"system": DICOM}, url="urn:few-loinc"),
    ]
    for name, entries in zip(build.BUNDLES, (resources, [], []), strict=True):
        bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in entries]}
        (tmp_path / name).write_text(json.dumps(bundle), encoding="utf-8")
    build.main([str(tmp_path), str(tmp_path / "out.json")])
    return Terminology(read_shelf(tmp_path / "out.json", tmp_path / "guides"))


def test_systems_and_sets_come_back(built: Terminology) -> None:
    found = built.validate(f"{FRUIT_SET}|1", Coding(FRUIT, "lemon", "lemon"))
    assert (found.outcome, found.display) == ("in", "ok")
    assert built.subsumes(FRUIT, "citrus", "orange") == "subsumes"


def test_what_no_rule_needs_is_left_out(built: Terminology) -> None:
    apple = built.find_concept(Coding(FRUIT, "apple"))
    assert apple and not apple.designations


def test_codes_of_others_are_withheld_and_it_is_said(built: Terminology) -> None:
    assert built.validate("urn:snomed", Coding(SNOMED, "409063005")).outcome == "in"
    assert built.validate("urn:snomed", Coding(SNOMED, "1")).reason == "codes-withheld"
    assert built.validate("urn:many-loinc", Coding(LOINC, "7")).reason == "codes-withheld"


def test_single_codes_of_loinc_are_kept(built: Terminology) -> None:
    assert built.validate("urn:few-loinc", Coding(LOINC, "72109-2")).outcome == "in"


def test_a_system_of_others_is_left_out(built: Terminology) -> None:
    assert built.find_system(DICOM) is None
    assert built.validate("urn:few-loinc", Coding(DICOM, "CT")).reason == "system-unknown"
