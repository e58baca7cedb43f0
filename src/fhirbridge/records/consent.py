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
    InstantText,
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

    source = "42cfr2"

    on: DateText | None = Field(default=None, description="The day on which it ends.")
    event: Text | None = Field(default=None, description="The event at which it ends, in the words signed.")
    event_happened: DateText | None = Field(default=None, description="The day on which the event happened.")

    @model_validator(mode="after")
    def _ends_some_time(self) -> Expiry:
        if self.on is None and self.event is None:
            raise ValueError("a consent names the day or the event at which it ends")
        return self


class Verification(Part):
    """How the form says that the signature is the client's: who saw it signed or checked who signed, and when."""

    source = "42cfr2"

    role: Literal["witness", "verifier"] = Field(description="Saw it signed, or checked who signed.")
    name: Text = Field(description="The name, in words.")
    at: InstantText = Field(description="When.")


class Consent(Record):
    """The client's permission, as signed."""

    kind = "consent"
    sensitivity = Sensitivity.IDENTITY
    source = "42cfr2"

    client: Client = Field(description="Whose data it is about.")
    type: ConsentKind = Field(
        description="tpo: for treatment, payment and operations (2.31, 2.33); specific: names recipients and data "
        "(2.31); justice: to those who made treatment a condition (2.35)."
    )
    status: Literal["draft", "active", "withdrawn", "entered-in-error"] = Field(description="Whether it is in force.")
    discloser: Organisation = Field(description="Who may tell.")
    recipients: list[Organisation] = Field(min_length=1, description="Whom: named organisations.")
    purposes: list[Purpose] = Field(min_length=1, description="For what purpose.")
    data_classes: list[DataClass] = Field(min_length=1, description="What, by sensitivity class.")
    kept_back: list[DataClass] = Field(default=[], description="What the client keeps back, by sensitivity class.")
    description: Text = Field(description="What may be told, in the words the client signed.")
    signed: DateTimeText = Field(description="When it was signed.")
    signed_by: Text = Field(description="The client or the person authorised to sign.")
    signed_as: Literal["client", "representative"] | None = Field(
        default=None, description="Who signed: in which part."
    )
    verifications: list[Verification] = Field(default=[], description="Witnesses and checks that the form holds.")
    starts: DateText | None = Field(default=None, description="From when it holds, if later than signed.")
    expiry: Expiry = Field(description="Until when.")
    withdrawn: DateTimeText | None = Field(default=None, description="When the client withdrew it.")
    states_right_to_revoke: bool = Field(description="The form says how to withdraw; 42 CFR 2.31(a)(6).")
    states_redisclosure: bool | None = Field(
        default=None, description="The form says what a recipient may do with what it is told; 42 CFR 2.31(a)."
    )
    states_refusal: bool | None = Field(
        default=None, description="The form says what follows if the client does not sign; 42 CFR 2.31(a)."
    )
