"""The plan: service plan, treatment plan, care plan, RSS plan or aftercare plan. One record, `kind` tells which.

A plan without a target date, an agreement, a responsible person or a substance-use goal is valid: it is carried,
and reported to those who can mend it (validation.quality).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fhirbridge.records.base import (
    Client,
    Coded,
    DateText,
    DateTimeText,
    Key,
    Organisation,
    Part,
    Record,
    Sensitivity,
    Text,
    Worker,
    sensitive,
)

PlanKind = Literal["service-plan", "treatment-plan", "care-plan", "rss-plan", "aftercare-plan"]
Phase = Literal["engagement", "delivery", "completion", "long-term"]
Stage = Literal["engagement", "assessment", "planning", "implementation", "monitoring", "review", "conclusion"]
Model = Literal["brokerage", "clinical", "strengths-based", "intensive"]
PlanStatus = Literal["draft", "active", "on-hold", "completed", "withdrawn", "entered-in-error"]
GoalStatus = Literal["proposed", "planned", "active", "on-hold", "completed", "cancelled", "rejected"]
Achievement = Literal[
    "in-progress",
    "improving",
    "worsening",
    "no-change",
    "achieved",
    "sustaining",
    "not-achieved",
    "not-attainable",
]


class Assessment(Part):
    """The assessment a plan rests on."""

    on: DateText | None = None
    by: Worker | None = None
    informed_by: list[Text] = Field(default=[], description="Professionals who informed it, by role.")
    history: Text | None = Field(default=None, description="The client's history.")
    family: Text | None = sensitive(Sensitivity.THIRD_PARTY, "Family and supports, as found.", default=None)
    environment: Text | None = Field(default=None, description="The environment the client returns to.")
    ongoing_needs: list[Text] = Field(default=[], description="Ongoing support needs found.")


class Problem(Part):
    """A problem or challenge the client faces."""

    id: Key
    what: Coded
    priority: Literal["high", "medium", "low"] | None = None
    addressed: bool = Field(default=True, description="Whether this plan addresses it.")


class Objective(Part):
    """An action of the client in measurable words."""

    id: Key
    text: Text = Field(description="What the client will do, in measurable words, verbatim.")
    measure: Text = Field(description="How anyone can tell that it is done.")
    established: DateText | None = None
    due: DateText | None = Field(default=None, description="Targeted completion.")
    completed: DateText | None = None
    progress: list[Text] = []


class Goal(Part):
    """What the client wants, in the client's own words, with measurable objectives under it."""

    id: Key
    own_words: Text = Field(description="The client's own words, verbatim.")
    status: GoalStatus = "active"
    substance_use: bool = Field(default=False, description="Whether the goal relates to substance use.")
    achievement: Achievement | None = None
    started: DateText | None = None
    strengths: list[Text] = []
    needs: list[Text] = []
    abilities: list[Text] = []
    preferences: list[Text] = []
    gains: list[Text] = Field(default=[], description="Progress and gains so far.")
    objectives: list[Objective] = []


class Intervention(Part):
    """What is done, by whom, how often, for how long."""

    id: Key
    what: Text
    by: Worker | None = None
    frequency: Text | None = None
    duration: Text | None = None
    start: DateText | None = None


class Service(Part):
    """A support service wanted, and the referral that serves it."""

    id: Key
    category: Key = Field(description="Service category, a code of the service-category table.")
    detail: Text | None = None
    drug_related: bool | None = None
    clinical: bool = False
    didactic: bool = False
    referral: Key | None = Field(default=None, description="Key of the referral that serves it.")


class Circumstance(Part):
    """A special circumstance that shapes a need."""

    aspect: Literal["age", "gender", "disability", "disorder", "culture", "other"]
    text: Text


class Reaccess(Part):
    """The way straight back into treatment: whom to call, what happens."""

    contact: Text
    phone: Text | None = None
    steps: Text


class Participant(Part):
    """Somebody who takes part in the plan."""

    id: Key
    role: Literal[
        "family",
        "allied-agency",
        "housing-worker",
        "cjit-worker",
        "probation-officer",
        "attorney",
        "court",
        "cpa-coordinator",
        "care-manager",
        "other",
    ]
    name: Text
    permitted: bool = Field(default=False, description="For family: the client gave permission.")


class Support(Part):
    """A formal or informal support in the client's life."""

    text: Text
    formal: bool = False


class Signature(Part):
    """Who reviewed, approved and signed, and when."""

    role: Literal["counsellor", "client", "family", "supervisor"]
    name: Text
    signed: DateTimeText


class CopyGiven(Part):
    """A copy of the plan that was given to somebody."""

    to: Text
    on: DateText


class Responsible(Part):
    """Who sees that the plan is put into effect in one agency."""

    agency: Organisation
    worker: Worker


class PlanReview(Part):
    """A review of the plan: a plan is revised, never overwritten."""

    id: Key
    on: DateText
    accomplished: Text | None = None
    changed: Text | None = None
    challenges: Text | None = None


class Plan(Record):
    """A plan of services and goals, drawn up with the client."""

    kind = "plan"
    sensitivity = Sensitivity.CLINICAL

    client: Client
    keyworker: Worker | None = None
    agency: Organisation
    type: PlanKind = Field(description="Which of the five names the plan goes by.")
    phase: Phase | None = None
    stage: Stage | None = None
    model: Model | None = None
    title: Text | None = None
    status: PlanStatus
    drawn_up: DateText | None = None
    agreed: DateText | None = Field(default=None, description="When the client agreed to it.")
    review_due: DateText | None = None
    period_start: DateText | None = None
    period_end: DateText | None = None
    replaces: Key | None = Field(default=None, description="Key of the plan this one replaces.")
    assessment: Assessment | None = None
    problems: list[Problem] = []
    coping: list[Text] = Field(default=[], description="Ways the client already copes.")
    goals: list[Goal] = []
    interventions: list[Intervention] = []
    services: list[Service] = []
    preferences: list[Text] = Field(default=[], description="The client's preferences, verbatim.")
    circumstances: list[Circumstance] = []
    relapse_prevention: list[Text] = []
    reaccess: Reaccess | None = None
    participants: list[Participant] = sensitive(Sensitivity.THIRD_PARTY, "Who takes part.", default=[])
    supports: list[Support] = sensitive(Sensitivity.THIRD_PARTY, "Supports in the client's life.", default=[])
    agreement: list[Signature] = Field(default=[], description="Who reviewed, approved and signed.")
    copies: list[CopyGiven] = []
    responsible: list[Responsible] = Field(default=[], description="One person per agency that delivers.")
    reviews: list[PlanReview] = []
    internal_note: Text | None = sensitive(
        Sensitivity.COUNSELLING_NOTES, "A counsellor's own note; it never leaves the agency.", default=None
    )
