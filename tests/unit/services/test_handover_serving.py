"""What discharge, transition and person become is served, found by patient, and shown to each partner by its rows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bridge import MRN, World, make_world, sample_tree

from fhirbridge.errors import NotFound
from fhirbridge.fhir.search_parameters import search_parameters
from fhirbridge.services import resources, search
from fhirbridge.services.interactions import is_directory, served_types
from fhirbridge.store.base import Query

FROM_DISCHARGE = {
    "EpisodeOfCare", "Encounter", "Observation", "Condition", "Flag", "MedicationStatement", "MedicationDispense",
    "MedicationRequest", "ServiceRequest", "Task", "Communication", "Composition",
}  # fmt: skip
FROM_TRANSITION = {"Encounter", "Procedure", "Appointment", "Flag", "Communication", "Observation"}


def handed_in(*names: str) -> World:
    world = make_world()
    for name in ("riverside-consent-hospital", "riverside-consent-probation", *names):
        assert world.hand_in_sample(name)["state"] == "stored"
    return world


def found(world: World, partner: str, type_: str) -> list[dict[str, Any]]:
    number = "|".join(MRN) if partner == "lakeside" else "https://riverside-recovery.example/client|RR-20417"
    via = next((each for each in ("patient", "subject") if each in search_parameters(type_)), "")
    name = f"{via}.identifier" if via else "identifier"
    bundle = search.search(world.bridge, world.caller(partner), type_, [(name, number)])
    return [each["resource"] for each in bundle.get("entry", []) if each["search"]["mode"] == "match"]


def types_of_clients(world: World) -> list[str]:
    return [type_ for type_ in served_types(world.bridge) if not is_directory(world.bridge, type_)]


def shown(world: World, partner: str) -> dict[str, list[dict[str, Any]]]:
    types = [type_ for type_ in types_of_clients(world) if {"patient", "subject"} & search_parameters(type_).keys()]
    return {type_: each for type_ in types if (each := found(world, partner, type_))}


@pytest.fixture(scope="module")
def world() -> World:
    return handed_in("riverside-plan", "riverside-discharge", "northmoor-release")


def test_the_hospital_finds_all_of_a_discharge_by_patient(world: World) -> None:
    assert shown(world, "lakeside").keys() >= FROM_DISCHARGE | FROM_TRANSITION


def test_everything_that_is_shown_is_labelled(world: World) -> None:
    for each in (each for found in shown(world, "lakeside").values() for each in found):
        codes = {label["code"] for label in each["meta"]["security"]}
        assert codes >= {"R", "42CFRPart2"} or each["resourceType"] in ("Patient", "Consent")


@pytest.mark.parametrize("partner", ["lakeside", "county-probation"])
def test_what_is_left_for_a_partner_is_still_sound_fhir(world: World, partner: str) -> None:
    left = (each for found in shown(world, partner).values() for each in found)
    wrong = [issue for each in left for issue in world.bridge.checker.check(each, profiles=False)]
    assert [(i.expression, i.message) for i in wrong if i.severity == "error"] == []


def test_a_partner_without_a_consent_finds_and_reads_nothing(world: World) -> None:
    assert shown(world, "hillcrest") == {}
    with world.bridge.store.snapshot() as tx:
        rows = [row for type_ in types_of_clients(world) for row in tx.search(Query(type_, count=1000))]
    assert len(rows) > 60
    for row in rows:
        with pytest.raises(NotFound):
            resources.read(world.bridge, world.caller("hillcrest"), row.type, row.id)


def test_probation_learns_that_the_stay_ended_and_how_and_no_more_of_the_discharge(world: World) -> None:
    told = shown(world, "county-probation")
    assert not told.keys() & (FROM_DISCHARGE - {"EpisodeOfCare", "Encounter", "Observation", "Communication"})
    assert not any(words in str(told) for words in ("residential treatment", "Take the medication", "Heroin"))
    (stay,) = told["Encounter"]
    codings = stay["hospitalization"]["dischargeDisposition"]["coding"]
    assert (codings[0]["code"], stay["period"]) == ("planned", {"start": "2026-04-20", "end": "2026-11-20"})
    assert "destination" not in stay["hospitalization"]
    (episode,) = told["EpisodeOfCare"]
    assert (episode["status"], "diagnosis" in episode) == ("finished", False)


@pytest.mark.parametrize("partner", ["lakeside", "hillcrest", "county-probation"])
def test_what_the_justice_side_says_of_itself_leaves_to_nobody(world: World, partner: str) -> None:
    told = str(shown(world, partner))
    for words in ("CR-25-0417", "Conditional release", "NORTHMOOR", "CP-O-31", "transition-event", "transition-state"):
        assert words not in told, words


def test_the_day_and_who_meets_the_person_are_told_to_the_hospital(world: World) -> None:
    handover = next(each for each in found(world, "lakeside", "Encounter") if each["status"] == "planned")
    assert handover["period"] == {"start": "2026-12-04"}
    assert handover["participant"][0]["individual"]["display"] == "Terrence Boyd"


# -- rows 18 and 19


def told_of_person(world: World, **changes: Any) -> None:
    tree = sample_tree("northmoor-release")
    tree["inmate"].update(changes)
    assert world.hand_in("northmoor", "transition", tree)["state"] == "stored"


def last_row(world: World) -> tuple[str, str, object]:
    entry = world.ledger()[-1]
    return entry.outcome, entry.table_row, entry.details["reason"]


def test_of_somebody_who_has_died_nothing_leaves_until_a_human_decides() -> None:
    world = handed_in("riverside-plan", "riverside-discharge")
    assert found(world, "lakeside", "EpisodeOfCare")
    told_of_person(world, died="11/30/2026")
    assert shown(world, "lakeside") == {}
    assert last_row(world) == ("deny", "19", "person-not-certain")
    told_of_person(world)
    assert found(world, "lakeside", "EpisodeOfCare")


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ({"restricted": True}, "18"),
        ({"deceased": True}, "19"),
        ({"replaced_by": {"number": "RR-1", "system": "https://riverside-recovery.example/client"}}, "19"),
        ({"deceased": True, "restricted": True}, "19"),
    ],
)
def test_what_the_person_record_says_bars_every_agencys_consent(said: dict[str, Any], row: str) -> None:
    world = handed_in("riverside-discharge")
    world.hand_in("riverside", "person", sample_tree("person"))
    assert found(world, "lakeside", "Patient")
    world.hand_in("riverside", "person", sample_tree("person") | said)
    assert shown(world, "lakeside") == {}
    outcome, table_row, _ = last_row(world)
    assert (outcome, table_row) == ("deny", row)


@pytest.mark.parametrize("said", [{"restricted": False}, {"deceased": False}])
def test_a_person_of_whom_it_is_denied_is_known(said: dict[str, Any]) -> None:
    world = handed_in("riverside-discharge")
    world.hand_in("riverside", "person", sample_tree("person") | said)
    assert found(world, "lakeside", "Patient")
