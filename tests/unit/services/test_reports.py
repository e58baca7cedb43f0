"""What those who run the bridge can ask: ledger, consents, schemas, readiness, capability."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import World, make_world, shipped_checker

from fhirbridge.errors import NotFound, Unavailable
from fhirbridge.fhir.resources import to_model
from fhirbridge.fhir.search_parameters import search_parameters
from fhirbridge.records import KINDS
from fhirbridge.services import capability, consents, health, ledger, schemas


@pytest.fixture(scope="module")
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def test_the_ledger_tells_who_got_what_under_which_consent(world: World) -> None:
    (entry,) = ledger.entries(world.bridge)
    assert (entry["recipient"], entry["outcome"], entry["row"]) == ("county-probation", "permit", "8")
    assert str(entry["consent"]).startswith("Consent/") and entry["person"] == world.person_id()
    assert ledger.entries(world.bridge, person_id="nobody") == []
    assert ledger.find_break(world.bridge) is None


def test_consents_are_listed_without_the_clients_name(world: World) -> None:
    listed = consents.list_consents(world.bridge)
    assert {(each["type"], tuple(each["recipients"])) for each in listed} == {  # type: ignore[arg-type]
        ("specific", ("LAKESIDE-GENERAL",)),
        ("justice", ("COUNTY-PROBATION",)),
    }
    assert "Vega" not in str(listed)
    assert consents.list_consents(world.bridge, person_id=world.person_id()) == listed
    assert consents.list_consents(world.bridge, person_id="nobody") == []


def test_every_record_kind_has_a_published_schema() -> None:
    assert schemas.kinds() == tuple(KINDS)
    for kind in schemas.kinds():
        assert schemas.schema(kind)["x-record"] == kind
    with pytest.raises(NotFound):
        schemas.schema("horoscope")


class AwayStore:
    """A store that cannot be reached."""

    def snapshot(self) -> Any:
        raise Unavailable

    transaction = snapshot

    def close(self) -> None: ...


def test_a_bridge_is_ready_when_its_store_answers(world: World) -> None:
    assert health.is_ready(world.bridge)
    assert not health.is_ready(replace(world.bridge, store=AwayStore()))


# -- what the server says of itself


def rest(world: World) -> dict[str, dict[str, Any]]:
    return {each["type"]: each for each in capability.statement(world.bridge)["rest"][0]["resource"]}


def test_the_capability_statement_is_valid_r4(world: World) -> None:
    statement = capability.statement(world.bridge)
    assert [i for i in shipped_checker().check(statement) if i.severity in ("error", "fatal")] == []
    to_model(statement)


def test_it_names_each_type_with_what_can_be_done(world: World) -> None:
    told = rest(world)
    assert {"Patient", "CarePlan", "Goal", "ServiceRequest", "Task", "Consent", "Organization"} <= told.keys()
    codes = {type_: {each["code"] for each in entry.get("interaction", ())} for type_, entry in told.items()}
    assert codes["CarePlan"] == {"read", "vread", "search-type"}
    assert codes["ServiceRequest"] == codes["CarePlan"] | {"create", "update"}


def test_it_names_every_search_parameter_and_chain(world: World) -> None:
    names = {each["name"] for each in rest(world)["CarePlan"]["searchParam"]}
    assert names == {*search_parameters("CarePlan"), "patient.identifier", "subject.identifier"}
    assert "CarePlan:goal" in rest(world)["CarePlan"]["searchInclude"]


def test_the_smart_configuration_says_how_to_sign_in(world: World) -> None:
    told = capability.smart_configuration(world.bridge)
    assert told["token_endpoint"] == f"{world.bridge.base_url}/auth/token"
    assert "system/ServiceRequest.crus" in told["scopes_supported"]
    assert set(told["token_endpoint_auth_signing_alg_values_supported"]) == {"RS384", "ES384"}
