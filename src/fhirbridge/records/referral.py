"""The referral: from, to, why, how urgent, and what became of it. It has an owner until it is closed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
)

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

    status: ReferralStatus
    at: DateTimeText
    by: Text | None = None


class Monitoring(Part):
    """Whether the client really uses the service and whether it is the best fit."""

    on: DateText
    using_service: bool | None = None
    best_fit: bool | None = None
    contact_minutes: int | None = Field(default=None, ge=0, description="Face-to-face minutes with the agency.")
    note: Text | None = None


class Referral(Record):
    """A request that somebody provide a service to the client."""

    kind = "referral"
    sensitivity = Sensitivity.CLINICAL

    client: Client
    plan: Key | None = Field(default=None, description="Key of the plan it serves.")
    status: ReferralStatus
    category: Key = Field(description="Service category, a code of the service-category table.")
    detail: Text | None = Field(default=None, description="The service asked for, in words.")
    reason: Text | None = None
    urgency: Literal["routine", "urgent", "asap", "stat"] = "routine"
    written: DateTimeText | None = None
    wanted_by: DateText | None = Field(default=None, description="When the service should have begun.")
    from_agency: Organisation
    referrer: Worker | None = None
    to_agency: Organisation | None = None
    to_service: Text | None = None
    internal: bool = False
    preference: Text | None = Field(default=None, description="The client's preference, verbatim.")
    client_agrees: bool | None = None
    owner: Worker | None = Field(default=None, description="Who chases it until it is closed.")
    events: list[ReferralEvent] = []
    monitoring: list[Monitoring] = []
    rereferral_of: Key | None = Field(default=None, description="Key of the referral that did not fit.")
