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
from fhirbridge.records.handover import Medication, OnwardReferral, Risk
from fhirbridge.records.person import Identifier

JUSTICE = Sensitivity.JUSTICE
Answer = Literal["yes", "no", "no-answer"]
Injecting = Literal["never", "previously", "currently"]
Route = Literal["inject", "sniff", "smoke", "oral", "other"]
EventKind = Literal["release", "transfer", "court"]
EventState = Literal["announced", "confirmed", "happened", "cancelled"]
RequirementKind = Literal[
    "drr", "alcohol-treatment", "mental-health-treatment", "supervision", "residence", "testing", "other"
]
Standing = Literal["order-requirement", "licence-condition"]
AccommodationKind = Literal["settled", "temporary", "approved-premises", "none", "unknown"]


class Event(Part):
    """The day it is all about."""

    source = "dir"

    type: EventKind = sensitive(JUSTICE, "What happens on that day.")
    on: DateText = Field(description="The day; community services need it to be ready.")
    confirmed: bool = Field(default=False, description="Whether the day is final.")
    state: EventState = sensitive(JUSTICE, "How far the event is.", default="announced")
    to: Organisation | None = sensitive(JUSTICE, "The prison, office or court that receives the person.", default=None)


class Requirement(Part):
    """A requirement of a court order, or a condition of a licence, in its own words."""

    source = "dir"

    id: Key = sourced("fhirbridge", "Key of the requirement in the source.")
    type: RequirementKind = Field(description="What it is about; drr is a drug rehabilitation requirement.")
    standing: Standing | None = Field(default=None, description="Whether an order requires it, or a licence.")
    text: Text = Field(description="The requirement, verbatim.")
    mandatory: bool = Field(default=True, description="Whether the person must keep it.")
    prohibits: bool | None = Field(default=None, description="Whether it forbids what it names.")
    starts: DateText | None = Field(default=None, description="From when.")
    until: DateText | None = Field(default=None, description="Until when.")


class Triage(Part):
    """Substance-misuse triage: the minimum set of the Drug Interventions Record. What is not asked stays out."""

    source = "dir"

    on: DateText | None = Field(default=None, description="When it was done.")
    by: Worker | None = sensitive(Sensitivity.CLINICAL, "Who did it.", default=None)
    drug_concern: Answer | None = Field(default=None, description="Whether drugs are a concern.")
    alcohol_concern: Answer | None = Field(default=None, description="Whether alcohol is a concern.")
    main_substance: Text | None = Field(default=None, description="The substance that causes most trouble.")
    other_substances: list[Text] = Field(default=[], description="The second and third substance.")
    route: Route | None = Field(default=None, description="How the main substance is taken.")
    age_first_use: int | None = Field(default=None, ge=0, description="Age at which it was first used, in years.")
    injecting: Injecting | None = Field(default=None, description="Whether the person injects.")
    drinking_days: int | None = Field(default=None, ge=0, description="Drinking days in the last 28.")
    drinking_units: int | None = Field(default=None, ge=0, description="Units of alcohol on a drinking day.")
    treated_before: bool | None = Field(default=None, description="Whether there was treatment before.")
    naloxone_issued: bool | None = Field(default=None, description="Whether naloxone was given to take home.")


class Treatment(Part):
    """A treatment received in custody."""

    source = "dir"

    id: Key = sourced("fhirbridge", "Key of the treatment in the source.")
    what: Text = Field(description="The treatment, in words.")
    start: DateText | None = Field(default=None, description="When it began.")
    end: DateText | None = Field(default=None, description="When it ended.")
    outcome: Text | None = Field(default=None, description="What came of it, in words.")


class Accommodation(Part):
    """Where the person will live on release."""

    source = "dir"

    type: AccommodationKind = Field(description="What kind of place it is.")
    text: Text | None = Field(default=None, description="The place, in words.")


class Appointment(Part):
    """The next appointment in the community."""

    source = "dir"

    id: Key = sourced("fhirbridge", "Key of the appointment in the source.")
    at: DateTimeText = Field(description="When.")
    ends: DateTimeText | None = Field(default=None, description="Until when, where that is set.")
    where: Text = Field(description="Where, in words.")
    with_whom: Text | None = Field(default=None, description="With whom, in words.")
    what_for: Text | None = Field(default=None, description="What for, in words.")


class Report(Part):
    """When and by whom a record was made in the system that tells."""

    source = "fhirbridge"

    at: InstantText = Field(description="When it was made.")
    by: Worker | None = sensitive(JUSTICE, "Who made it.", default=None)


class Transition(Record):
    """What a prison or probation system tells about a person who moves on."""

    kind = "transition"
    sensitivity = JUSTICE
    source = "dir"

    client: Client = Field(description="The person who moves on.")
    other_identifiers: list[Identifier] = sensitive(
        Sensitivity.IDENTITY, "Numbers other systems gave the same person.", default=[]
    )
    setting: Literal["custody", "supervision"] = Field(description="Where the person is told of from.")
    establishment: Organisation = sensitive(JUSTICE, "The prison or probation office that tells.")
    since: DateText | None = Field(default=None, description="Since when the person is in custody or supervised.")
    event: Event = sensitive(Sensitivity.IDENTITY, "Release, transfer or court date.")
    order: Text | None = Field(default=None, description="The order or licence, in words.")
    order_number: Key | None = Field(default=None, description="The order's number.")
    court: Organisation | None = sensitive(JUSTICE, "The court or board that made it.", default=None)
    ordered: DateText | None = Field(default=None, description="When it was made.")
    order_ends: DateText | None = Field(default=None, description="When it ends.")
    requirements: list[Requirement] = Field(default=[], description="Requirements and conditions.")
    supervising_officer: Worker | None = sensitive(JUSTICE, "Who supervises in the community.", default=None)
    triage: Triage | None = sensitive(Sensitivity.CLINICAL, "Substance-misuse triage.", default=None)
    treatments: list[Treatment] = sensitive(Sensitivity.CLINICAL, "Treatment in custody.", default=[])
    medications: list[Medication] = sensitive(Sensitivity.CLINICAL, "Medication and last dose.", default=[])
    risks: list[Risk] = sensitive(Sensitivity.CLINICAL, "Risks that the law lets one share.", default=[])
    referrals: list[OnwardReferral] = sensitive(Sensitivity.CLINICAL, "Referrals made from inside.", default=[])
    accommodation: Accommodation | None = sensitive(Sensitivity.IDENTITY, "Accommodation on release.", default=None)
    met_by: Worker | None = sensitive(Sensitivity.DIRECTORY, "Who meets the client at the gate.", default=None)
    appointment: Appointment | None = sensitive(Sensitivity.CLINICAL, "The next appointment.", default=None)
    agreed_to_share: list[Text] = sensitive(
        Sensitivity.IDENTITY, "What the client agreed to share, in words.", default=[]
    )
    reported: Report | None = sourced("fhirbridge", "When and by whom the record was made.", default=None)
