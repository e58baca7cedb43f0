"""The contact note: who met whom, how, for how long, and which function of case management it served."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fhirbridge.records.base import (
    Client,
    DateTimeText,
    Organisation,
    Part,
    Record,
    Sensitivity,
    Text,
    Worker,
    sensitive,
)


class Advocacy(Part):
    """The barrier, the level at which it stands, and what was done."""

    barrier: Text
    level: Literal["client", "service", "society"]
    done: Text


class Contact(Record):
    """One contact, documented because funding and courts ask for it."""

    kind = "contact"
    sensitivity = Sensitivity.CLINICAL

    client: Client
    at: DateTimeText
    worker: Worker
    with_whom: Literal["client", "family", "agency", "court", "other"]
    agency: Organisation | None = None
    channel: Literal["face-to-face", "telephone", "video", "letter", "message"]
    minutes: int = Field(ge=0, description="Length in minutes.")
    function: Literal["assessment", "planning", "coordination", "monitoring", "advocacy"]
    note: Text | None = sensitive(Sensitivity.COUNSELLING_NOTES, "The worker's note.", default=None)
    advocacy: Advocacy | None = None
