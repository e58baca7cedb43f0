"""The progress review: what was accomplished, what changed, and what it does to goals and referrals."""

from __future__ import annotations

from pydantic import Field

from fhirbridge.records.base import Client, DateText, Key, Part, Record, Sensitivity, Text, Worker
from fhirbridge.records.plan import Achievement, GoalStatus
from fhirbridge.records.referral import ReferralStatus


class GoalUpdate(Part):
    """What the review says of one goal."""

    goal: Key
    status: GoalStatus | None = None
    achievement: Achievement | None = None
    note: Text | None = None


class ObjectiveUpdate(Part):
    """What the review says of one objective."""

    objective: Key
    completed: DateText | None = None
    note: Text | None = None


class ReferralUpdate(Part):
    """What the review says of one referral."""

    referral: Key
    status: ReferralStatus
    note: Text | None = None


class Review(Record):
    """A review of a plan; it updates goals, objectives and referrals."""

    kind = "review"
    sensitivity = Sensitivity.CLINICAL

    client: Client
    plan: Key
    on: DateText
    by: Worker
    accomplished: Text | None = None
    changed: Text | None = None
    challenges: Text | None = None
    goals: list[GoalUpdate] = []
    objectives: list[ObjectiveUpdate] = []
    referrals: list[ReferralUpdate] = []
    next_due: DateText | None = Field(default=None, description="When the next review is due.")
