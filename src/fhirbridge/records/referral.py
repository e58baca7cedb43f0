"""The referral: from, to, why, how urgent, and what became of it. It has an owner until it is closed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import (
    Client,
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
    sourced,
)
from fhirbridge.records.goals import made_key
from fhirbridge.records.numbering import numbered

ReferralStatus = Literal[
    "draft",
    "sent",
    "received",
    "accepted",
    "declined",
    "waitlisted",
    "started",
    "attended",
    "completed",
    "did-not-attend",
    "withdrawn",
]


class ReferralEvent(Part):
    """What happened to the referral, by whom and when."""

    source = "case-management"

    status: ReferralStatus = Field(description="What happened, as the state that the referral came into.")
    at: DateTimeText = Field(description="When it happened, as exactly as it is known.")
    by: Text | None = Field(default=None, description="Who did it: a worker, a desk, an agency, in words.")
    note: Text | None = Field(default=None, description="What was said about it, verbatim: why it was declined.")


class Monitoring(Part):
    """Whether the client really uses the service and whether it is the best fit."""

    source = "service-plan"

    id: Key | None = made_key("the referral's key and the day")
    on: DateText = Field(description="The day on which it was looked into.")
    by: Text | None = Field(default=None, description="Who looked into it.")
    using_service: bool | None = Field(default=None, description="Whether the client really uses the service.")
    best_fit: bool | None = Field(default=None, description="Whether the service is the best fit for the client.")
    contact_minutes: int | None = sourced(
        "case-management",
        "Face-to-face time with the agency in minutes, documented for funding.",
        default=None,
        ge=0,
    )
    note: Text | None = Field(default=None, description="What was found, in words.")


class Referral(Record):
    """A request that somebody provide a service to the client."""

    kind = "referral"
    sensitivity = Sensitivity.CLINICAL
    source = "rss"

    client: Client = sourced("directory", "The client who is referred.")
    plan: Key | None = sourced("service-plan", "Key of the plan it serves.", default=None)
    status: ReferralStatus = sourced("case-management", "How far the referral is.")
    status_reason: Text | None = sourced(
        "case-management", "Why it is so, in words: why it was declined, waits or was withdrawn.", default=None
    )
    category: Key = Field(description="Service category, a code of the service-category table.")
    drug_related: bool | None = Field(default=None, description="Whether the service is about drug or alcohol use.")
    clinical: bool | None = Field(default=None, description="Whether the service asked for is clinical.")
    didactic: bool | None = Field(default=None, description="Whether the service asked for teaches.")
    detail: Text | None = Field(default=None, description="The service asked for, in words.")
    reason: Text | None = Field(default=None, description="Why the client is referred, in words.")
    urgency: Literal["routine", "urgent", "asap", "stat"] = sourced(
        "fhir", "How soon the service is needed.", default="routine"
    )
    written: DateTimeText | None = sourced("case-management", "When the referral was written.", default=None)
    wanted_by: DateText | None = Field(default=None, description="When the service should have begun.")
    from_agency: Organisation = Field(description="The agency that refers.")
    from_service: Text | None = Field(default=None, description="The service within the agency that refers.")
    referrer: Worker | None = Field(default=None, description="Who wrote the referral.")
    to_agency: Organisation | None = Field(default=None, description="The agency that is to provide the service.")
    to_service: Text | None = Field(default=None, description="The service within that agency.")
    internal: bool = Field(default=False, description="Whether the service is one of the referring agency's own.")
    preference: Text | None = Field(default=None, description="The client's preference, verbatim.")
    client_agrees: bool | None = Field(default=None, description="Whether the client agrees to be referred.")
    consent: Key | None = sensitive(
        Sensitivity.IDENTITY,
        "Key of the consent under which the other agency is told.",
        source="42cfr2",
        default=None,
    )
    owner: Worker | None = sourced("case-management", "Who chases it until it is closed.", default=None)
    outcome: Text | None = sourced("case-management", "What came of it for the client, in words.", default=None)
    events: list[ReferralEvent] = sourced("case-management", "What happened to it, in order.", default=[])
    monitoring: list[Monitoring] = sourced("service-plan", "Each look at whether the service serves.", default=[])
    rereferral_of: Key | None = sourced(
        "case-management", "Key of the referral that this one follows because the service did not fit.", default=None
    )

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, tree: Any) -> Any:
        return numbered(tree, {"monitoring": "on"})
