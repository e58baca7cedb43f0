"""The plan's map beyond its own tests: what each recipient would see of a full plan is valid and tells nothing else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from tests.support.maps import SAMPLES, shipped

from fhirbridge.consent.redact import redact
from fhirbridge.consent.table import JUSTICE_MOST, SPECIFIC_MOST, TPO_MOST, Names
from fhirbridge.mapping.run import Context, Item, to_right
from fhirbridge.validation.check import check

OTHERS = ("Her sister", "+1 555 0165", "looks after her daughter", "Alan Pruitt", "Drug Court", "parish food bank")
"""What the sample says of third parties."""


@cache
def made() -> tuple[Item, ...]:
    tree = json.loads((SAMPLES / "plan.json").read_text("utf-8"))
    return to_right(shipped().get("plan"), tree, Context("riverside")).items


def seen(permitted: Names) -> list[dict[str, Any]]:
    cut = (redact(i.body, i.trace["elements"], data_class=i.data_class, permitted=permitted) for i in made())
    return [resource for resource in cut if resource is not None]


@pytest.mark.parametrize("permitted", [TPO_MOST, SPECIFIC_MOST, JUSTICE_MOST], ids=["tpo", "specific", "justice"])
def test_what_a_recipient_sees_of_a_plan_is_valid(permitted: Names) -> None:
    found = [issue for each in seen(permitted) for issue in check(each)]
    assert [(issue.expression, issue.rule) for issue in found if issue.severity == "error"] == []


@pytest.mark.parametrize("permitted", [TPO_MOST, JUSTICE_MOST], ids=["tpo", "justice"])
def test_nobody_is_told_of_third_parties_without_a_consent_that_says_so(permitted: Names) -> None:
    people = [each for each in seen(permitted) if each["resourceType"] not in ("Organization", "Practitioner")]
    told = json.dumps(people)
    assert [words for words in OTHERS if words in told] == []
    assert not {"RelatedPerson", "PractitionerRole"} & {each["resourceType"] for each in people}


def test_a_team_shows_no_gap_where_third_parties_were() -> None:
    (team,) = (each for each in seen(TPO_MOST) if each["resourceType"] == "CareTeam")
    assert all(each.keys() >= {"member", "role"} for each in team["participant"])
    assert len(team["participant"]) == 3


def test_who_may_know_of_third_parties_sees_the_whole_team() -> None:
    (team,) = (each for each in seen(SPECIFIC_MOST) if each["resourceType"] == "CareTeam")
    assert len(team["participant"]) == 9


def test_no_resource_is_made_of_a_counsellors_own_note() -> None:
    assert "Private working note" not in json.dumps([item.body for item in made()])
