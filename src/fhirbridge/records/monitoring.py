"""The monitoring report to a court or officer: attendance, compliance, test results, progress, and no more."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fhirbridge.records.base import (
    Client,
    DateText,
    Key,
    Organisation,
    Part,
    Record,
    Sensitivity,
    Text,
    Worker,
    sensitive,
)


class Test(Part):
    """One drug or alcohol test and its result."""

    __test__ = False  # pytest: not a test class

    id: Key
    on: DateText
    result: Literal["negative", "positive", "refused", "invalid", "pending"]


class Monitoring(Record):
    """What a court or supervising officer is told of a period."""

    kind = "monitoring"
    sensitivity = Sensitivity.MONITORING

    client: Client
    agency: Organisation
    worker: Worker | None = None
    requirement: Text | None = Field(default=None, description="The order requirement it reports on, in words.")
    period_start: DateText
    period_end: DateText
    sessions_offered: int = Field(ge=0)
    sessions_attended: int = Field(ge=0)
    compliant: bool | None = None
    tests: list[Test] = []
    progress: Literal["engaged", "partly-engaged", "not-engaged", "completed"] | None = None
    clinical_comment: Text | None = sensitive(
        Sensitivity.CLINICAL, "A clinical comment for the treating team; not for a court.", default=None
    )
