"""The contact note: who met whom, how, for how long, and which function of case management it served."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fhirbridge.records.base import (
    Client,
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

Channel = Literal["face-to-face", "telephone", "video", "letter", "message"]
Function = Literal["assessment", "planning", "coordination", "monitoring", "advocacy"]


class Advocacy(Part):
    """The barrier, the level at which it stands, and what was done."""

    source = "case-management"

    barrier: Text = Field(description="What stands in the client's way, in words.")
    level: Literal["client", "service", "society"] = Field(description="Where it stands: client, service or society.")
    done: Text = Field(description="What was done about it, in words.")


class Contact(Record):
    """One contact, documented because funding and courts ask for it."""

    kind = "contact"
    sensitivity = Sensitivity.CLINICAL
    source = "case-management"

    client: Client = sourced("directory", "The client whom the contact was about.")
    at: DateTimeText = Field(description="When the contact began.")
    worker: Worker = Field(description="Who of the agency met somebody.")
    with_whom: Literal["client", "family", "agency", "court", "other"] = Field(description="Whom the worker met.")
    with_name: Text | None = sensitive(
        Sensitivity.THIRD_PARTY, "Name of the person met, where it was not the client.", default=None
    )
    agency: Organisation | None = Field(default=None, description="The agency or court met, where it was one.")
    channel: Channel = Field(description="How they met.")
    minutes: int = Field(ge=0, description="Length in minutes.")
    function: Function = Field(description="The function of case management that the contact served.")
    referral: Key | None = sourced(
        "service-plan",
        "Key of the referral that the contact was about: hours of contact with its agency.",
        default=None,
    )
    note: Text | None = sensitive(Sensitivity.COUNSELLING_NOTES, "The worker's note.", default=None)
    advocacy: Advocacy | None = Field(default=None, description="What was done for the client against a barrier.")
