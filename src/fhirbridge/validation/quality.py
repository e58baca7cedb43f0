"""Quality of records: what is missing that good practice asks for. Reported to those who can mend it, never blocking.

The rules are a table: record kind, rule id, what is missing, what to do, where. Nothing is invented and nothing is
refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.records import Discharge, Plan, Record, Referral, Transition
from fhirbridge.times import first_day, last_day

LEAD_DAYS = 7
"""A transition should be known this many days before the day itself."""

Places = Callable[[Any], Iterator[str]]
"""Takes a record, yields the path of each place where something is missing; "" is the record itself."""


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule: for which kind, its id, what is wrong at the places it finds, and what to do."""

    kind: str
    id: str
    message: str
    hint: str
    places: Places


def quality(record: Record, *, received: date | None = None) -> tuple[Issue, ...]:
    """Return what is missing in a record, in the order of the rules, each with severity warning.

    Args:
        received: the day the record arrived; without it lead time is not judged.
    """
    rules = QUALITY_RULES if received is None else (*QUALITY_RULES, _lead_time(received))
    return tuple(_issue(rule, path) for rule in rules if rule.kind == record.kind for path in rule.places(record))


def _issue(rule: QualityRule, path: str) -> Issue:
    return Issue("FB500", rule.message, expression=path, severity="warning", rule=rule.id, hint=rule.hint)


# -- where something is missing


def _missing(*names: str) -> Places:
    """The record itself, when none of the fields has anything in it."""

    def places(record: Record) -> Iterator[str]:
        if not any(getattr(record, name) for name in names):
            yield names[0]

    return places


def _objectives_without_due(plan: Plan) -> Iterator[str]:
    for i, goal in enumerate(plan.goals):
        for j, objective in enumerate(goal.objectives):
            if objective.due is None:
                yield f"goals[{i}].objectives[{j}].due"


def _goals_without_objectives(plan: Plan) -> Iterator[str]:
    return (f"goals[{i}].objectives" for i, goal in enumerate(plan.goals) if not goal.objectives)


def _unsigned_by(role: str) -> Places:
    def places(plan: Plan) -> Iterator[str]:
        if not any(signature.role == role for signature in plan.agreement):
            yield "agreement"

    return places


def _no_substance_use_goal(plan: Plan) -> Iterator[str]:
    if not any(goal.substance_use for goal in plan.goals):
        yield "goals"


def _open_without_owner(referral: Referral) -> Iterator[str]:
    if referral.owner is None and referral.status not in ("completed", "withdrawn", "declined"):
        yield "owner"


def _due_before_discharge(discharge: Discharge) -> Iterator[str]:
    if last_day(discharge.follow_up.due) < first_day(discharge.discharged):
        yield "follow_up.due"


def _late(transition: Transition, *, received: date) -> Iterator[str]:
    if (last_day(transition.event.on) - received).days < LEAD_DAYS:
        yield "event.on"


QUALITY_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "plan",
        "Q-plan-goal",
        "No goal relates to substance use.",
        "Agree on one with the client, or mark the goal that does.",
        _no_substance_use_goal,
    ),
    QualityRule(
        "plan",
        "Q-plan-objective",
        "The goal has no measurable objective.",
        "Add what the client will do and how anyone can tell that it is done.",
        _goals_without_objectives,
    ),
    QualityRule(
        "plan",
        "Q-plan-target-date",
        "The objective has no target date.",
        "Agree on a date of completion with the client.",
        _objectives_without_due,
    ),
    QualityRule(
        "plan",
        "Q-plan-client-agreement",
        "The client has not signed the plan.",
        "Review the plan with the client and have it signed and dated.",
        _unsigned_by("client"),
    ),
    QualityRule(
        "plan",
        "Q-plan-counsellor-agreement",
        "The counsellor has not signed the plan.",
        "Have the plan signed and dated.",
        _unsigned_by("counsellor"),
    ),
    QualityRule(
        "plan",
        "Q-plan-copies",
        "No copy of the plan was given to anybody.",
        "Give the client a copy and note it.",
        _missing("copies"),
    ),
    QualityRule(
        "plan",
        "Q-plan-review-date",
        "The plan has no date of review.",
        "Set the day on which it is reviewed with the client.",
        _missing("review_due"),
    ),
    QualityRule(
        "plan",
        "Q-plan-responsible",
        "Nobody is named who sees that the plan is put into effect.",
        "Name a person in each agency that delivers.",
        _missing("responsible"),
    ),
    QualityRule(
        "plan",
        "Q-plan-relapse",
        "The plan has no relapse-prevention measure and no way straight back into treatment.",
        "Note what helps, whom to call and what happens then.",
        _missing("relapse_prevention", "reaccess"),
    ),
    QualityRule(
        "referral",
        "Q-referral-owner",
        "The referral is open and nobody owns it.",
        "Name the person who chases it until it is closed.",
        _open_without_owner,
    ),
    QualityRule(
        "discharge",
        "Q-discharge-follow-up",
        "The follow-up is due before the discharge.",
        "Correct one of the dates.",
        _due_before_discharge,
    ),
    QualityRule(
        "transition",
        "Q-transition-met-by",
        "Nobody is named who meets the client.",
        "Name the worker who meets the client on the day.",
        _missing("met_by"),
    ),
    QualityRule(
        "transition",
        "Q-transition-appointment",
        "There is no next appointment in the community.",
        "Make one before the day.",
        _missing("appointment"),
    ),
    QualityRule(
        "transition",
        "Q-transition-accommodation",
        "Nothing is said of accommodation.",
        "Say where the client will live, or that it is not known.",
        _missing("accommodation"),
    ),
)


def _lead_time(received: date) -> QualityRule:
    """Return the rule of the lead time, which depends on the day the record arrived."""
    return QualityRule(
        "transition",
        "Q-transition-lead-time",
        f"The record arrived less than {LEAD_DAYS} days before the day it speaks of.",
        "Tell the community side at once; send earlier next time.",
        partial(_late, received=received),
    )
