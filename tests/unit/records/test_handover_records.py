"""What the records of discharge, transition, person and consent refuse beyond their types."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.bridge import sample_tree

from fhirbridge.records import KINDS, Person, Record


def made(kind: str, **changes: Any) -> Record:
    return KINDS[kind].model_validate(sample_tree(kind) | changes)


@pytest.mark.parametrize("kind", ["discharge", "transition", "person", "consent"])
def test_the_sample_of_a_record_fills_every_field_that_can_stand_together(kind: str) -> None:
    told = {name for name, value in made(kind).model_dump(exclude_none=True).items() if value not in ([], {})}
    apart = {"deceased", "died", "restricted", "replaced_by"} if kind == "person" else set()
    assert told == set(KINDS[kind].model_fields) - apart


def test_a_discharge_needs_a_named_person_who_follows_up() -> None:
    with pytest.raises(ValidationError, match=r"follow_up\.worker"):
        made("discharge", follow_up={"due": "2026-12-11", "action": "Ask how it goes."})


@pytest.mark.parametrize("at", ["2026-11-24", "2026-11-24T11:05:00", "2026"])
def test_what_was_recorded_has_a_whole_moment(at: str) -> None:
    with pytest.raises(ValidationError, match="time and zone"):
        made("transition", reported={"at": at})


@pytest.mark.parametrize("tag", ["es", "pt-BR", "zh-Hant"])
def test_a_language_is_a_tag(tag: str) -> None:
    person = made("person", language=tag)
    assert isinstance(person, Person) and person.language == tag


def test_a_language_in_words_is_refused() -> None:
    with pytest.raises(ValidationError, match="language"):
        made("person", language="Spanish (Mexico)")


def test_a_person_dies_once() -> None:
    with pytest.raises(ValidationError, match="leave it out"):
        made("person", died="2026-11-30", deceased=True)
