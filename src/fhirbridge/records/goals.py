"""Goals of a plan: what the client wants, in the client's own words, what each rests on, and the steps towards it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from fhirbridge.records.base import Coded, DateText, Key, Part, Text, Worker, sourced
from fhirbridge.records.numbering import numbered

GoalStatus = Literal[
    "proposed",
    "planned",
    "accepted",
    "active",
    "on-hold",
    "completed",
    "cancelled",
    "entered-in-error",
    "rejected",
]
Achievement = Literal[
    "in-progress",
    "improving",
    "worsening",
    "no-change",
    "achieved",
    "sustaining",
    "not-achieved",
    "no-progress",
    "not-attainable",
]
Priority = Literal["high", "medium", "low"]


def made_key(of_what: str) -> Any:
    """Return the field for a part's key that is made where the owner gives none."""
    return sourced("fhirbridge", f"Key; made from {of_what} where none is given.", default=None)


class Statement(Part):
    """A strength or an ability, in the words in which it was told."""

    source = "service-plan"

    id: Key | None = made_key("the goal's key and the words")
    text: Text = Field(description="The words, verbatim.")


class Preference(Part):
    """What the client would rather have, in the client's own words."""

    source = "rss"

    id: Key | None = made_key("the key of the plan or goal and the words")
    text: Text = Field(description="The client's words, verbatim.")
    about: Literal["care-experience", "treatment-intervention"] = sourced(
        "fhir", "Whether it is about how care is given, or about a treatment.", default="care-experience"
    )


class Need(Part):
    """A need for support."""

    source = "service-plan"

    id: Key | None = made_key("the key of the plan or goal and the words")
    what: Coded = Field(description="The need in words, with a code where one is known.")


class ProgressNote(Part):
    """How far it has come, as somebody noted it."""

    source = "service-plan"

    text: Text = Field(description="The note, verbatim.")
    on: DateText | None = Field(default=None, description="The day it speaks of.")
    by: Text | None = Field(default=None, description="Who wrote it.")


class Objective(Part):
    """An action of the client in measurable words: a step towards the goal."""

    source = "service-plan"

    id: Key = sourced("directory", "Key of the objective.")
    text: Text = Field(description="What the client will do, in measurable words, verbatim.")
    measure: Text = Field(description="How anyone can tell that it is done.")
    target: Text | None = Field(default=None, description="The value at which it is done: four of four visits.")
    established: DateText | None = Field(default=None, description="The day on which it was set.")
    due: DateText | None = Field(default=None, description="Targeted completion.")
    completed: DateText | None = Field(default=None, description="The day on which it was completed.")
    achievement: Achievement | None = sourced("fhir", "How far it is reached.", default=None)
    owner: Worker | None = Field(
        default=None, description="The worker who sees to it with the client; the action is the client's."
    )
    progress: list[ProgressNote] = Field(default=[], description="Progress notes, in order.")


class Goal(Part):
    """What the client wants, in the client's own words, with measurable objectives under it."""

    source = "service-plan"

    id: Key = sourced("directory", "Key of the goal.")
    own_words: Text = Field(description="The client's own words, verbatim.")
    status: GoalStatus = sourced("fhir", "How the goal stands.", default="active")
    status_on: DateText | None = sourced("fhir", "Since when it stands so.", default=None)
    status_reason: Text | None = sourced("fhir", "Why it stands so, in words.", default=None)
    substance_use: bool = Field(default=False, description="Whether the goal relates to substance use.")
    term: Literal["long-term", "short-term"] | None = Field(
        default=None, description="Whether it is a broad goal of the longer term."
    )
    priority: Priority | None = sourced("fhir", "How important it is beside the other goals.", default=None)
    acceptance: Literal["agree", "disagree", "pending"] | None = sourced(
        "rss", "Whether the client agrees to the goal.", default=None
    )
    refusal_reason: Text | None = sourced("rss", "Why the client does not agree, in the client's words.", default=None)
    achievement: Achievement | None = sourced("fhir", "How far the goal is reached.", default=None)
    started: DateText | None = Field(default=None, description="When work on it began.")
    due: DateText | None = Field(default=None, description="By when it is to be reached.")
    problems: list[Key] = Field(default=[], description="Keys of the plan's problems that it addresses.")
    strengths: list[Statement] = sourced("rss", "Strengths of the client that it builds on.", default=[])
    needs: list[Need] = sourced("rss", "Needs that it reflects.", default=[])
    abilities: list[Statement] = sourced("rss", "Abilities of the client that it builds on.", default=[])
    preferences: list[Preference] = sourced("rss", "Preferences of the client that it reflects.", default=[])
    gains: list[Text] = sourced("rss", "What the client has gained so far.", default=[])
    progress: list[ProgressNote] = Field(default=[], description="Progress notes, in order.")
    objectives: list[Objective] = Field(default=[], description="Measurable steps towards it.")

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, tree: Any) -> Any:
        return numbered(tree, {"strengths": "text", "needs": "what.text", "abilities": "text", "preferences": "text"})
