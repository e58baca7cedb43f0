"""Search: what is found, what comes with it, pages, and that nothing tells of what is not covered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.support.bridge import MRN, World, make_world, sample_tree

from fhirbridge.errors import Forbidden, NotFound
from fhirbridge.services import search

NUMBER = "|".join(MRN)
PRISON_NUMBER = "https://northmoor.example/doc-number|N0472913"


@pytest.fixture
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def find(world: World, type_: str, *params: tuple[str, str], partner: str = "lakeside") -> dict[str, Any]:
    return search.search(world.bridge, world.caller(partner), type_, params)


def entries(bundle: dict[str, Any], mode: str = "match") -> list[dict[str, Any]]:
    return [each["resource"] for each in bundle.get("entry", []) if each["search"]["mode"] == mode]


def test_a_covered_client_is_found_by_number(world: World) -> None:
    bundle = find(world, "Goal", ("patient.identifier", NUMBER))
    said = {goal["description"]["text"] for goal in entries(bundle)}
    goals = sample_tree("riverside-plan")["case"]["goals"]
    assert said == {text for goal in goals for text in (goal["clientSays"], *(each["step"] for each in goal["steps"]))}
    assert bundle["total"] == 5 == len(entries(bundle))


def test_by_id_and_without_a_client_the_same_is_found(world: World) -> None:
    by_number = find(world, "Goal", ("patient.identifier", NUMBER))
    for params in ([("patient", world.person_id())], [("subject", f"Patient/{world.person_id()}")], []):
        assert entries(find(world, "Goal", *params)) == entries(by_number)


def test_clauses_narrow(world: World) -> None:
    assert find(world, "Goal", ("lifecycle-status", "proposed"))["total"] == 1
    assert find(world, "Goal", ("lifecycle-status", "proposed,active"))["total"] == 5
    assert find(world, "CarePlan", ("date", "lt2026"))["total"] == 0
    assert find(world, "Goal", ("_lastUpdated", "ge2026-11"))["total"] == 5
    assert find(world, "Goal", ("_lastUpdated", "lt2026-11"))["total"] == 0


def test_includes_come_after_the_matches_once_each(world: World) -> None:
    bundle = find(world, "Goal", ("_include", "Goal:subject"), ("_include", "Goal:patient"))
    assert [each["resourceType"] for each in entries(bundle, "include")] == ["Patient"]
    care_plans = find(world, "CarePlan", ("_include", "CarePlan:goal"), ("_include", "CarePlan:activity-reference"))
    types = [each["resourceType"] for each in entries(care_plans, "include")]
    assert types.count("Goal") == 2 and "ServiceRequest" in types


def test_notice_and_high_water_mark_go_with_what_is_shown(world: World) -> None:
    bundle = find(world, "Goal", ("patient.identifier", NUMBER))
    (outcome,) = entries(bundle, "outcome")
    texts = [issue["details"]["text"] for issue in outcome["issue"]]
    assert "42 CFR part 2" in texts[0] and "Disclosed under consent" in texts[1]
    assert {"R", "42CFRPart2", "SUD", "NORDSCLCD"} <= {each["code"] for each in bundle["meta"]["security"]}


def test_the_self_link_says_what_was_asked(world: World) -> None:
    bundle = find(world, "Goal", ("patient.identifier", NUMBER), ("_count", "5"))
    link = urlsplit(bundle["link"][0]["url"])
    assert link.path == "/fhir/Goal"
    assert parse_qsl(link.query) == [("patient.identifier", NUMBER), ("_count", "5")]


def test_pages_hold_everything_once_and_no_number(world: World) -> None:
    seen: list[str] = []
    params: list[tuple[str, str]] = [("patient.identifier", NUMBER), ("_count", "2")]
    while params:
        bundle = find(world, "ServiceRequest", *params)
        assert len(entries(bundle)) <= 2 and bundle["total"] == find(world, "ServiceRequest")["total"]
        seen += [each["id"] for each in entries(bundle)]
        following = [each["url"] for each in bundle["link"] if each["relation"] == "next"]
        params = parse_qsl(urlsplit(following[0]).query) if following else []
        assert NUMBER not in str(params)
    everything = [each["id"] for each in entries(find(world, "ServiceRequest"))]
    assert seen == sorted(everything) == everything


def test_a_withdrawal_between_two_pages_stops_the_second(world: World) -> None:
    first = find(world, "Goal", ("_count", "1"))
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    tree = sample_tree("riverside-consent-hospital")
    world.hand_in("riverside", "consent", tree | {"state": "WITHDRAWN"})
    second = find(world, "Goal", *parse_qsl(urlsplit(following).query))
    assert (second["total"], entries(second)) == (0, [])


def test_who_is_not_covered_is_nobody(world: World) -> None:
    plain = {}
    for name, value in {"known": NUMBER, "unknown": f"{MRN[0]}|nobody"}.items():
        bundle = find(world, "CarePlan", ("patient.identifier", value), partner="hillcrest")
        plain[name] = json.dumps(bundle).replace(value, "")
    assert plain["known"] == plain["unknown"]
    known, unknown = world.ledger()[-2:]
    assert (known.person_id, unknown.person_id) == (world.person_id(), "")
    assert {known.outcome, unknown.outcome} == {"deny"}


def test_both_take_the_same_steps_in_the_ledger(world: World) -> None:
    for value in (world.person_id(), "nobody"):
        before = len(world.ledger())
        find(world, "Goal", ("patient", value), partner="hillcrest")
        assert len(world.ledger()) == before + 1


def test_the_ledger_has_one_entry_a_person_and_request(world: World) -> None:
    before = len(world.ledger())
    find(world, "CarePlan", ("_include", "CarePlan:goal"), ("_include", "CarePlan:subject"))
    entry, *more = world.ledger()[before:]
    assert not more and entry.person_id == world.person_id()
    shown = entry.details["shown"]
    assert isinstance(shown, list) and f"Patient/{world.person_id()}" in shown


def test_a_number_of_the_justice_side_tells_a_hospital_nothing(world: World) -> None:
    assert find(world, "Patient", ("identifier", NUMBER))["total"] == 1
    for type_, name in (("Patient", "identifier"), ("Goal", "patient.identifier")):
        assert find(world, type_, (name, PRISON_NUMBER))["total"] == 0


def test_a_number_that_the_caller_told_us_is_good_for_it(world: World) -> None:
    own = {"id": "p-1", "names": [{"family": "Vega"}]}
    numbers = [
        {"system": MRN[0], "value": MRN[1]},
        {"system": "https://northmoor.example/doc-number", "value": "N0472913"},
    ]
    lakeside = replace(world.bridge.partners["lakeside"], scopes=("intake/person.c", "system/*.rs"))
    told = replace(world, bridge=replace(world.bridge, partners={**world.bridge.partners, "lakeside": lakeside}))
    assert told.hand_in("lakeside", "person", own | {"identifiers": numbers})["state"] == "stored"
    assert find(told, "Patient", ("identifier", PRISON_NUMBER))["total"] == 1


def test_two_persons_named_at_once_are_nobody(world: World) -> None:
    assert find(world, "Goal", ("patient", world.person_id()), ("patient.identifier", f"{MRN[0]}|other"))["total"] == 0


def test_what_is_hidden_cannot_be_found_by(world: World) -> None:
    requests = find(world, "ServiceRequest")
    assert find(world, "CarePlan")["total"] == 1 and requests["total"] > 1
    assert "supervision" not in json.dumps(requests)  # the requirements of the order are requests too, and justice data


def test_the_directory_is_found_by_every_partner(world: World) -> None:
    bundle = find(world, "Organization", ("name", "riverside"), partner="hillcrest")
    assert [each["name"] for each in entries(bundle)] == ["Riverside Recovery"]
    assert entries(bundle, "outcome") == [] and "meta" not in bundle
    first = find(world, "Organization", ("_count", "1"), partner="hillcrest")
    assert first["total"] > 1 and any(link["relation"] == "next" for link in first["link"])


def test_a_token_is_good_for_the_types_it_names(world: World) -> None:
    with pytest.raises(Forbidden):
        search.search(world.bridge, world.caller("lakeside", "system/Goal.rs"), "CarePlan", [])
    with pytest.raises(Forbidden):
        search.search(world.bridge, world.caller("lakeside", "system/CarePlan.r"), "CarePlan", [])
    with pytest.raises(NotFound):
        search.search(world.bridge, world.caller("lakeside"), "Basic", [])
