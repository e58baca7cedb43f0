"""What maps make of a discharge, a transition and a consent fits the profiles they claim; what breaks one is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests.support.bridge import sample_tree, shipped_checker, shipped_maps

from fhirbridge.errors import Issue
from fhirbridge.mapping.run import Context, narrated, to_right

Tree = dict[str, Any]
HERE = Context("riverside")


@cache
def resources(kind: str) -> dict[str, Tree]:
    """Return the resources that a map makes of the sample, by block."""
    map_ = shipped_maps().get(kind)
    made = to_right(map_, sample_tree(kind), HERE)
    assert [issue for issue in made.issues if issue.severity == "error"] == []
    return {item.trace["block"]: item.body for item in reversed(narrated(map_, made.items))}


def errors(resource: Tree) -> list[Issue]:
    return [issue for issue in shipped_checker().check(resource) if issue.severity == "error"]


@pytest.mark.parametrize("kind", ["discharge", "transition", "consent", "person"])
def test_every_resource_fits_the_profile_that_it_claims(kind: str) -> None:
    assert [issue for resource in resources(kind).values() for issue in errors(resource)] == []
    assert any("profile" in resource.get("meta", {}) for resource in resources(kind).values())


def without(name: str) -> Callable[[Tree], Tree]:
    return lambda resource: {key: value for key, value in resource.items() if key != name}


def with_(**changes: Any) -> Callable[[Tree], Tree]:
    return lambda resource: resource | changes


TWO = [{"reference": "Organization/1"}, {"reference": "Organization/2"}]
DISPOSITION = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "home"}]}


@pytest.mark.parametrize(
    ("kind", "block", "broken", "path"),
    [
        ("discharge", "follow-up", without("owner"), "Task.owner"),
        ("discharge", "follow-up", with_(owner=TWO[0] | {"display": "An agency"}), "Task.owner"),
        ("discharge", "follow-up", with_(owner={"reference": "Practitioner/1"}), "Task.owner.display"),
        ("discharge", "follow-up", without("restriction"), "Task.restriction"),
        ("discharge", "follow-up", without("reasonCode"), "Task.reasonCode"),
        ("discharge", "follow-up", with_(code={"text": "Follow up"}), "Task.code.coding"),
        ("discharge", "discharge", with_(period={"start": "2026"}), "EpisodeOfCare.period.end"),
        (
            "discharge",
            "stay",
            with_(hospitalization={"dischargeDisposition": DISPOSITION}),
            "Encounter.hospitalization.dischargeDisposition.coding",
        ),
        ("discharge", "summary", without("section"), "Composition.section"),
        ("transition", "handover", without("period"), "Encounter.period"),
        ("consent", "consent", with_(organization=TWO), "Consent.organization"),
        ("consent", "consent", with_(verification=[{"verified": True}]), "Consent.verification"),
        ("consent", "consent", without("sourceAttachment"), "Consent.source[x]"),
        ("consent", "consent", with_(provision={"type": "deny"}), "Consent.provision.type"),
        ("person", "person", without("gender"), "Patient.gender"),
    ],
)
def test_a_resource_that_breaks_its_profile_is_told(
    kind: str, block: str, broken: Callable[[Tree], Tree], path: str
) -> None:
    assert path in {issue.expression for issue in errors(broken(resources(kind)[block]))}
