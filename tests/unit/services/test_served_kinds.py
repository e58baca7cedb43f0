"""Contact notes, reviews, monitoring reports, loops of referrals: served, found by client, redacted, labelled."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import MRN, World, make_world, sample_tree

from fhirbridge.errors import NotFound
from fhirbridge.services import capability, resources, search
from fhirbridge.store.base import Query, ResourceRow

NUMBER = "|".join(MRN)
KINDS = ("referral", "contact", "review", "monitoring")
MADE = ("ClinicalImpression", "Composition", "DiagnosticReport", "DocumentReference", "Encounter", "Procedure", "Task")
CANARIES = ("Kofi Mensah", "waiting room", "bakery", "Dose stable", "Likes the nurse", "First dose at Lakeside")


@pytest.fixture(scope="module")
def world() -> World:
    """A bridge to which Riverside has handed in its records as they are, beside the samples."""
    world = make_world()
    world.hand_in_all()
    plain = replace(world.bridge.partners["riverside"], sources={}, scopes=("intake/*.c",))
    partners = {**world.bridge.partners, "riverside": plain}
    own = replace(world, bridge=replace(world.bridge, partners=partners))
    for kind in KINDS:
        assert own.hand_in("riverside", kind, sample_tree(kind), key=f"own-{kind}")["state"] == "stored"
    return world


def find(world: World, type_: str, partner: str = "lakeside", **params: str) -> list[dict[str, Any]]:
    asked = {"patient.identifier": NUMBER, **{name.replace("_", "-"): value for name, value in params.items()}}
    bundle = search.search(world.bridge, world.caller(partner), type_, list(asked.items()))
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]


def rows(world: World, type_: str) -> list[ResourceRow]:
    with world.bridge.store.snapshot() as tx:
        return [row for row in tx.search(Query(type_)) if not row.deleted]


def test_the_server_says_that_it_has_them(world: World) -> None:
    told = {each["type"]: each for each in capability.statement(world.bridge)["rest"][0]["resource"]}
    assert set(MADE) <= told.keys()
    assert all("patient" in {each["name"] for each in told[type_]["searchParam"]} for type_ in MADE)
    assert "https://fhirbridge.org/fhir/StructureDefinition/referral-task" in told["Task"]["supportedProfile"]


def test_a_treating_hospital_finds_them_by_the_client(world: World) -> None:
    (review,) = find(world, "ClinicalImpression")
    assert review["summary"].endswith("bakery course.")
    (contact,) = [each for each in find(world, "Encounter") if "length" in each]
    assert contact["length"]["value"] == 45
    (procedure,) = find(world, "Procedure", code="advocacy")
    assert procedure["encounter"]["reference"] == f"Encounter/{contact['id']}"


def test_each_is_labelled(world: World) -> None:
    for type_ in ("ClinicalImpression", "DiagnosticReport", "Composition"):
        codes = {each["code"] for each in find(world, type_)[0]["meta"]["security"]}
        assert {"R", "42CFRPart2", "SUD"} <= codes


def test_a_counselling_note_is_kept_and_shown_to_nobody(world: World) -> None:
    kept = [row for row in rows(world, "DocumentReference") if b"contact-note" in row.body]
    assert [row.data_class for row in kept] == ["D5"]
    for partner in ("lakeside", "hillcrest", "county-probation"):
        assert kept[0].id not in {each["id"] for each in find(world, "DocumentReference", partner)}
        with pytest.raises(NotFound):
            resources.read(world.bridge, world.caller(partner), "DocumentReference", kept[0].id)


def test_who_was_met_is_told_as_the_consent_allows(world: World) -> None:
    (contact,) = [each for each in find(world, "Encounter") if "length" in each]
    assert "Kofi Mensah" not in json.dumps(contact)


def test_probation_learns_what_its_consent_lists_and_no_more(world: World) -> None:
    (report,) = [each for each in find(world, "DiagnosticReport", "county-probation") if "basedOn" in each]
    assert report["conclusionCode"][0]["coding"][0]["code"] == "engaged"
    assert "conclusion" not in report and "Dose stable" not in json.dumps(report)
    told = {each["id"]: each["code"]["coding"][0]["code"] for each in find(world, "Observation", "county-probation")}
    results = [told[each["reference"].partition("/")[2]] for each in report["result"]]
    assert results == ["attendance", "compliance", "substance-test", "substance-test"]
    assert not {"goal-progress", "objective-progress", "referral-progress", "referral-monitoring"} & {*told.values()}
    for type_ in ("ClinicalImpression", "Procedure", "Task", "ServiceRequest", "Composition"):
        assert find(world, type_, "county-probation") == []
    assert not [each for each in find(world, "Encounter", "county-probation") if "length" in each]


def test_a_hospital_without_consent_sees_nothing_of_them(world: World) -> None:
    for type_ in (*MADE, "Observation", "ServiceRequest"):
        bundle = search.search(world.bridge, world.caller("hillcrest"), type_, [("patient.identifier", NUMBER)])
        assert bundle["total"] == 0 and not any(word in json.dumps(bundle) for word in CANARIES)
        for row in rows(world, type_):
            with pytest.raises(NotFound):
                resources.read(world.bridge, world.caller("hillcrest"), type_, row.id)


def test_every_referral_has_a_loop(world: World) -> None:
    def made(type_: str) -> list[dict[str, Any]]:
        own = [row for row in rows(world, type_) if json.loads(row.trace)["map"] == "referral"]
        return [json.loads(row.body) for row in own]

    loops = [task for task in made("Task") if task["code"]["coding"][0]["code"] == "fulfill"]
    requests = [f"ServiceRequest/{each['id']}" for each in made("ServiceRequest")]
    assert sorted(task["focus"]["reference"] for task in loops) == sorted(requests) and len(requests) == 2
