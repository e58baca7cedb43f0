"""The discharge summary. Follow-up is never nobody's job: a named person is required."""

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
    sourced,
)
from fhirbridge.records.handover import Medication, OnwardReferral, Risk

DischargeKind = Literal["planned", "transfer", "unplanned", "non-compliance", "removed", "inactive"]
CareSetting = Literal["residential", "day", "outpatient", "unknown"]
MONITORING = Sensitivity.MONITORING


class Diagnosis(Part):
    """A diagnosis at discharge."""

    source = "rss"

    id: Key = sourced("fhirbridge", "Key of the diagnosis in the source.")
    what: Coded = Field(description="The diagnosis, in words and perhaps in a code.")


class OpenNeed(Part):
    """A need that is still open when the client leaves."""

    source = "rss"

    id: Key = sourced("fhirbridge", "Key of the need in the source.")
    text: Text = Field(description="The need, in words.")


class Followup(Part):
    """Who follows up, by when, and what that person does.

    Unplanned: offers further services if the client wants them. Non-compliance or removed: makes sure of the link to
    an appropriate referral source. Planned, transfer or inactive: keeps continuity, decides with the client whether
    more is needed, and offers or refers.
    """

    source = "rss"

    worker: Worker = Field(description="The named person whose job it is.")
    due: DateText = Field(description="By when.")
    action: Text = Field(description="What that person does, in words.")
    client_wants: bool | None = Field(default=None, description="Whether the client wants further services.")
    done: DateText | None = Field(default=None, description="When it was done.")
    decision: Text | None = Field(default=None, description="What was decided with the client, in words.")


class Discharge(Record):
    """What was achieved, what is still open, where to, and who follows up."""

    kind = "discharge"
    sensitivity = Sensitivity.CLINICAL
    source = "rss"

    client: Client = Field(description="The person who leaves.")
    agency: Organisation = sensitive(Sensitivity.DIRECTORY, "The agency that discharges.")
    keyworker: Worker | None = sourced("case-management", "Who coordinated the care.", default=None)
    plan: Key | None = Field(default=None, description="Key of the plan that ends.")
    setting: CareSetting = sensitive(MONITORING, "Where the care was given: the level of care.", default="unknown")
    type: DischargeKind = sensitive(MONITORING, "How the stay ended; inactive: no recovery support is needed.")
    admitted: DateText | None = sensitive(MONITORING, "When the stay began.", default=None)
    discharged: DateText = sensitive(MONITORING, "When it ended.")
    reason: Text | None = Field(default=None, description="Why it ended, in words.")
    progress: Text | None = Field(default=None, description="The course of the stay and the progress made, in words.")
    gains: list[Text] = Field(default=[], description="What was gained.")
    diagnoses: list[Diagnosis] = Field(default=[], description="Diagnoses at discharge.")
    open_needs: list[OpenNeed] = Field(default=[], description="Needs that are still open.")
    medications: list[Medication] = Field(default=[], description="Medication at discharge.")
    risks: list[Risk] = Field(default=[], description="Risks to know of.")
    to: Organisation | None = Field(default=None, description="Where the client goes, if to an organisation.")
    referrals: list[OnwardReferral] = Field(default=[], description="Referrals made at discharge.")
    instructions: Text | None = Field(
        default=None, description="What the client was told to do and whom to call, in the words given to the client."
    )
    follow_up: Followup = Field(description="Follow-up by a named person.")
    author: Worker | None = sourced("fhir", "Who wrote the summary.", default=None)
    written: DateTimeText | None = sourced("fhir", "When it was written.", default=None)
