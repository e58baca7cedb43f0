"""Documents over the one door out: whole, held together, labelled, written down; what is denied is in no part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import PARTNERS, World, make_world, sample

from fhirbridge.consent.table import CLASSES
from fhirbridge.errors import Forbidden, NotFound, UnsupportedSearch
from fhirbridge.fhir.documents import iter_references
from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.services import disclose
from fhirbridge.services.disclose import Ask, View
from fhirbridge.services.documents import NOTICE_TITLE, Document, Gathering, make_document
from fhirbridge.store.base import Query, ResourceRow

BASE = "https://bridge.example/fhir"


@pytest.fixture(scope="module")
def filled() -> World:
    """A bridge to which Riverside hands in its plan as our record, with all that a plan can hold."""
    riverside = next(each for each in PARTNERS if each.id == "riverside")
    partners = {each.id: each for each in PARTNERS}
    own = {kind: name for kind, name in riverside.sources.items() if kind != "plan"}
    world = make_world(partners={**partners, "riverside": replace(riverside, sources=own)})
    for name in ("riverside-consent-hospital", "northmoor-release"):
        assert world.hand_in_sample(name)["state"] == "stored"
    for kind in ("person", "plan"):
        assert world.hand_in("riverside", kind, sample(kind))["state"] == "stored"
    return world


def rows(world: World, type_: str) -> list[ResourceRow]:
    with world.bridge.store.snapshot() as tx:
        return list(tx.search(Query(type_, persons=frozenset({world.person_id()}), count=1000)))


def plan_id(world: World) -> str:
    return rows(world, "CarePlan")[0].id


def ask_for(world: World, partner: str = "lakeside", *scopes: str) -> Document:
    return make_document(world.bridge, world.caller(partner, *scopes), "CarePlan", plan_id(world))


def resources(made: Document) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in made.bundle["entry"]]


def test_a_document_begins_with_its_composition_and_holds_each_resource_once(filled: World) -> None:
    made = ask_for(filled)
    urls = [entry["fullUrl"] for entry in made.bundle["entry"]]
    assert (made.bundle["type"], resources(made)[0]["resourceType"]) == ("document", "Composition")
    assert len(set(urls)) == len(urls) and {"identifier", "timestamp"} <= made.bundle.keys()
    assert urls == [f"{BASE}/{each['resourceType']}/{each['id']}" for each in resources(made)]


def test_everything_the_composition_names_is_in_the_document(filled: World) -> None:
    made = ask_for(filled)
    held = {f"{each['resourceType']}/{each['id']}" for each in resources(made)}
    assert set(iter_references(resources(made)[0], BASE)) <= held
    assert {"Patient", "CarePlan", "Goal", "CareTeam"} <= {key.partition("/")[0] for key in held}


def test_each_section_and_resource_is_told(filled: World) -> None:
    composition, *others = resources(ask_for(filled))
    assert all(each["text"]["status"] == "generated" for each in [*composition["section"], composition])
    assert all("text" in each for each in others)
    assert "My own front door" in json.dumps(composition["section"])


def test_what_is_in_the_document_is_valid(filled: World) -> None:
    for each in resources(ask_for(filled)):
        errors = [issue for issue in filled.bridge.checker.check(each) if issue.severity == "error"]
        assert errors == [], each["resourceType"]


def test_the_statement_the_law_wants_stands_beside_and_in_the_document(filled: World) -> None:
    made = ask_for(filled)
    section = resources(made)[0]["section"][-1]
    assert section["title"] == NOTICE_TITLE and made.notices
    assert all(notice[:40] in section["text"]["div"] for notice in made.notices)


def test_the_document_has_the_labels_of_all_that_is_in_it(filled: World) -> None:
    made = ask_for(filled)
    codes = {label["code"] for label in made.bundle["meta"]["security"]}
    assert {"R", "42CFRPart2"} <= codes


def test_the_same_content_is_the_same_document(filled: World) -> None:
    assert ask_for(filled).bundle["identifier"] == ask_for(filled).bundle["identifier"]


def test_one_entry_of_the_ledger_names_all_of_the_person_that_left(filled: World) -> None:
    before = len(filled.ledger())
    made = ask_for(filled)
    entries = filled.ledger()[before:]
    assert [(each.channel, each.outcome) for each in entries] == [("document", "permit")]
    shown = set(entries[0].details["shown"])  # type: ignore[call-overload]
    assert shown == {
        f"{each['resourceType']}/{each['id']}"
        for each in resources(made)
        if each["resourceType"]
        not in ("Practitioner", "Organization", "Location", "HealthcareService", "PractitionerRole")
        or f"{each['resourceType']}/{each['id']}" in shown
    }


def test_a_composition_is_its_own_document(filled: World) -> None:
    composition = resources(ask_for(filled))[0]
    made = make_document(
        filled.bridge, filled.caller("lakeside"), "Composition", composition["id"], [("persist", "false")]
    )
    assert made.bundle == ask_for(filled).bundle


def test_types_that_the_token_does_not_cover_leave_no_trace(filled: World) -> None:
    made = ask_for(filled, "lakeside", "system/Composition.r", "system/CarePlan.r", "system/Practitioner.r")
    types = {each["resourceType"] for each in resources(made)}
    assert "Goal" not in types and "Goal/" not in json.dumps(made.bundle["entry"])
    goals = next(each for each in resources(made)[0]["section"] if each["title"] == "Goals")
    assert "entry" not in goals and goals["emptyReason"]["coding"][0]["code"] == "unavailable"
    assert "Not available." in goals["text"]["div"]


def test_nobody_without_a_consent_is_told_that_there_is_a_document(filled: World) -> None:
    for type_, id_ in (("CarePlan", plan_id(filled)), ("CarePlan", "none"), ("Composition", "none"), ("Goal", "a/b")):
        before = len(filled.ledger())
        with pytest.raises(NotFound):
            make_document(filled.bridge, filled.caller("hillcrest"), type_, id_)
        assert [entry.outcome for entry in filled.ledger()[before:]] == ["deny"]


def test_a_directory_entry_has_no_document(filled: World) -> None:
    with filled.bridge.store.snapshot() as tx:
        worker = tx.search(Query("Practitioner"))[0]
    with pytest.raises(NotFound):
        make_document(filled.bridge, filled.caller("lakeside"), "Practitioner", worker.id)


def test_a_token_that_does_not_cover_compositions_gets_no_document(filled: World) -> None:
    with pytest.raises(Forbidden):
        ask_for(filled, "lakeside", "system/CarePlan.r")


@pytest.mark.parametrize("param", [("persist", "true"), ("persist", ""), ("graph", "x")])
def test_only_a_document_that_is_not_stored_can_be_asked_for(filled: World, param: tuple[str, str]) -> None:
    with pytest.raises(UnsupportedSearch):
        make_document(filled.bridge, filled.caller("lakeside"), "CarePlan", plan_id(filled), [param])


# -- each class denied in turn


def words_in(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from words_in(value) if name not in ("meta", "text", "system", "url") else ()
    elif isinstance(tree, list):
        for value in tree:
            yield from words_in(value)
    elif isinstance(tree, str) and len(tree) > 5:
        yield tree


def gathered(world: World, denied: str, **changes: Any) -> list[dict[str, Any]]:
    """The document of the plan for somebody who may have every class but one; `changes` are fields of the decision."""
    who = world.caller("lakeside")
    ask = Ask(who.partner, "TREAT", "document", "CarePlan")
    with world.bridge.store.transaction() as tx:
        view = disclose.look(world.bridge, tx, ask, world.person_id())
        decisions = {
            name: replace(each, permit=True, permitted=CLASSES - {denied}, **changes)
            for name, each in view.decisions.items()
        }
        narrowed: View = replace(view, decisions=decisions)
        gathering = Gathering(world.bridge, tx, ask, narrowed, ("system/*.rs",))
        head = gathering.find_head(rows(world, "CarePlan")[0])
        return gathering.gather(head) if head else []


@pytest.mark.parametrize("denied", sorted(CLASSES - {"D0"}))
def test_what_is_denied_is_in_no_entry_no_reference_and_no_word(filled: World, denied: str) -> None:
    made = gathered(filled, denied)
    held = {f"{each['resourceType']}/{each['id']}" for each in made}
    assert all(key in held for each in made for key in iter_references(each, BASE) if denied_row(filled, key, denied))
    whole = {word for each in gathered(filled, "none") for word in words_in(without_narrative(each))}
    kept = " ".join(word for each in made for word in words_in(without_narrative(each)))
    gone = {word for word in whole if word not in kept}
    told = json.dumps([each.get("text") for each in made] + [made[:1] and made[0].get("section")], ensure_ascii=False)
    assert [word for word in gone if f">{word}<" in told] == []


def denied_row(world: World, key: str, denied: str) -> bool:
    """Whether a resource is one of the denied class."""
    with world.bridge.store.snapshot() as tx:
        row = tx.find_resource(*key.split("/"))
    return row is not None and row.data_class == denied


def test_the_consent_goes_along_where_it_must(filled: World) -> None:
    composition, *others = gathered(filled, "none", obligations=("CONSENT-COPY",))
    consents = [f"Consent/{each['id']}" for each in others if each["resourceType"] == "Consent"]
    section = composition["section"][-1]
    assert consents and [each["reference"] for each in section["entry"]] == consents
    assert "The consent goes with this document." in section["text"]["div"]
