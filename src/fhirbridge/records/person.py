"""The person served: names, identifiers in each system, contact, and what bars a machine from telling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import (
    ClientRef,
    DateText,
    DateTimeText,
    Key,
    LanguageTag,
    Part,
    Record,
    Sensitivity,
    Text,
    sensitive,
    sourced,
)

IDENTITY = Sensitivity.IDENTITY
IdentifierKind = Literal[
    "agency",
    "medical-record",
    "prison",
    "booking",
    "probation",
    "police",
    "court",
    "state-id",
    "national-health",
    "social-security",
    "driving-licence",
    "other",
]


class Identifier(Part):
    """A number some system gave this person."""

    source = "dir"

    system: Key = Field(description="URI of the system that gave the number.")
    value: Key = Field(description="The number, as that system writes it.")
    type: IdentifierKind | None = Field(default=None, description="What kind of number it is.")
    assigner: Text | None = Field(default=None, description="Who gave it, in words.")


class Name(Part):
    """One name of a person: a family name, given names, or both."""

    source = "directory"

    family: Text | None = Field(default=None, description="Family name.")
    given: list[Text] = Field(default=[], description="Given names, in their order.")
    prefix: list[Text] = Field(default=[], description="What stands before the name.")
    suffix: list[Text] = Field(default=[], description="What stands behind the name.")
    use: Literal["official", "usual", "old", "nickname"] = Field(default="official", description="What it is used for.")

    @model_validator(mode="after")
    def _names_somebody(self) -> Name:
        if self.family is None and not self.given:
            raise ValueError("a name has a family name or a given name")
        return self


class Telecom(Part):
    """One way to reach somebody."""

    source = "directory"

    system: Literal["phone", "sms", "email"] = Field(description="By what.")
    value: Text = Field(description="Number or address.")
    use: Literal["home", "work", "mobile", "temp"] | None = Field(default=None, description="Where or when.")


class Address(Part):
    """Where a person lives or will live."""

    source = "directory"

    lines: list[Text] = Field(default=[], description="House, street and the like.")
    city: Text | None = Field(default=None, description="Town or city.")
    state: Text | None = Field(default=None, description="State or region.")
    postcode: Text | None = Field(default=None, description="Postal code.")
    country: Text | None = Field(default=None, description="Country.")
    use: Literal["home", "temp", "old"] | None = Field(default=None, description="What the address is.")


class ContactPerson(Part):
    """Somebody to turn to for the client: family or a friend, with the client's permission."""

    source = "rss"

    name: Text = Field(description="The name, in words.")
    relationship: Text | None = Field(default=None, description="What they are to the client, in words.")
    phone: Text | None = Field(default=None, description="Telephone.")


class Person(Record):
    """The client. Identifiers decide who is who; names never do."""

    kind = "person"
    sensitivity = IDENTITY
    source = "directory"

    identifiers: list[Identifier] = Field(min_length=1, description="Numbers by which systems know the person.")
    names: list[Name] = Field(min_length=1, description="Names; the first is the one in use.")
    birth_date: DateText | None = Field(default=None, description="Date of birth; may be partial.")
    gender: Literal["female", "male", "other", "unknown"] = Field(
        default="unknown", description="Administrative gender."
    )
    telecoms: list[Telecom] = Field(default=[], description="How to reach the person.")
    addresses: list[Address] = Field(default=[], description="Where the person lives.")
    contacts: list[ContactPerson] = sensitive(Sensitivity.THIRD_PARTY, "Whom to turn to for the client.", default=[])
    language: LanguageTag | None = sensitive(IDENTITY, "Preferred language, BCP 47.", default=None)
    interpreter: bool | None = Field(default=None, description="Whether an interpreter is needed.")
    deceased: bool | None = Field(default=None, description="Whether the person has died, where no day is known.")
    died: DateTimeText | None = Field(default=None, description="When the person died.")
    restricted: bool | None = sourced(
        "42cfr2",
        "A restriction was agreed (2.26), or access is limited: a human decides on each disclosure.",
        default=None,
    )
    replaced_by: ClientRef | None = sourced(
        "fhirbridge", "The number that goes on, where the source found two of its clients to be one.", default=None
    )

    @model_validator(mode="after")
    def _dies_once(self) -> Person:
        if self.deceased is not None and self.died is not None:
            raise ValueError("`deceased` is for a death of unknown day; where `died` is known leave it out")
        return self
