"""The maps that fhirbridge ships pass their own tests, and the tests touch nearly all of them."""

from __future__ import annotations

from functools import cache

import pytest
from tests.support.maps import MAPPINGS, shipped

from fhirbridge.services.maps.laws import run_laws
from fhirbridge.services.maps.test_coverage import MapCoverage
from fhirbridge.services.maps.testing import run_tests
from fhirbridge.services.maps.testing_results import TestReport


@cache
def report() -> TestReport:
    return run_tests(MAPPINGS, laws=0)


def test_every_test_beside_the_maps_passes() -> None:
    assert [(each.place, each.path, each.kind) for each in report().failures] == []


def test_every_map_has_tests() -> None:
    assert {each.map for each in report().results} == set(shipped().names())


@pytest.mark.parametrize("coverage", report().coverage, ids=lambda each: each.map)
def test_the_tests_touch_nearly_every_row_and_field(coverage: MapCoverage) -> None:
    shares = coverage.by_kind()
    assert shares["row"].percent >= 95
    assert shares["field"].percent >= 95
    assert coverage.total.percent >= 95


@pytest.mark.parametrize("name", shipped().names())
def test_every_map_keeps_the_laws(name: str) -> None:
    results, _ = run_laws(shipped().get(name), 10)
    assert [each.breach for each in results if each.breach] == []
