"""The discharge summary. Follow-up is never nobody's job: a named person is required."""

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

DischargeKind = Literal["planned", "transfer", "unplanned", "non-compliance", "removed", "inactive"]


class Medication(Part):
    """A medication at discharge or release. Doses that cannot be parsed stay as text."""

    id: Key
    name: Text
    dose: Text | None = None
    last_dose: DateTimeText | None = None
    supply_days: int | None = Field(default=None, ge=0)


class Followup(Part):
    """Who follows up, by when, and what that person does."""

    worker: Worker
    due: DateText
    action: Text
    client_wants: bool | None = Field(default=None, description="Whether the client wants further services.")


class Discharge(Record):
    """What was achieved, what is still open, where to, and who follows up."""

    kind = "discharge"
    sensitivity = Sensitivity.CLINICAL

    client: Client
    agency: Organisation
    plan: Key | None = Field(default=None, description="Key of the plan that ends.")
    type: DischargeKind
    admitted: DateText | None = None
    discharged: DateText
    reason: Text | None = None
    progress: Text | None = None
    gains: list[Text] = []
    open_needs: list[Text] = []
    medications: list[Medication] = []
    risks: list[Text] = []
    to: Organisation | None = None
    follow_up: Followup
