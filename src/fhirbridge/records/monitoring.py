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
    sourced,
)


class Test(Part):
    """One drug or alcohol test and its result."""

    __test__ = False  # pytest: not a test class
    source = "case-management"

    id: Key = sourced("fhirbridge", "Key of the test.")
    on: DateText = Field(description="The day of the test.")
    result: Literal["negative", "positive", "refused", "invalid", "pending"] = Field(description="What came out.")


class Monitoring(Record):
    """What a court or supervising officer is told of a period."""

    kind = "monitoring"
    sensitivity = Sensitivity.MONITORING
    source = "case-management"

    client: Client = sourced("directory", "The client whom it is about.")
    agency: Organisation = Field(description="The agency that reports.")
    worker: Worker | None = Field(default=None, description="Who stands for the report.")
    requirement: Text | None = Field(default=None, description="The order requirement it reports on, in words.")
    period_start: DateText = Field(description="First day of the period.")
    period_end: DateText = Field(description="Last day of the period.")
    sessions_offered: int = Field(ge=0, description="How many sessions were offered in the period.")
    sessions_attended: int = Field(ge=0, description="How many of them the client attended.")
    compliant: bool | None = Field(default=None, description="Whether the client kept to the requirement.")
    tests: list[Test] = Field(default=[], description="Tests in the period and their results.")
    progress: Literal["engaged", "partly-engaged", "not-engaged", "completed"] | None = Field(
        default=None, description="How the client takes part."
    )
    clinical_comment: Text | None = sensitive(
        Sensitivity.CLINICAL, "A clinical comment for the treating team; not for a court.", default=None
    )
