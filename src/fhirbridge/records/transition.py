"""The transition record of the justice side: release, transfer or court, and what the community must know.

It must reach the community in time for the day of release: `event.on` against the day it was received is the
lead time that counts. Offence, victim and intelligence data are not fields here and are dropped at the door.
"""

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
    sensitive,
)
from fhirbridge.records.discharge import Medication
from fhirbridge.records.person import Identifier

JUSTICE = Sensitivity.JUSTICE


class Event(Part):
    """The day it is all about."""

    type: Literal["release", "transfer", "court"] = sensitive(JUSTICE, "What happens on that day.")
    on: DateText = Field(description="The day; community services need it to be ready.")
    confirmed: bool = False
    state: Literal["announced", "confirmed", "happened", "cancelled"] = sensitive(
        JUSTICE, "How far the event is.", default="announced"
    )


class Requirement(Part):
    """A requirement of a court order or a licence condition, in its own words."""

    id: Key
    type: Literal["drr", "alcohol-treatment", "mental-health-treatment", "supervision", "residence", "testing", "other"]
    text: Text
    mandatory: bool = True
    until: DateText | None = None


class Triage(Part):
    """Substance-misuse triage: the minimum set."""

    on: DateText | None = None
    drug_concern: Literal["yes", "no", "no-answer"] | None = None
    alcohol_concern: Literal["yes", "no", "no-answer"] | None = None
    main_substance: Text | None = None
    injecting: Literal["never", "previously", "currently"] | None = None
    naloxone_issued: bool | None = None


class Treatment(Part):
    """A treatment received in custody."""

    id: Key
    what: Text
    start: DateText | None = None
    end: DateText | None = None
    outcome: Text | None = None


class Risk(Part):
    """A risk that the law lets one share."""

    id: Key
    type: Literal["self-harm", "medical", "overdose", "vulnerability", "other"]
    text: Text


class InsideReferral(Part):
    """A referral made from inside."""

    id: Key
    category: Key = Field(description="Service category, a code of the service-category table.")
    detail: Text | None = None
    to: Organisation | None = None
    made: DateText | None = None


class Accommodation(Part):
    """Where the person will live on release."""

    type: Literal["settled", "temporary", "approved-premises", "none", "unknown"]
    text: Text | None = None


class Appointment(Part):
    """The next appointment in the community."""

    id: Key
    at: DateTimeText
    where: Text
    with_whom: Text | None = None


class Transition(Record):
    """What a prison or probation system tells about a person who moves on."""

    kind = "transition"
    sensitivity = JUSTICE

    client: Client
    other_identifiers: list[Identifier] = sensitive(
        Sensitivity.IDENTITY, "Numbers other systems gave the same person.", default=[]
    )
    setting: Literal["custody", "supervision"]
    establishment: Organisation = sensitive(JUSTICE, "The prison or probation office that tells.")
    event: Event = sensitive(Sensitivity.IDENTITY, "Release, transfer or court date.")
    order: Text | None = Field(default=None, description="The order, in words.")
    requirements: list[Requirement] = []
    supervising_officer: Worker | None = None
    triage: Triage | None = sensitive(Sensitivity.CLINICAL, "Substance-misuse triage.", default=None)
    treatments: list[Treatment] = sensitive(Sensitivity.CLINICAL, "Treatment in custody.", default=[])
    medications: list[Medication] = sensitive(Sensitivity.CLINICAL, "Medication and last dose.", default=[])
    risks: list[Risk] = sensitive(Sensitivity.CLINICAL, "Risks that the law lets one share.", default=[])
    referrals: list[InsideReferral] = sensitive(Sensitivity.CLINICAL, "Referrals made from inside.", default=[])
    accommodation: Accommodation | None = sensitive(Sensitivity.IDENTITY, "Accommodation on release.", default=None)
    met_by: Worker | None = sensitive(Sensitivity.DIRECTORY, "Who meets the client at the gate.", default=None)
    appointment: Appointment | None = sensitive(Sensitivity.CLINICAL, "The next appointment.", default=None)
    agreed_to_share: list[Text] = sensitive(
        Sensitivity.IDENTITY, "What the client agreed to share, in words.", default=[]
    )
