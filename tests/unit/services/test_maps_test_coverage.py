"""How much of a map its tests touch."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.small_maps import changed, make_folder

from fhirbridge.services.maps.test_coverage import MapCoverage, Share
from fhirbridge.services.maps.testing import run_tests

FEMALE = "{name: f, in: tests/base.json, expect: {person.gender: female}}"
PATIENT = "{resourceType: Patient, id: p, active: true, gender: male}"
LEFT = f"{{name: l, given: [{PATIENT}], direction: left, absent: [doc.last]}}"


def coverage(tmp_path: Path, *tests: str, **more: str) -> MapCoverage:
    text = "tests:\n" + "".join(f"  - {test}\n" for test in tests) if tests else "tests: []\n"
    (found,) = run_tests(make_folder(tmp_path, text, **more), laws=0).coverage
    return found


def missed(found: MapCoverage, kind: str) -> set[str]:
    return {each.name for each in found.missed() if each.kind == kind}


def test_no_test_touches_nothing(tmp_path: Path) -> None:
    found = coverage(tmp_path)
    assert (found.total.hit, found.by_kind()["row"], found.by_kind()["code"]) == (0, Share(0, 8), Share(0, 2))


def test_what_a_document_does_not_hold_is_missed(tmp_path: Path) -> None:
    found = coverage(tmp_path, FEMALE)
    assert missed(found, "row") == {"doc.alive <=> active"}
    assert missed(found, "field") == {"doc.alive"}
    assert missed(found, "code") == {"sex: M"}


def test_an_ignored_field_is_no_gap(tmp_path: Path) -> None:
    assert "doc.note" not in missed(coverage(tmp_path), "field")


def test_the_way_back_touches_rows_and_codes_too(tmp_path: Path) -> None:
    found = coverage(tmp_path, FEMALE, LEFT)
    assert (missed(found, "row"), missed(found, "code")) == (set(), set())


def test_a_missed_point_names_its_line(tmp_path: Path) -> None:
    places = {each.name: each.place for each in coverage(tmp_path, FEMALE).missed()}
    assert places["doc.alive <=> active"] == places["doc.alive"] == "sources/small.yaml:16"
    assert places["sex: M"] == "tables/sex.csv:3"


def test_what_a_profile_supports_counts(tmp_path: Path) -> None:
    url = "https://fhirbridge.org/fhir/StructureDefinition/client-patient"
    text = changed("right: {fhir: R4}", f"right: {{fhir: R4, profiles: {{person: '{url}'}}}}")
    found = coverage(tmp_path, FEMALE, map_text=text)
    assert "person: Patient.address" in missed(found, "element")
    assert "person: Patient.gender" not in missed(found, "element")


@pytest.mark.parametrize(
    ("hit", "every", "percent"), [(0, 0, 100.0), (1, 3, 33.3), (999, 1000, 99.9), (9999, 10000, 99.9)]
)
def test_a_share_is_never_rounded_up(hit: int, every: int, percent: float) -> None:
    assert Share(hit, every).percent == percent
