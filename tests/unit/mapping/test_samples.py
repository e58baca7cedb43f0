"""The partners' own formats: the shipped source maps on the shipped samples."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.maps import SAMPLES, shipped

from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.records import KINDS

CONTEXT = Context("partner")
CASES = [
    ("riverside-plan", "riverside-plan", ["person", "plan", "referral", "referral", "monitoring"]),
    ("riverside-consent", "riverside-consent-hospital", ["consent"]),
    ("riverside-consent", "riverside-consent-probation", ["consent"]),
    ("riverside-discharge", "riverside-discharge", ["discharge"]),
    ("northmoor-release", "northmoor-release", ["person", "transition"]),
]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize(("map_name", "sample_name", "kinds"), CASES)
def test_a_sample_becomes_valid_records(map_name: str, sample_name: str, kinds: list[str]) -> None:
    made = to_right(shipped().get(map_name), sample(sample_name), CONTEXT)
    assert made.issues == ()
    assert [item.type for item in made.items] == kinds
    for item in made.items:
        KINDS[item.type].model_validate(item.body)


@pytest.mark.parametrize(("map_name", "sample_name", "kinds"), CASES)
def test_a_sample_comes_back_as_it_was_sent(map_name: str, sample_name: str, kinds: list[str]) -> None:
    document = sample(sample_name)
    made = to_right(shipped().get(map_name), document, CONTEXT)
    back = to_left(shipped().get(map_name), [(item.type, item.body) for item in made.items], CONTEXT)
    document.pop("exportVersion", None)
    assert back.tree == document


def test_the_clients_own_words_are_verbatim() -> None:
    document = sample("riverside-plan")
    record = next(
        i.body for i in to_right(shipped().get("riverside-plan"), document, CONTEXT).items if i.type == "plan"
    )
    goals = [i.body for i in to_right(shipped().get("plan"), record, CONTEXT).items if i.trace["block"] == "goal"]
    assert [g["description"]["text"] for g in goals] == [g["clientSays"] for g in document["case"]["goals"]]


def test_a_broken_notice_names_every_field_at_once() -> None:
    made = to_right(shipped().get("northmoor-release"), sample("northmoor-release-broken"), CONTEXT)
    assert {(issue.code, issue.expression) for issue in made.issues} == {
        ("FB302", "doc.gatePickup"),
        ("FB304", "doc.release.date"),
        ("FB303", "doc.onward[0].service"),
    }


def test_a_problem_never_quotes_the_value() -> None:
    made = to_right(shipped().get("northmoor-release"), sample("northmoor-release-broken"), CONTEXT)
    assert not any(word in str(made.issues) for word in ("02/30/2027", "DENTAL", "Vega"))
