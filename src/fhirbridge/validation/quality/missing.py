"""Where something is missing that good practice asks for: each function yields the paths."""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.records import Discharge, Plan, Referral, Transition
from fhirbridge.times import first_day, last_day
from fhirbridge.validation.quality.model import Places, Subject

LEAD_DAYS = 7
"""A transition should be known this many days before the day itself."""

CLOSED = frozenset({"completed", "withdrawn", "declined"})
"""States in which nobody has to chase a referral any more."""


def missing(*names: str) -> Places:
    """The first of the fields, when none of them has anything in it."""

    def places(subject: Subject) -> Iterator[str]:
        if not any(getattr(subject.record, name) for name in names):
            yield names[0]

    return places


def goals_without_objectives(subject: Subject) -> Iterator[str]:
    """Yield the goals that have no objective."""
    goals = subject.record.goals if isinstance(subject.record, Plan) else []
    return (f"goals[{i}].objectives" for i, goal in enumerate(goals) if not goal.objectives)


def unsigned_by(role: str) -> Places:
    """The agreement, when nobody in this role signed it."""

    def places(subject: Subject) -> Iterator[str]:
        agreement = subject.record.agreement if isinstance(subject.record, Plan) else []
        if not any(each.role == role and (each.signed or each.signed_on) for each in agreement):
            yield "agreement"

    return places


def no_substance_use_goal(subject: Subject) -> Iterator[str]:
    """Yield the goals when none relates to substance use."""
    if isinstance(subject.record, Plan) and not any(goal.substance_use for goal in subject.record.goals):
        yield "goals"


def open_without_owner(subject: Subject) -> Iterator[str]:
    """Yield the owner of a referral that is open and has none."""
    referral = subject.record
    if isinstance(referral, Referral) and referral.owner is None and referral.status not in CLOSED:
        yield "owner"


def due_before_discharge(subject: Subject) -> Iterator[str]:
    """Yield the follow-up that is due before the discharge."""
    discharge = subject.record
    if isinstance(discharge, Discharge) and last_day(discharge.follow_up.due) < first_day(discharge.discharged):
        yield "follow_up.due"


def late(subject: Subject) -> Iterator[str]:
    """Yield the day of a transition that arrived too close to it."""
    transition, received = subject.record, subject.received
    is_late = (
        isinstance(transition, Transition)
        and received is not None
        and (last_day(transition.event.on) - received).days < LEAD_DAYS
    )
    if is_late:
        yield "event.on"
