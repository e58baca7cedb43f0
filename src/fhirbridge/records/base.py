"""What all records share: strict frozen models, FHIR dates, workers, organisations, sensitivity, sources.

Every field has a description, a type, a sensitivity class and a source. A field names its own class; otherwise it has
that of the field that holds it, and in the end that of the record. The source is that of its part or record unless
the field names another: a key of `SOURCES`.
Source of the classes: 42 CFR part 2 and UK GDPR read together, docs/adr/0006-consent-table.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from fhirbridge.records.sources import SOURCES
from fhirbridge.times import is_date, is_date_time


class Sensitivity(StrEnum):
    """How carefully a field is kept; consent permits or denies it by this class."""

    DIRECTORY = "D0"
    IDENTITY = "D1"
    MONITORING = "D2"
    CLINICAL = "D3"
    OTHER_SENSITIVE = "D4"
    COUNSELLING_NOTES = "D5"
    JUSTICE = "D6"
    THIRD_PARTY = "D7"
    UNCLASSIFIED_TEXT = "D8"


def sensitive(level: Sensitivity, description: str = "", *, source: str = "", **more: Any) -> Any:
    """Return a pydantic field that carries a sensitivity class, and perhaps a source, into the published schema."""
    extra: dict[str, Any] = {"x-sensitivity": level.value} | ({"x-source": source} if source else {})
    return Field(description=description or None, json_schema_extra=extra, **more)


def sourced(source: str, description: str, **more: Any) -> Any:
    """Return a pydantic field that has another source than the part it stands in."""
    return Field(description=description, json_schema_extra={"x-source": source}, **more)


def _with_sources(schema: dict[str, Any], model: type[Any]) -> None:
    """Say of each field of a part where it comes from.

    Raises:
        KeyError: the source is none of `SOURCES`.
    """
    for field in schema.get("properties", {}).values():
        field.setdefault("x-source", model.source)
        if field["x-source"]:
            SOURCES[field["x-source"]]


def _checked_date(text: str) -> str:
    if not is_date(text):
        raise ValueError("expected a date that exists: YYYY, YYYY-MM or YYYY-MM-DD")
    return text


def _checked_date_time(text: str) -> str:
    if not is_date_time(text):
        raise ValueError("expected a date, or a date with time and zone: YYYY-MM-DDThh:mm:ss+hh:mm")
    return text


def _checked_instant(text: str) -> str:
    if "T" not in text or not is_date_time(text):
        raise ValueError("expected a day with time and zone: YYYY-MM-DDThh:mm:ss+hh:mm")
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^\S(.*\S)?$")]
DateText = Annotated[str, AfterValidator(_checked_date), Field(json_schema_extra={"format": "fhir-date"})]
DateTimeText = Annotated[str, AfterValidator(_checked_date_time), Field(json_schema_extra={"format": "fhir-datetime"})]
InstantText = Annotated[str, AfterValidator(_checked_instant), Field(json_schema_extra={"format": "fhir-instant"})]
"""A moment that is known to the second: when something was signed or recorded."""
LanguageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"),
    Field(json_schema_extra={"format": "language-tag"}),
]
"""A language by its BCP 47 tag, such as `es` or `pt-BR`."""


class Part(BaseModel):
    """A part of a record: strict, frozen, no unknown fields, text exactly as it came.

    `source` is where its fields come from, a key of `SOURCES`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, json_schema_extra=_with_sources)

    source: ClassVar[str] = ""


class Record(Part):
    """A whole record. `sensitivity` is the class of every field that names none."""

    kind: ClassVar[str]
    sensitivity: ClassVar[Sensitivity] = Sensitivity.CLINICAL

    id: Key = sensitive(Sensitivity.IDENTITY, "The record's key in the system that owns it.")

    @classmethod
    def published_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of this record kind, with `x-sensitivity` on the record and its fields."""
        schema = cls.model_json_schema()
        schema["x-sensitivity"] = cls.sensitivity.value
        schema["x-record"] = cls.kind
        return schema


class ClientRef(Part):
    """Which person a record is about: a number and the system that gave it."""

    source = "directory"

    number: Key = sensitive(Sensitivity.IDENTITY, "The client's number in that system.")
    system: Key = sensitive(Sensitivity.IDENTITY, "URI of the system that gave the number.")


Client = Annotated[ClientRef, Field(json_schema_extra={"x-sensitivity": Sensitivity.IDENTITY.value})]
"""The person a record is about; who that is, is identity data in every record."""


class Organisation(Part):
    """An agency, hospital, prison, court or service."""

    source = "directory"

    number: Key = sensitive(Sensitivity.DIRECTORY, "The organisation's number in the source's directory.")
    name: Text = sensitive(Sensitivity.DIRECTORY, "The organisation's name.")
    phone: Text | None = sensitive(Sensitivity.DIRECTORY, "Telephone.", default=None)


class Worker(Part):
    """A named person who works for an organisation: keyworker, officer, counsellor."""

    source = "directory"

    number: Key = sensitive(Sensitivity.DIRECTORY, "The worker's number in the source's directory.")
    name: Text = sensitive(Sensitivity.DIRECTORY, "The worker's name.")
    role: Text | None = sensitive(Sensitivity.DIRECTORY, "What the worker is here, in words.", default=None)
    phone: Text | None = sensitive(Sensitivity.DIRECTORY, "Telephone.", default=None)


class Coded(Part):
    """Something said in words, with a code where one is known. The words stay when the code is missing."""

    source = "fhir"

    text: Text = Field(description="The words, exactly as written.")
    code: Key | None = Field(default=None, description="The code, where known.")
    system: Key | None = Field(default=None, description="URI of the code's system.")
