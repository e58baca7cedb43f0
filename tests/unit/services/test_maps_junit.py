"""Results as JUnit XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from tests.support.small_maps import PASSING, make_folder

from fhirbridge.services.maps.junit import as_junit
from fhirbridge.services.maps.testing import run_tests


def junit(tmp_path: Path, tests: str) -> Element:
    return fromstring(as_junit(run_tests(make_folder(tmp_path, tests), laws=2)))  # noqa: S314  # what we wrote ourselves


def test_each_map_is_a_suite_and_each_test_and_law_a_case(tmp_path: Path) -> None:
    root = junit(tmp_path, PASSING)
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "4", "0")
    assert [case.get("name") for case in root.iter("testcase")][:2] == ["two names", "there and back"]
    assert [suite.get("name") for suite in root] == ["small"]


def test_a_failure_has_its_place_and_no_value(tmp_path: Path) -> None:
    root = junit(tmp_path, PASSING.replace("family: Vega", "family: Okafor"))
    (failure,) = root.iter("failure")
    assert (failure.get("message"), failure.get("type")) == ("person.name[0].family: other value", "other value")
    assert (failure.text or "").startswith("sources/small.yaml:25:")
    assert not {"Vega", "Okafor"} & set((failure.text or "").split())
    assert (root.get("failures"), root[0].get("failures")) == ("1", "1")


def test_a_case_names_file_and_line(tmp_path: Path) -> None:
    case = next(junit(tmp_path, PASSING).iter("testcase"))
    assert (case.get("file"), case.get("line")) == ("sources/small.yaml", "22")
