"""What is handed over whenever a client moves on, by discharge or transition: medication, risks, referrals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fhirbridge.records.base import (
    DateText,
    DateTimeText,
    Key,
    Organisation,
    Part,
    Sensitivity,
    Text,
    Worker,
    sensitive,
    sourced,
)

RiskKind = Literal["self-harm", "medical", "overdose", "vulnerability", "other"]
OnwardState = Literal["requested", "accepted", "declined", "completed"]


class Medication(Part):
    """A medication at discharge or release. Doses that cannot be parsed stay as text."""

    source = "dir"

    id: Key = sourced("fhirbridge", "Key of the medication in the source.")
    name: Text = Field(description="What it is, in words.")
    code: Key | None = sourced("fhir", "Its code, where known.", default=None)
    system: Key | None = sourced("fhir", "URI of the code's system.", default=None)
    dose: Text | None = Field(default=None, description="Dose, way and times, in words.")
    last_dose: DateTimeText | None = Field(default=None, description="When the last dose was given.")
    supply_days: int | None = Field(default=None, ge=0, description="Days that the supply lasts.")
    supplied: DateText | None = Field(default=None, description="When the supply was handed out.")
    prescriber: Worker | None = sensitive(Sensitivity.CLINICAL, "Who prescribes it.", default=None)


class Risk(Part):
    """A risk that those who go on with the client should know, and that the law lets one share."""

    source = "dir"

    id: Key = sourced("fhirbridge", "Key of the risk in the source.")
    type: RiskKind = Field(description="What kind of risk it is.")
    text: Text = Field(description="The risk, in words.")
    since: DateText | None = Field(default=None, description="Since when it is known.")


class OnwardReferral(Part):
    """A referral made before the client moved on: by the agency at discharge, or from inside a prison."""

    source = "rss"

    id: Key = sourced("fhirbridge", "Key of the referral in the source.")
    category: Key = Field(description="Service category, a code of the service-category table.")
    detail: Text | None = Field(default=None, description="What is asked for, in words.")
    to: Organisation | None = Field(default=None, description="Who is asked.")
    made: DateText | None = Field(default=None, description="When it was made.")
    state: OnwardState = sourced("case-management", "How far it is, as far as is known.", default="requested")
    owner: Worker | None = sourced("case-management", "Who chases it until it is closed.", default=None)
