"""Our code systems hold the codes that records and maps use."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from fhirbridge.formats import fhir_json
from fhirbridge.records import consent, discharge, handover, person, plan, referral, transition
from fhirbridge.records.base import Sensitivity

ROOT = Path(__file__).parents[3]


def codes_of(name: str) -> list[str]:
    body = (ROOT / "profiles" / "fhirbridge" / f"{name}.codesystem.json").read_bytes()
    return [concept["code"] for concept in fhir_json.parse(body)["concept"]]


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("plan-kind", plan.PlanKind),
        ("plan-phase", plan.Phase),
        ("plan-stage", plan.Stage),
        ("plan-model", plan.Model),
        ("discharge-kind", discharge.DischargeKind),
        ("care-setting", discharge.CareSetting),
        ("risk-kind", handover.RiskKind),
        ("transition-event", transition.EventKind),
        ("requirement-kind", transition.RequirementKind),
        ("route-of-use", transition.Route),
        ("injecting", transition.Injecting),
        ("accommodation", transition.AccommodationKind),
        ("consent-kind", consent.ConsentKind),
        ("referral-state", referral.ReferralStatus),
    ],
)
def test_codes_are_those_of_the_record(name: str, literal: Any) -> None:
    assert codes_of(name) == list(get_args(literal))


def test_an_order_stands_beside_what_it_requires() -> None:
    assert codes_of("requirement-standing") == ["order", *get_args(transition.Standing)]


def test_numbers_without_a_code_of_hl7_have_one_of_ours() -> None:
    assert set(codes_of("identifier-kind")) < set(get_args(person.IdentifierKind))


def test_data_classes_are_those_of_the_records() -> None:
    assert codes_of("data-class") == [level.value for level in Sensitivity]


def test_service_categories_are_those_of_the_table() -> None:
    with (ROOT / "mappings" / "tables" / "service-category.csv").open(newline="") as file:
        assert codes_of("service-category") == [row["target"] for row in csv.DictReader(file)]


def test_every_kind_that_a_record_map_writes_has_a_code() -> None:
    maps = (file.read_text() for file in (ROOT / "mappings" / "records").glob("*.yaml"))
    used = {kind for text in maps for kind in re.findall(r"\[kind=([a-z-]+)\]", text)}
    assert used <= set(codes_of("note-kind"))
