"""Quality of records: reported, never blocking."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhirbridge.records import Discharge, Plan, Record, Referral, Transition
from fhirbridge.validation.quality.judge import quality
from fhirbridge.validation.quality.model import RULE_SOURCES
from fhirbridge.validation.quality.reading import HIGHEST_GRADE, find_grade
from fhirbridge.validation.quality.rules import RULES

CLIENT = {"number": "C-104", "system": "https://riverside.example/clients"}
AGENCY = {"number": "A-1", "name": "Riverside Recovery"}
WORKER = {"number": "W-1", "name": "Jo Adeyemi"}
SIGNED = {"name": "signed", "signed": "2026-10-02T10:00:00Z"}


def make_plan(**changes: Any) -> Plan:
    objective = {"id": "o1", "text": "Go to the group twice a week", "measure": "Weeks attended", "due": "2027-01"}
    values = {
        "id": "RP-7",
        "client": CLIENT,
        "agency": AGENCY,
        "type": "aftercare-plan",
        "status": "active",
        "review_due": "2026-12-01",
        "goals": [{"id": "g1", "own_words": "My mornings back.", "substance_use": True, "objectives": [objective]}],
        "relapse_prevention": [{"text": "Call Jo first."}],
        "agreement": [{"role": "client", **SIGNED}, {"role": "counsellor", **SIGNED}],
        "copies": [{"to": "client", "on": "2026-10-02"}],
        "responsible": [{"agency": AGENCY, "worker": WORKER}],
    }
    return Plan.model_validate({**values, **changes})


def make_referral(**changes: Any) -> Referral:
    values = {"id": "R-1", "client": CLIENT, "status": "sent", "category": "outreach", "from_agency": AGENCY}
    return Referral.model_validate({**values, "owner": WORKER, **changes})


def make_discharge(**changes: Any) -> Discharge:
    values = {
        "id": "D-1",
        "client": CLIENT,
        "agency": AGENCY,
        "type": "unplanned",
        "discharged": "2026-11-20",
        "follow_up": {"worker": WORKER, "due": "2026-11-27", "action": "Call and offer a place."},
    }
    return Discharge.model_validate({**values, **changes})


def make_transition(**changes: Any) -> Transition:
    values = {
        "id": "T-1",
        "client": CLIENT,
        "setting": "custody",
        "establishment": AGENCY,
        "event": {"type": "release", "on": "2026-12-10"},
        "met_by": WORKER,
        "appointment": {"id": "a1", "at": "2026-12-11T10:00:00Z", "where": "Riverside"},
        "accommodation": {"type": "temporary"},
    }
    return Transition.model_validate({**values, **changes})


def found(record: Record, **more: Any) -> list[tuple[str, str]]:
    return [(issue.rule, issue.expression) for issue in quality(record, **more)]


@pytest.mark.parametrize("record", [make_plan(), make_referral(), make_discharge(), make_transition()])
def test_a_good_record_has_no_findings(record: Record) -> None:
    assert found(record) == []


OBJECTIVE = "goals[0].objectives[0]"
MEASURE = f"{OBJECTIVE}.measure"
HARD = (
    "Immediately initiate communication with the multidisciplinary rehabilitation organisation whenever physiological "
    "manifestations of deterioration materialise, utilising the predetermined escalation methodology documented "
    "previously, notwithstanding organisational unavailability or administrative complications encountered."
)
UNDATED = {"id": "o1", "text": "Go to the group twice a week", "measure": "y"}


def make_plan_with(**objective: Any) -> Plan:
    """A plan with one goal and one objective."""
    given = {"id": "o1", "text": "Go to the group twice a week", "measure": "Weeks attended", "due": "2027-01"}
    goal = {"id": "g1", "own_words": "My mornings back.", "substance_use": True, "objectives": [{**given, **objective}]}
    return make_plan(goals=[goal])


@pytest.mark.parametrize(
    ("record", "rule", "path"),
    [
        (make_plan(goals=[]), "Q-plan-goal", "goals"),
        (
            make_plan(goals=[{"id": "g", "own_words": "x", "substance_use": True}]),
            "Q-plan-objective",
            "goals[0].objectives",
        ),
        (
            make_plan(goals=[{"id": "g", "own_words": "x", "substance_use": True, "objectives": [UNDATED]}]),
            "Q-plan-target-date",
            "goals[0].objectives[0].due",
        ),
        (make_plan_with(text="Go to the group", measure="He says so"), "Q-objective-measurable", MEASURE),
        (
            make_plan_with(text="Try to go to the group", measure="3 visits"),
            "Q-objective-specific",
            f"{OBJECTIVE}.text",
        ),
        (make_plan_with(established="2027-02-01"), "Q-objective-dates", f"{OBJECTIVE}.due"),
        (make_plan_with(established="2025-11"), "Q-objective-span", f"{OBJECTIVE}.due"),
        (make_plan(period_end="2026-12-31"), "Q-objective-beyond-plan", f"{OBJECTIVE}.due"),
        (make_plan(relapse_prevention=[{"text": HARD}]), "Q-plan-reading-level", ""),
        (make_plan_with(measure="Two clean weeks"), "Q-wording", MEASURE),
        (make_referral(reason="Met an ex-con  who asked."), "Q-wording", "reason"),
        (make_plan(agreement=[{"role": "counsellor", **SIGNED}]), "Q-plan-client-agreement", "agreement"),
        (make_plan(agreement=[{"role": "client", **SIGNED}]), "Q-plan-counsellor-agreement", "agreement"),
        (make_plan(copies=[]), "Q-plan-copies", "copies"),
        (make_plan(review_due=None), "Q-plan-review-date", "review_due"),
        (make_plan(responsible=[]), "Q-plan-responsible", "responsible"),
        (make_plan(relapse_prevention=[]), "Q-plan-relapse", "relapse_prevention"),
        (make_referral(owner=None), "Q-referral-owner", "owner"),
        (make_discharge(discharged="2026-12"), "Q-discharge-follow-up", "follow_up.due"),
        (make_transition(met_by=None), "Q-transition-met-by", "met_by"),
        (make_transition(appointment=None), "Q-transition-appointment", "appointment"),
        (make_transition(accommodation=None), "Q-transition-accommodation", "accommodation"),
    ],
)
def test_what_is_missing_is_told_with_its_place(record: Record, rule: str, path: str) -> None:
    assert found(record) == [(rule, path)]


def test_a_way_straight_back_is_a_relapse_measure() -> None:
    reaccess = {"contact": "Jo", "steps": "Ring, any day."}
    assert found(make_plan(relapse_prevention=[], reaccess=reaccess)) == []


def test_a_closed_referral_needs_no_owner() -> None:
    assert found(make_referral(owner=None, status="completed")) == []


@pytest.mark.parametrize(("received", "late"), [(date(2026, 12, 3), False), (date(2026, 12, 4), True)])
def test_a_transition_should_be_known_a_week_before(received: date, late: bool) -> None:
    assert found(make_transition(), received=received) == ([("Q-transition-lead-time", "event.on")] if late else [])


def test_a_finding_is_a_warning_with_a_hint() -> None:
    (issue,) = quality(make_plan(copies=[]))
    assert (issue.severity, issue.code) == ("warning", "FB500")
    assert issue.hint


def test_rule_ids_are_distinct() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


def test_every_rule_has_a_reason_and_a_source() -> None:
    assert [rule.id for rule in RULES if not rule.reason or not RULE_SOURCES[rule.source]] == []


def test_the_clients_own_words_are_never_judged() -> None:
    plan = make_plan(preferences=[{"text": "I call myself an addict, and that is mine to say."}])
    assert found(plan) == []


def test_wording_that_stood_in_the_version_before_is_not_told_again() -> None:
    before = make_plan_with(measure="Two clean weeks")
    assert found(make_plan_with(measure="Two clean weeks", due="2027-02"), before=before) == []
    assert found(make_plan_with(measure="Three clean weeks"), before=before) == [("Q-wording", MEASURE)]


def test_a_word_inside_another_word_is_none() -> None:
    assert found(make_plan_with(measure="Cleaned the username list 3 times")) == []


def test_no_message_repeats_the_text() -> None:
    (issue,) = quality(make_plan_with(measure="Two clean weeks"))
    assert "clean" not in f"{issue.message} {issue.hint}"


def test_a_short_copy_has_no_reading_grade() -> None:
    assert find_grade(["Call Jo."]) is None


def test_harder_words_have_a_higher_grade() -> None:
    easy = find_grade(["Call Jo first. Go to the group. Ask for help. Eat well. Sleep well. Walk each day."] * 3)
    hard = find_grade([HARD] * 2)
    assert easy is not None and hard is not None and easy < 4 < HIGHEST_GRADE < hard
