"""Our code systems hold the codes that records and maps use."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from fhirbridge.formats import fhir_json
from fhirbridge.records import discharge, plan, referral
from fhirbridge.records.base import Sensitivity

ROOT = Path(__file__).parents[3]


def codes_of(name: str) -> list[str]:
    body = (ROOT / "profiles" / "fhirbridge" / f"{name}.codesystem.json").read_bytes()
    return [concept["code"] for concept in fhir_json.parse(body)["concept"]]


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("plan-phase", plan.Phase),
        ("plan-stage", plan.Stage),
        ("plan-model", plan.Model),
        ("discharge-kind", discharge.DischargeKind),
        ("referral-state", referral.ReferralStatus),
    ],
)
def test_codes_are_those_of_the_record(name: str, literal: Any) -> None:
    assert codes_of(name) == list(get_args(literal))


def test_plan_kinds_are_those_of_the_record_and_the_transition_plan() -> None:
    assert codes_of("plan-kind") == [*get_args(plan.PlanKind), "transition-plan"]


def test_data_classes_are_those_of_the_records() -> None:
    assert codes_of("data-class") == [level.value for level in Sensitivity]


def test_service_categories_are_those_of_the_table() -> None:
    with (ROOT / "mappings" / "tables" / "service-category.csv").open(newline="") as file:
        assert codes_of("service-category") == [row["target"] for row in csv.DictReader(file)]


def test_every_kind_that_a_record_map_writes_has_a_code() -> None:
    maps = (file.read_text() for file in (ROOT / "mappings" / "records").glob("*.yaml"))
    used = {kind for text in maps for kind in re.findall(r"\[kind=([a-z-]+)\]", text)}
    assert used <= set(codes_of("note-kind"))
