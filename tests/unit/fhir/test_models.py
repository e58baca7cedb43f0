"""The typed models of fhir.resources, reached through one door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.fhir_resources import VALID, make_goal

from fhirbridge.errors import InvalidContent
from fhirbridge.fhir.resources import to_model


@pytest.mark.parametrize("make", VALID)
def test_what_we_carry_fits_the_models(make: Callable[[], dict[str, Any]]) -> None:
    assert to_model(make()).model_dump()["resourceType"] == make()["resourceType"]


def test_a_fault_is_told_with_its_path_and_without_its_value() -> None:
    with pytest.raises(InvalidContent) as caught:
        to_model(make_goal(startDate="the day my sister called"))
    (issue,) = caught.value.issues
    assert issue.expression == "Goal.startDate"
    assert "sister" not in repr(caught.value.issues) + str(caught.value)


@pytest.mark.parametrize("resource", [{}, {"resourceType": "Nothing"}])
def test_an_unknown_type_is_refused(resource: dict[str, Any]) -> None:
    with pytest.raises(InvalidContent):
        to_model(resource)
