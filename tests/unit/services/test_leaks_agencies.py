"""Two agencies have the same client; a consent lets one of them tell. Nothing tells of the other, by no path.

Source: docs/adr/0008-whose-consent-counts.md
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import MRN, PARTNERS, World, make_world, sample_tree
from tests.unit.services.test_referrals import make_request

from fhirbridge.auth.partners import Partner, PartnerKind, Route
from fhirbridge.errors import NotFound
from fhirbridge.services import deliver, resources, search

ANCHOR = Partner(
    id="anchor",
    name="Anchor House",
    kind=PartnerKind.AGENCY,
    organisation="ANCHOR",
    jurisdiction="US",
    scopes=("intake/*.c",),
)
NUMBER = ("https://anchor-house.example/client", "AH-77")
PERSON = {
    "id": "AH-77",
    "identifiers": [{"system": system, "value": value} for system, value in (NUMBER, MRN)],
    "names": [{"family": "Canaryname", "given": ["Marisol"]}],
    "birth_date": "1989-03-14",
    "telecoms": [{"system": "phone", "value": "+1 555 0999"}],
}


@pytest.fixture
def world() -> World:
    """Riverside's consent lets it tell Lakeside; Anchor House, which knows the client too, has none."""
    world = make_world(partners={each.id: each for each in (*PARTNERS, ANCHOR)})
    world.hand_in_all()
    assert world.hand_in("anchor", "person", PERSON)["state"] == "stored"
    return world


def find(world: World, type_: str, *params: tuple[str, str], scopes: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    bundle = search.search(world.bridge, world.caller("lakeside", *scopes), type_, params)
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] != "outcome"]


def test_what_the_other_agency_told_is_not_in_the_patient(world: World) -> None:
    (patient,) = find(world, "Patient")
    told = json.dumps(patient)
    assert not any(text in told for text in (*NUMBER, "Canaryname", "+1 555 0999", "sid/anchor"))


def test_what_both_told_may_be_told(world: World) -> None:
    (patient,) = find(world, "Patient")
    assert patient["birthDate"] == "1989-03-14"
    assert {"system": MRN[0], "value": MRN[1]} in patient["identifier"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("family", "Canaryname"), ("identifier", "|".join(NUMBER)), ("phone", "+1 555 0999"), ("name", "canary")],
)
def test_the_client_is_not_found_by_what_the_other_agency_told(world: World, name: str, value: str) -> None:
    bundle = search.search(world.bridge, world.caller("lakeside"), "Patient", [(name, value)])
    assert bundle["total"] == 0 and "entry" not in bundle


@pytest.mark.parametrize(
    ("name", "value"), [("family", "Vega"), ("birthdate", "1989-03-14"), ("_lastUpdated", "ge2026")]
)
def test_the_client_is_found_by_what_may_be_seen(world: World, name: str, value: str) -> None:
    assert [each["id"] for each in find(world, "Patient", (name, value))] == [world.person_id()]


def test_a_referral_that_comes_back_carries_no_number_of_the_other_agency(world: World) -> None:
    body = resources.create(world.bridge, world.caller("lakeside"), make_request(world)).body.decode()
    assert not any(text in body for text in NUMBER)


def test_the_ledger_names_every_consent_that_something_went_out_under(world: World) -> None:
    consent = sample_tree("riverside-consent-hospital")
    own: dict[str, Any] = {
        "id": "AH-F-1",
        "client": {"system": NUMBER[0], "number": NUMBER[1]},
        "type": "specific",
        "status": "active",
    }
    own |= {"discloser": {"number": "ANCHOR", "name": "Anchor House"}, "purposes": ["TREAT"], "data_classes": ["D1"]}
    own |= {
        "recipients": [{"number": "LAKESIDE-GENERAL", "name": "Lakeside General"}],
        "signed_by": consent["signedBy"],
    }
    own |= {"description": "who I am", "signed": "2026-11-01", "expiry": {"on": "2030"}, "states_right_to_revoke": True}
    assert world.hand_in("anchor", "consent", own)["state"] == "stored"
    (patient,) = find(world, "Patient")
    assert "Canaryname" in json.dumps(patient)
    assert len(world.ledger()[-1].details["consents"]) == 2  # type: ignore[arg-type]


# -- a consent tells who else is told


def test_a_recipient_sees_the_consent_that_lets_it_be_told_and_no_other(world: World) -> None:
    (consent,) = find(world, "Consent")
    assert "LAKESIDE-GENERAL" in json.dumps(consent["provision"]["actor"])
    bundle = search.search(world.bridge, world.caller("lakeside"), "Consent", [("patient", world.person_id())])
    assert bundle["total"] == 1


def test_the_consent_for_probation_is_not_there_for_the_hospital(world: World) -> None:
    (other,) = [
        resource
        for resource in search.search(world.bridge, world.caller("county-probation"), "Consent", [])["entry"]
        if resource["search"]["mode"] == "match"
    ]
    with pytest.raises(NotFound):
        resources.read(world.bridge, world.caller("lakeside"), "Consent", other["resource"]["id"])


def test_a_consent_that_names_somebody_else_is_not_delivered(world: World) -> None:
    url = "https://lakeside.example/consents"
    lakeside = replace(world.bridge.partners["lakeside"], routes=(Route("consent", "riverside-consent", url),))
    told = replace(world, bridge=replace(world.bridge, partners={**world.bridge.partners, "lakeside": lakeside}))
    for name in ("riverside-consent-hospital", "riverside-consent-probation"):
        told.hand_in("riverside", "consent", sample_tree(name) | {"signedBy": "M. Vega"})
    while deliver.deliver_next(told.bridge):
        pass
    bodies = [request.body.decode() for request in told.sender.requests if request.url == url]
    assert len(bodies) == 1 and "COUNTY-PROBATION" not in bodies[0]


# -- scopes


def test_an_include_brings_only_what_the_token_covers(world: World) -> None:
    includes = [("_include", "CarePlan:subject"), ("_include", "CarePlan:goal")]
    assert {each["resourceType"] for each in find(world, "CarePlan", *includes)} == {"CarePlan", "Patient", "Goal"}
    narrow = find(world, "CarePlan", *includes, scopes=("system/CarePlan.rs", "system/Goal.s"))
    assert {each["resourceType"] for each in narrow} == {"CarePlan"}


# -- numbers of the justice side


def test_a_number_by_which_a_prison_names_its_people_is_justice_data_without_being_registered() -> None:
    northmoor = replace(next(each for each in PARTNERS if each.id == "northmoor"), identifier_systems=())
    world = make_world(partners={each.id: each for each in (*PARTNERS, northmoor)})
    world.hand_in_all()
    seen = json.dumps([find(world, type_) for type_ in ("Patient", "CarePlan", "Goal", "MedicationStatement")])
    assert "N0472913" not in seen and MRN[1] in seen


def test_what_came_from_a_prison_does_not_name_it_or_the_release_to_a_hospital(world: World) -> None:
    types = ("CarePlan", "ServiceRequest", "Observation", "Procedure", "MedicationStatement", "Flag", "Encounter")
    seen = [resource for type_ in types for resource in find(world, type_)]
    assert any(resource.get("status") == "planned" for resource in seen)
    assert not any(word in json.dumps(seen) for word in ("/sid/northmoor/", "Northmoor", '"release"', "NM-2026"))
