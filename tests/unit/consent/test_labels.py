"""Security labels by class, jurisdiction and obligation.

Spec: http://hl7.org/fhir/R4/security-labels.html
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from fhirbridge.consent.labels import label
from fhirbridge.consent.table import CLASSES

GOAL: dict[str, Any] = {"resourceType": "Goal", "id": "g", "status": "active"}


def codes(data_class: str, jurisdiction: str = "US", *obligations: str) -> list[str]:
    labelled = label(GOAL, data_class, jurisdiction, obligations=obligations)
    return [coding["code"] for coding in labelled.get("meta", {}).get("security", [])]


@pytest.mark.parametrize("data_class", ["D1", "D2", "D3", "D4", "D7", "D8"])
def test_all_that_speaks_of_treatment_is_restricted_under_its_law(data_class: str) -> None:
    assert codes(data_class, "US") == ["R", "42CFRPart2", "SUD"]
    assert codes(data_class, "UK") == ["R", "SUD"]


def test_counselling_notes_are_marked_as_such() -> None:
    assert codes("D5", "UK") == ["R", "SUD", "PSYTHPN"]


def test_justice_data_is_restricted_and_no_treatment_record() -> None:
    assert codes("D6", "US") == ["R"]


def test_the_directory_has_no_label_even_on_its_way_out() -> None:
    assert label(GOAL, "D0", "US", obligations=["NORDSCLCD"]) == GOAL


def test_obligations_that_have_a_code_are_written_and_others_not() -> None:
    assert codes("D3", "UK", "NOTICE", "NOREUSE", "TELL-KEYWORKER", "NORDSCLCD") == ["R", "SUD", "NORDSCLCD", "NOREUSE"]


def test_each_code_stands_in_its_own_system_and_has_no_display() -> None:
    security = label(GOAL, "D3", "US")["meta"]["security"]
    assert security[0] == {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    assert {coding["system"] for coding in security[1:]} == {"http://terminology.hl7.org/CodeSystem/v3-ActCode"}


def test_labels_it_came_with_stay_the_retired_one_too() -> None:
    retired = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "NORDSLCD"}
    labelled = label({**GOAL, "meta": {"profile": ["urn:p"], "security": [retired]}}, "D6", "UK")
    assert labelled["meta"]["profile"] == ["urn:p"]
    assert [coding["code"] for coding in labelled["meta"]["security"]] == ["NORDSLCD", "R"]


@pytest.mark.parametrize(("data_class", "jurisdiction"), list(product(sorted(CLASSES), ["US", "UK"])))
def test_labelling_twice_is_labelling_once_and_the_input_is_left_alone(data_class: str, jurisdiction: str) -> None:
    once = label(GOAL, data_class, jurisdiction)
    assert label(once, data_class, jurisdiction) == once
    assert "meta" not in GOAL


def test_meta_stands_in_its_place() -> None:
    assert list(label(GOAL, "D1", "US")) == ["resourceType", "id", "meta", "status"]
    assert list(label({"status": "active"}, "D1", "US")) == ["meta", "status"]


@pytest.mark.parametrize(("data_class", "jurisdiction"), [("D9", "US"), ("", "UK"), ("D1", "FR"), ("D1", "")])
def test_what_cannot_be_labelled_is_refused(data_class: str, jurisdiction: str) -> None:
    with pytest.raises(ValueError, match="needs a class"):
        label(GOAL, data_class, jurisdiction)
