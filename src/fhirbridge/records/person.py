"""The person served: names, identifiers in each system, contact."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import DateText, Key, Part, Record, Sensitivity, Text, sensitive

IDENTITY = Sensitivity.IDENTITY


class Identifier(Part):
    """A number some system gave this person."""

    system: Key = Field(description="URI of the system that gave the number.")
    value: Key = Field(description="The number, as that system writes it.")


class Name(Part):
    """One name of a person: a family name, given names, or both."""

    family: Text | None = None
    given: list[Text] = []
    use: Literal["official", "usual", "old", "nickname"] = "official"

    @model_validator(mode="after")
    def _names_somebody(self) -> Name:
        if self.family is None and not self.given:
            raise ValueError("a name has a family name or a given name")
        return self


class Telecom(Part):
    """One way to reach somebody."""

    system: Literal["phone", "sms", "email"]
    value: Text


class Address(Part):
    """Where a person lives or will live."""

    lines: list[Text] = []
    city: Text | None = None
    postcode: Text | None = None
    country: Text | None = None


class Person(Record):
    """The client. Identifiers decide who is who; names never do."""

    kind = "person"
    sensitivity = IDENTITY

    identifiers: list[Identifier] = Field(min_length=1, description="Numbers by which systems know the person.")
    names: list[Name] = Field(min_length=1, description="Names; the first is the one in use.")
    birth_date: DateText | None = Field(default=None, description="Date of birth; may be partial.")
    gender: Literal["female", "male", "other", "unknown"] = Field(
        default="unknown", description="Administrative gender."
    )
    telecoms: list[Telecom] = Field(default=[], description="How to reach the person.")
    addresses: list[Address] = Field(default=[], description="Where the person lives.")
    language: Key | None = sensitive(IDENTITY, "Preferred language, BCP 47.", default=None)
