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


BASES = [each for each in report().coverage if not shipped().get(each.map).file.startswith("partners/")]
"""Coverage of maps that stand for themselves; what an overlay takes over is tested with its base."""
ONE_WAY = frozenset({"ccda"})
"""Sides with two samples for all their codes and fields."""


@pytest.mark.parametrize("coverage", BASES, ids=lambda each: each.map)
def test_the_tests_touch_nearly_every_row_and_field(coverage: MapCoverage) -> None:
    shares = coverage.by_kind()
    floor = 85 if shipped().get(coverage.map).left.kind in ONE_WAY else 95
    assert shares["row"].percent >= floor
    assert shares["field"].percent >= floor
    assert coverage.total.percent >= floor


@pytest.mark.parametrize("name", shipped().names())
def test_every_map_keeps_the_laws(name: str) -> None:
    results, _ = run_laws(shipped().get(name), 10)
    assert [each.breach for each in results if each.breach] == []
