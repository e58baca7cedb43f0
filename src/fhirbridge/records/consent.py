"""The consent: who may tell whom what, for what purpose, until when, and whether it was withdrawn.

Two kinds that must not be mixed: a treatment consent (42 CFR 2.31, 2.33) may be withdrawn at any time; a justice
consent (42 CFR 2.35) holds until its stated event.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import (
    Client,
    DateText,
    DateTimeText,
    Organisation,
    Part,
    Record,
    Sensitivity,
    Text,
)

ConsentKind = Literal["tpo", "specific", "justice"]
Purpose = Literal["TREAT", "COC", "HPAYMT", "HOPERAT", "CJMON", "PATRQT"]
DataClass = Literal["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"]


class Expiry(Part):
    """When a consent ends: on a day, or at an event in words, with the day it happened once it has.

    One of the two must be stated; 42 CFR 2.31(a)(7).
    """

    on: DateText | None = None
    event: Text | None = None
    event_happened: DateText | None = None

    @model_validator(mode="after")
    def _ends_some_time(self) -> Expiry:
        if self.on is None and self.event is None:
            raise ValueError("a consent names the day or the event at which it ends")
        return self


class Consent(Record):
    """The client's permission, as signed."""

    kind = "consent"
    sensitivity = Sensitivity.IDENTITY

    client: Client
    type: ConsentKind
    status: Literal["draft", "active", "withdrawn", "entered-in-error"]
    discloser: Organisation = Field(description="Who may tell.")
    recipients: list[Organisation] = Field(min_length=1, description="Whom: named organisations.")
    purposes: list[Purpose] = Field(min_length=1)
    data_classes: list[DataClass] = Field(min_length=1, description="What, by sensitivity class.")
    description: Text = Field(description="What may be told, in the words the client signed.")
    signed: DateTimeText
    signed_by: Text = Field(description="The client or the person authorised to sign.")
    expiry: Expiry
    withdrawn: DateTimeText | None = None
    states_right_to_revoke: bool = Field(description="The form says how to withdraw; 42 CFR 2.31(a)(6).")
