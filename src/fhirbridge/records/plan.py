"""The plan: service plan, treatment plan, care plan, RSS plan or aftercare plan. One record, `type` tells which.

A plan without a target date, an agreement, a responsible person or a substance-use goal is valid: it is carried,
and reported to those who can mend it (validation.quality). What its goals hold is in `records.goals`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import (
    Client,
    Coded,
    DateText,
    InstantText,
    Key,
    Organisation,
    Part,
    Record,
    Sensitivity,
    Text,
    Worker,
    sensitive,
    sourced,
)
from fhirbridge.records.goals import Achievement, Goal, GoalStatus, Need, Preference, Priority, made_key
from fhirbridge.records.numbering import numbered

__all__ = ["Achievement", "Goal", "GoalStatus", "Plan", "Priority"]

PlanKind = Literal["service-plan", "treatment-plan", "care-plan", "rss-plan", "aftercare-plan"]
Phase = Literal["engagement", "delivery", "completion", "long-term"]
Stage = Literal["engagement", "assessment", "planning", "implementation", "monitoring", "review", "conclusion"]
Model = Literal["brokerage", "clinical", "strengths-based", "intensive"]
PlanStatus = Literal["draft", "active", "on-hold", "completed", "withdrawn", "entered-in-error"]
ProblemStatus = Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved"]
ParticipantRole = Literal[
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
THIRD_PARTY = Sensitivity.THIRD_PARTY


class Score(Part):
    """The result of an instrument, such as AUDIT-C, that was used in the assessment."""

    source = "case-management"

    id: Key | None = made_key("the plan's key and the instrument")
    instrument: Coded = Field(description="Which instrument, by name, and by its LOINC code where known.")
    score: int = Field(ge=0, description="The total score.")
    on: DateText | None = Field(default=None, description="The day on which it was used.")
    meaning: Text | None = Field(default=None, description="What the score means, in words.")


class Assessment(Part):
    """The assessment a plan rests on."""

    source = "moc-2006"

    on: DateText | None = Field(default=None, description="The day of the assessment.")
    by: Worker | None = Field(default=None, description="Who made it.")
    informed_by: list[Text] = Field(
        default=[], description="Professionals who informed it, by role: housing, CJIT, an allied agency."
    )
    history: Text | None = Field(default=None, description="The client's history.")
    family: Text | None = sensitive(THIRD_PARTY, "Family and supports, as found.", default=None)
    environment: Text | None = Field(default=None, description="The environment the client returns to.")
    ongoing_needs: list[Need] = sourced("rss", "Ongoing support needs found.", default=[])
    scores: list[Score] = sourced("case-management", "Results of instruments, such as AUDIT-C.", default=[])


class Problem(Part):
    """A problem or challenge the client faces."""

    source = "service-plan"

    id: Key = sourced("directory", "Key of the problem.")
    what: Coded = Field(description="The problem in words, with a code where one is known.")
    priority: Priority | None = Field(default=None, description="How urgent the problem is.")
    addressed: bool = Field(default=True, description="Whether this plan addresses it.")
    status: ProblemStatus = sourced("fhir", "How the problem stands now.", default="active")
    since: DateText | None = sourced("fhir", "Since when the client has it.", default=None)
    listed_as: Literal["health-concern", "problem-list-item"] = sourced(
        "fhir",
        "Whether it is a concern of the client, or stands on a clinician's problem list.",
        default="health-concern",
    )


class Schedule(Part):
    """How often, in numbers: so many times in every so many days, weeks or months."""

    source = "service-plan"

    times: int = Field(ge=1, description="How many times.")
    every: int = Field(default=1, ge=1, description="In every how many units.")
    unit: Literal["day", "week", "month"] = Field(description="The unit: day, week or month.")


class Intervention(Part):
    """What is done, by whom, how often, for how long."""

    source = "service-plan"

    id: Key = sourced("directory", "Key of the intervention.")
    what: Text = Field(description="What is done, in words.")
    type: Literal["counselling", "education", "social-service"] | None = sourced(
        "fhir", "What kind of service it is.", default=None
    )
    by: Worker | None = Field(default=None, description="Who does it.")
    agency: Organisation | None = Field(default=None, description="The agency that does it, where it is another one.")
    frequency: Text | None = Field(default=None, description="How often, in words.")
    schedule: Schedule | None = Field(default=None, description="How often, in numbers.")
    minutes_each: int | None = Field(default=None, ge=1, description="How many minutes each time.")
    sessions: int | None = Field(default=None, ge=1, description="How many times in all.")
    duration: Text | None = Field(default=None, description="For how long, in words.")
    start: DateText | None = Field(default=None, description="First day.")
    end: DateText | None = Field(default=None, description="Last day.")
    goals: list[Key] = Field(default=[], description="Keys of the goals that it serves.")


class Service(Part):
    """A support service wanted, and the referral that serves it."""

    source = "rss"

    id: Key = sourced("directory", "Key of the service wanted.")
    category: Key = Field(description="Service category, a code of the service-category table.")
    detail: Text | None = Field(default=None, description="The service in words.")
    drug_related: bool | None = Field(default=None, description="Whether it is about drug or alcohol use.")
    clinical: bool = Field(default=False, description="Whether it is clinical.")
    didactic: bool = Field(default=False, description="Whether it teaches.")
    referral: Key | None = Field(default=None, description="Key of the referral that serves it.")
    goals: list[Key] = Field(default=[], description="Keys of the goals that it serves.")


class Circumstance(Part):
    """A special circumstance that shapes a need."""

    source = "rss"

    aspect: Literal["age", "gender", "disability", "disorder", "culture", "other"] = Field(
        description="What it is about."
    )
    text: Text = Field(description="The circumstance in words.")


class RelapseMeasure(Part):
    """Something that helps against a relapse."""

    source = "moc-2006"

    id: Key | None = made_key("the plan's key and the words")
    text: Text = Field(description="What helps, in words.")
    warning_sign: Text | None = Field(default=None, description="The sign at which to do it.")


class Reaccess(Part):
    """The way straight back into treatment: whom to call, what happens."""

    source = "moc-2006"

    contact: Text = Field(description="Whom to call.")
    phone: Text | None = Field(default=None, description="Telephone.")
    hours: Text | None = Field(default=None, description="When they can be called.")
    trigger: Text | None = Field(default=None, description="When the client should call.")
    steps: Text = Field(description="What happens then.")


class FamilyMember(Part):
    """Somebody of the client's family, or as near, who takes part in the plan."""

    source = "rss"

    id: Key = sourced("directory", "Key of the participant.")
    name: Text = Field(description="The person's name, or who they are to the client.")
    relationship: Text = Field(description="What the person is to the client, in words.")
    permitted: bool = Field(default=False, description="Whether the client gave permission to take part.")
    signed_on: DateText | None = Field(default=None, description="The day on which the person signed the plan too.")
    phone: Text | None = Field(default=None, description="Telephone.")


class Participant(Part):
    """An allied agency or another professional who takes part in the plan: by name, by organisation, or both."""

    source = "moc-2006"

    id: Key = sourced("directory", "Key of the participant.")
    role: ParticipantRole = Field(description="What the participant is; the care manager pays.")
    name: Text | None = Field(default=None, description="The person's name.")
    organisation: Organisation | None = Field(default=None, description="The agency, office, firm or court.")
    phone: Text | None = Field(default=None, description="The person's telephone.")


class Support(Part):
    """A formal or informal support in the client's life."""

    source = "service-plan"

    text: Text = Field(description="Who or what it is, in words.")
    kind: Literal["formal", "informal"] = Field(
        default="informal", description="Whether somebody provides it as a job."
    )


class Signature(Part):
    """Who reviewed, approved and signed, and when."""

    source = "service-plan"

    id: Key | None = made_key("the plan's key and the role")
    role: Literal["counsellor", "client", "supervisor"] = Field(description="As what the person signs.")
    name: Text = Field(description="The person's name.")
    reviewed: DateText | None = Field(default=None, description="The day on which the person reviewed the plan.")
    approved: DateText | None = Field(default=None, description="The day on which the person approved it.")
    signed: InstantText | None = Field(default=None, description="When the person signed, to the second.")
    signed_on: DateText | None = Field(default=None, description="The day of signing, where no more is known.")


class CopyGiven(Part):
    """A copy of the plan that was given to somebody."""

    source = "rss"

    id: Key | None = made_key("the plan's key and the recipient")
    to: Text = Field(description="To whom.")
    on: DateText = Field(description="On which day.")
    how: Literal["handed-over", "post", "electronic", "fax"] | None = Field(
        default=None, description="How it was given."
    )


class Responsible(Part):
    """Who sees that the plan is put into effect in one agency."""

    source = "moc-2006"

    id: Key | None = made_key("the plan's key and the agency")
    agency: Organisation = Field(description="The agency that delivers.")
    worker: Worker = Field(description="The person who sees to it there.")


class PlanReview(Part):
    """A review of the plan: a plan is revised, never overwritten."""

    source = "service-plan"

    id: Key = sourced("directory", "Key of the review.")
    on: DateText = Field(description="The day of the review.")
    by: Worker | None = Field(default=None, description="Who led it.")
    accomplished: Text | None = Field(default=None, description="What has been accomplished, in words.")
    changed: Text | None = Field(default=None, description="What has changed, in words.")
    challenges: Text | None = Field(default=None, description="Challenges that were met or lie ahead, in words.")


class Plan(Record):
    """A plan of services and goals, drawn up with the client."""

    kind = "plan"
    sensitivity = Sensitivity.CLINICAL
    source = "service-plan"

    client: Client = sourced("directory", "The client whose plan it is.")
    keyworker: Worker | None = sourced("moc-2006", "Who draws up the plan and coordinates it.", default=None)
    agency: Organisation = Field(description="The agency that owns the plan.")
    type: PlanKind = Field(description="Which of the five names the plan goes by.")
    phase: Phase | None = sourced("moc-2006", "Phase of the treatment journey.", default=None)
    stage: Stage | None = sourced("case-management", "Stage of case management.", default=None)
    model: Model | None = sourced("case-management", "Model of case management.", default=None)
    title: Text | None = sourced("fhir", "What the plan is called.", default=None)
    status: PlanStatus = sourced("fhir", "How the plan stands.")
    drawn_up: DateText | None = Field(default=None, description="When it was drawn up.")
    agreed: DateText | None = Field(default=None, description="When the client agreed to it.")
    review_due: DateText | None = Field(default=None, description="When it is to be reviewed next.")
    period_start: DateText | None = Field(default=None, description="First day that it covers.")
    period_end: DateText | None = Field(default=None, description="Last day that it covers.")
    replaces: Key | None = Field(default=None, description="Key of the plan this one replaces.")
    assessment: Assessment | None = sourced("moc-2006", "The assessment it rests on.", default=None)
    problems: list[Problem] = Field(default=[], description="Problems and challenges, those not addressed included.")
    coping: list[Text] = Field(default=[], description="Ways the client already copes.")
    goals: list[Goal] = Field(default=[], description="What the client wants.")
    interventions: list[Intervention] = Field(default=[], description="What is done towards the goals.")
    services: list[Service] = sourced("rss", "Support services wanted.", default=[])
    preferences: list[Preference] = sourced("rss", "What the client would rather have.", default=[])
    circumstances: list[Circumstance] = sourced("rss", "Special circumstances that shape a need.", default=[])
    relapse_prevention: list[RelapseMeasure] = sourced("moc-2006", "What helps against a relapse.", default=[])
    reaccess: Reaccess | None = sourced("moc-2006", "The way straight back into treatment.", default=None)
    family: list[FamilyMember] = sensitive(THIRD_PARTY, "Family who take part.", source="rss", default=[])
    participants: list[Participant] = sensitive(
        THIRD_PARTY, "Allied agencies and other professionals who take part.", source="moc-2006", default=[]
    )
    supports: list[Support] = sensitive(THIRD_PARTY, "Supports in the client's life.", default=[])
    agreement: list[Signature] = Field(default=[], description="Who reviewed, approved and signed.")
    copies: list[CopyGiven] = sourced("rss", "Copies given, to whom and when.", default=[])
    responsible: list[Responsible] = sourced("moc-2006", "One person per agency that delivers.", default=[])
    reviews: list[PlanReview] = Field(default=[], description="Reviews of the plan so far.")
    internal_note: Text | None = sensitive(
        Sensitivity.COUNSELLING_NOTES,
        "A counsellor's own note; it never leaves the agency.",
        source="42cfr2",
        default=None,
    )

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, tree: Any) -> Any:
        made = numbered(tree, _TOLD_APART_BY)
        assessment = made.get("assessment") if isinstance(made, dict) else None
        if not isinstance(assessment, dict) or "id" in assessment:
            return made
        within = numbered({**assessment, "id": made.get("id")}, _FOUND_TOLD_APART_BY)
        return {**made, "assessment": {name: value for name, value in within.items() if name != "id"}}


_TOLD_APART_BY = {
    "preferences": "text",
    "relapse_prevention": "text",
    "agreement": "role",
    "copies": "to",
    "responsible": "agency.number",
}
_FOUND_TOLD_APART_BY = {"ongoing_needs": "what.text", "scores": "instrument.text"}
"""Lists of parts whose keys are made where none is given -> the field that tells the parts apart."""
