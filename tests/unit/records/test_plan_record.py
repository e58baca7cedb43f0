"""The plan record: keys for what nobody numbers, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fhirbridge.records import Plan

PLAN: dict[str, Any] = {
    "id": "P-1",
    "client": {"number": "C-1", "system": "https://riverside.example/client"},
    "agency": {"number": "A-1", "name": "Riverside"},
    "type": "care-plan",
    "status": "active",
    "assessment": {"ongoing_needs": [{"what": {"text": "a settled home"}}]},
    "goals": [{"id": "g1", "own_words": "cook again", "strengths": [{"text": "patient"}, {"text": "patient"}]}],
    "preferences": [{"id": "W-1", "text": "mornings"}, {"text": "evenings"}],
    "responsible": [
        {"agency": {"number": number, "name": number}, "worker": {"number": "w", "name": "Kay"}} for number in "XY"
    ],
}


def made(**changes: Any) -> Plan:
    return Plan.model_validate({**PLAN, **changes})


def test_a_part_without_a_key_gets_one_that_is_always_the_same_and_restates_no_words() -> None:
    keys = [each.id or "" for each in made().preferences]
    assert keys[0] == "W-1" and keys[1].startswith("P-1/preferences/") and "evenings" not in keys[1]
    assert keys == [each.id for each in made().preferences]


def test_parts_of_goals_and_of_the_assessment_get_keys_too_and_no_two_are_the_same() -> None:
    plan = made()
    first, second = (each.id for each in plan.goals[0].strengths)
    assert first and second and first != second and first.startswith("g1/strengths/")
    assert plan.assessment and (plan.assessment.ongoing_needs[0].id or "").startswith("P-1/ongoing_needs/")


def test_an_agency_keeps_its_key_when_another_comes_before_it() -> None:
    key = made().responsible[1].id
    assert made(responsible=PLAN["responsible"][::-1]).responsible[0].id == key


def test_a_record_as_it_is_kept_reads_back_the_same() -> None:
    assert Plan.model_validate(made().model_dump(mode="json", exclude_none=True)) == made()


@pytest.mark.parametrize(
    "wrong",
    [
        {"assessment": {"id": "x"}},
        {"goals": [{"id": "g1", "own_words": "x", "strengths": ["words alone"]}]},
        {"interventions": [{"id": "i", "what": "talk", "schedule": {"times": 0, "unit": "week"}}]},
        {"agreement": [{"role": "client", "name": "Kay", "signed": "2026-05-01"}]},
    ],
)
def test_what_is_no_plan_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**wrong)
