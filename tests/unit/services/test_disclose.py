"""The one door out: decided now, written down, or nothing leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import MRN, World, make_world, sample_tree

from fhirbridge.auth.partners import PartnerKind
from fhirbridge.errors import NotFound, Unavailable
from fhirbridge.services import disclose, resources, search
from fhirbridge.services.disclose import Ask, View
from fhirbridge.store.base import LedgerEntry, Query

GOALS = [("patient.identifier", "|".join(MRN))]


@pytest.fixture
def world() -> World:
    world = make_world()
    world.hand_in_all()
    return world


def make_ask(world: World, partner: str, channel: str = "read") -> Ask:
    who = world.bridge.partners[partner]
    return Ask(who, who.purpose, channel, "CarePlan")


def look(world: World, ask: Ask) -> View:
    with world.bridge.store.snapshot() as tx:
        return disclose.look(world.bridge, tx, ask, world.person_id())


def count_goals(world: World, partner: str = "lakeside") -> int:
    return int(search.search(world.bridge, world.caller(partner), "Goal", GOALS)["total"])


def last_entry(world: World) -> LedgerEntry:
    return world.ledger()[-1]


def test_a_permit_is_written_down_with_row_consent_and_what_was_shown(world: World) -> None:
    count_goals(world)
    entry = last_entry(world)
    assert (entry.recipient, entry.outcome, entry.table_row, entry.purpose) == ("lakeside", "permit", "6", "TREAT")
    assert entry.person_id == world.person_id() and entry.consent_id and entry.consent_version == 1
    assert [name.partition("/")[0] for name in entry.details["shown"]] == ["Goal"] * 5  # type: ignore[attr-defined]


def test_a_refusal_is_written_down_with_the_smallest_change_that_would_permit_it(world: World) -> None:
    assert count_goals(world, "hillcrest") == 0
    entry = last_entry(world)
    assert (entry.outcome, entry.person_id, entry.details["shown"]) == ("deny", world.person_id(), [])
    assert "HILLCREST" in str(entry.details["smallest_change"])


class ForgetfulStore:
    """A store whose ledger cannot be written."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def transaction(self) -> Any:
        return ReadOnly(self.store.snapshot())


class ReadOnly:
    """A transaction that only reads."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def __enter__(self) -> Any:
        return Ledgerless(self.manager.__enter__())

    def __exit__(self, *details: Any) -> Any:
        return self.manager.__exit__(*details)


class Ledgerless:
    """Everything of a transaction but the ledger."""

    def __init__(self, tx: Any) -> None:
        self.tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)

    def append_ledger(self, entry: LedgerEntry) -> LedgerEntry:
        raise Unavailable


def test_what_cannot_be_written_down_does_not_leave(world: World) -> None:
    forgetful = replace(world.bridge, store=ForgetfulStore(world.bridge.store))
    with pytest.raises(Unavailable):
        search.search(forgetful, world.caller("lakeside"), "Goal", GOALS)
    with pytest.raises(Unavailable):
        resources.read(forgetful, world.caller("lakeside"), "Patient", world.person_id())


def test_a_withdrawal_stops_the_next_answer(world: World) -> None:
    assert count_goals(world) == 5
    tree = sample_tree("riverside-consent-hospital")
    tree["state"] = "WITHDRAWN"
    assert world.hand_in("riverside", "consent", tree)["state"] == "stored"
    assert count_goals(world) == 0
    assert last_entry(world).details["reason"] == "withdrawn"
    with pytest.raises(NotFound):
        resources.vread(world.bridge, world.caller("lakeside"), "Patient", world.person_id(), 1)


def test_taking_the_agency_away_takes_everything_away(world: World) -> None:
    partners = {id_: each for id_, each in world.bridge.partners.items() if id_ != "riverside"}
    alone = replace(world, bridge=replace(world.bridge, partners=partners))
    assert count_goals(alone) == 0
    assert last_entry(world).details["reason"] == "no-agency"


def test_data_of_another_agency_need_that_agencys_consent(world: World) -> None:
    riverside = world.bridge.partners["riverside"]
    other = replace(riverside, id="hillside", organisation="HILLSIDE", sources={})
    both = replace(world, bridge=replace(world.bridge, partners={**world.bridge.partners, "hillside": other}))
    number = {"number": "RR-20417", "system": "https://riverside-recovery.example/client"}
    plan = {
        "id": "HS-1",
        "client": number,
        "agency": {"number": "HILLSIDE", "name": "Hillside"},
        "type": "care-plan",
        "status": "active",
        "goals": [{"id": "HS-G-1", "own_words": "To sleep through the night"}],
    }
    assert both.hand_in("hillside", "plan", plan)["state"] == "stored"
    assert count_goals(both) == 5


def test_a_purpose_that_is_not_registered_permits_nothing(world: World) -> None:
    ask = replace(make_ask(world, "lakeside"), purpose="HOPERAT")
    assert not look(world, ask).is_open


def test_an_obligation_that_a_channel_cannot_meet_is_a_refusal(world: World) -> None:
    service = replace(world.bridge.partners["lakeside"], kind=PartnerKind.SERVICE, purposes=("COC",))
    partners = {**world.bridge.partners, "lakeside": service}
    housed = replace(world, bridge=replace(world.bridge, partners=partners))
    assert look(housed, make_ask(housed, "lakeside", "search")).is_open
    refused = look(housed, make_ask(housed, "lakeside", "read"))
    assert not refused.is_open and refused.ground and refused.ground.reason_code == "obligation-not-met"


def test_the_consent_goes_with_what_is_shown_where_an_obligation_says_so(world: World) -> None:
    service = replace(world.bridge.partners["lakeside"], kind=PartnerKind.SERVICE, purposes=("COC",))
    partners = {**world.bridge.partners, "lakeside": service}
    housed = replace(world, bridge=replace(world.bridge, partners=partners))
    bundle = search.search(housed.bridge, housed.caller("lakeside"), "Patient", [("identifier", "|".join(MRN))])
    included = [each["resource"]["resourceType"] for each in bundle["entry"] if each["search"]["mode"] == "include"]
    assert included == ["Consent"]


def test_the_same_attempt_is_one_entry_and_another_decision_is_another(world: World) -> None:
    ask = replace(make_ask(world, "lakeside", "delivery"), once="delivery:x")
    refused = replace(make_ask(world, "hillcrest", "delivery"), once="delivery:x")
    with world.bridge.store.transaction() as tx:
        first = [disclose.write_down(world.bridge, tx, ask, look(world, ask), []) for _ in range(2)]
        other = disclose.write_down(world.bridge, tx, refused, look(world, refused), [])
    assert first[0].id == first[1].id != other.id


def test_what_is_withheld_from_one_who_may_see_something_else_is_a_refusal(world: World) -> None:
    with world.bridge.store.snapshot() as tx:
        orders = tx.search(Query("ServiceRequest", data_classes=frozenset({"D6"})))
    with pytest.raises(NotFound):
        resources.read(world.bridge, world.caller("lakeside"), "ServiceRequest", orders[0].id)
    entry = last_entry(world)
    assert (entry.outcome, entry.details["reason"], entry.details["shown"]) == ("deny", "class-not-permitted", [])


def test_what_a_partner_handed_in_that_is_gone_is_shown_to_nobody(world: World) -> None:
    partners = {id_: each for id_, each in world.bridge.partners.items() if id_ != "northmoor"}
    without = replace(world, bridge=replace(world.bridge, partners=partners))
    with world.bridge.store.snapshot() as tx:
        flags = [row for row in tx.search(Query("Flag")) if disclose.source_of(json.loads(row.trace)) == "northmoor"]
    assert resources.read(world.bridge, world.caller("lakeside"), "Flag", flags[0].id)
    with pytest.raises(NotFound):
        resources.read(without.bridge, without.caller("lakeside"), "Flag", flags[0].id)
    bundle = search.search(without.bridge, without.caller("lakeside"), "Flag", [])
    assert flags[0].id not in [entry["resource"].get("id") for entry in bundle.get("entry", [])]
