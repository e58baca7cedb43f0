"""The progress review: what was accomplished, what changed, and what it does to goals, objectives and referrals."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from fhirbridge.records.base import (
    Client,
    DateText,
    Key,
    Part,
    Record,
    Sensitivity,
    Text,
    Worker,
    sourced,
)
from fhirbridge.records.goals import Achievement, GoalStatus, made_key
from fhirbridge.records.numbering import numbered
from fhirbridge.records.referral import ReferralStatus


class GoalUpdate(Part):
    """What the review says of one goal."""

    source = "service-plan"

    id: Key | None = made_key("the review's key and that of the goal")
    goal: Key = Field(description="Key of the goal.")
    status: GoalStatus | None = Field(default=None, description="The state of the goal from now on.")
    achievement: Achievement | None = Field(default=None, description="How far the goal is reached.")
    note: Text | None = Field(default=None, description="What was said of it, verbatim.")


class ObjectiveUpdate(Part):
    """What the review says of one objective."""

    source = "service-plan"

    id: Key | None = made_key("the review's key and that of the objective")
    objective: Key = Field(description="Key of the objective.")
    achievement: Achievement | None = Field(default=None, description="How far the objective is reached.")
    completed: DateText | None = Field(default=None, description="The day on which it was completed.")
    note: Text | None = Field(default=None, description="What was said of it, verbatim.")


class ReferralUpdate(Part):
    """What the review says of one referral."""

    source = "service-plan"

    id: Key | None = made_key("the review's key and that of the referral")
    referral: Key = Field(description="Key of the referral.")
    status: ReferralStatus = Field(description="How far the referral is.")
    note: Text | None = Field(default=None, description="What was said of it, verbatim.")


class Review(Record):
    """A review of a plan; it updates goals, objectives and referrals."""

    kind = "review"
    sensitivity = Sensitivity.CLINICAL
    source = "service-plan"

    client: Client = sourced("directory", "The client whose plan was reviewed.")
    plan: Key = Field(description="Key of the plan that was reviewed.")
    revised_plan: Key | None = Field(
        default=None, description="Key of the plan that takes its place, where the review led to one."
    )
    contact: Key | None = sourced("case-management", "Key of the contact at which it was reviewed.", default=None)
    on: DateText = Field(description="The day of the review.")
    by: Worker = Field(description="Who led the review.")
    client_took_part: bool | None = sourced("rss", "Whether the client took part in it.", default=None)
    accomplished: Text | None = Field(default=None, description="What has been accomplished, in words.")
    changed: Text | None = Field(default=None, description="What has changed, in words.")
    challenges: Text | None = Field(default=None, description="Challenges that were met or lie ahead, in words.")
    goals: list[GoalUpdate] = Field(default=[], description="What it says of goals.")
    objectives: list[ObjectiveUpdate] = Field(default=[], description="What it says of objectives.")
    referrals: list[ReferralUpdate] = Field(default=[], description="What it says of referrals.")
    next_due: DateText | None = Field(default=None, description="When the next review is due.")

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, tree: Any) -> Any:
        return numbered(tree, {"goals": "goal", "objectives": "objective", "referrals": "referral"})
