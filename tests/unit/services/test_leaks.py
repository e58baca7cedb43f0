"""Canaries: words planted in every text of a client without a consent never come out, by no path, and in no log.

Source: 42 CFR part 2; docs/adr/0006-consent-table.md
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.bridge import ALL_SAMPLES, SAMPLE_OWNERS, World, make_world, sample_tree

from fhirbridge.errors import BridgeError
from fhirbridge.fhir.search_parameters import search_parameters
from fhirbridge.services import deliver, explain, ledger, queue, resources, search
from fhirbridge.services.interactions import served_types
from fhirbridge.services.logs import JsonLines
from fhirbridge.store.base import Query

CANARY = "canary"
KEPT = frozenset({"formNo", "siteCode", "zip", "system", "issuer", "exportVersion", "prefLanguage"})
"""Fields whose values decide what happens, and which no client's words are in."""


def planted(tree: Any, name: str = "") -> Any:
    """Return the tree with a canary in every text that is words or a name and not a code, a date or a number."""
    if isinstance(tree, dict):
        return {key: planted(value, key) for key, value in tree.items()}
    if isinstance(tree, list):
        return [planted(each, name) for each in tree]
    is_words = isinstance(tree, str) and name not in KEPT and any(c.islower() for c in tree) and not tree[0].isdigit()
    return f"{tree} {CANARY}" if is_words and not tree.startswith("http") else tree


@pytest.fixture
def world() -> World:
    """A bridge that holds everything of a client who consents to nothing that Hillcrest or Lakeside could have."""
    world = make_world()
    for name in ALL_SAMPLES:
        partner, kind = SAMPLE_OWNERS[name]
        if kind != "consent":
            assert world.hand_in(partner, kind, planted(sample_tree(name)))["state"] == "stored", name
    world.work()
    return world


def held(world: World) -> list[tuple[str, str, bytes]]:
    with world.bridge.store.snapshot() as tx:
        return [
            (row.type, row.id, row.body)
            for type_ in served_types(world.bridge)
            for row in tx.search(Query(type_, count=1000))
            if row.person_id
        ]


def test_the_canaries_are_planted(world: World) -> None:
    assert sum(CANARY in body.decode() for _, _, body in held(world)) > 10


def said(ask: Callable[[], object]) -> str:
    """Return everything that an answer or a refusal says."""
    try:
        return str(ask())
    except BridgeError as error:
        return f"{error} {error.message} {error.issues}"


def reads(world: World, partner: str) -> Iterator[str]:
    who = world.caller(partner)
    for type_, id_, _ in held(world):
        yield said(lambda type_=type_, id_=id_: resources.read(world.bridge, who, type_, id_))  # type: ignore[misc]
        yield said(lambda type_=type_, id_=id_: resources.vread(world.bridge, who, type_, id_, 1))  # type: ignore[misc]


def searches(world: World, partner: str) -> Iterator[str]:
    who = world.caller(partner)
    for type_ in served_types(world.bridge):
        names = search_parameters(type_).values()
        includes = [("_include", f"{type_}:{each.name}") for each in names if each.type == "reference"]
        queries = [[], includes, [("_count", "1")]]
        queries += [[(each.name, CANARY)] for each in names if each.type == "string"]
        if "patient" in search_parameters(type_):
            queries += [[("patient", world.person_id()), *includes]]
        for query in queries:
            bundle = search.search(world.bridge, who, type_, query)
            mine = [each["resource"] for each in bundle.get("entry", []) if each["search"]["mode"] != "outcome"]
            yield json.dumps([each for each in mine if each["resourceType"] not in ("Organization", "Practitioner")])
            yield json.dumps([bundle["link"][1:], bundle["total"] if mine or not query else 0])


def test_no_canary_comes_out_by_reading(world: World) -> None:
    for answer in reads(world, "hillcrest"):
        assert CANARY not in answer and world.person_id() not in answer


def test_no_canary_and_no_id_comes_out_by_searching(world: World) -> None:
    ids = {id_ for _, id_, _ in held(world)}
    for answer in searches(world, "hillcrest"):
        assert CANARY not in answer and not any(id_ in answer for id_ in ids)


def test_no_canary_is_delivered(world: World) -> None:
    while deliver.deliver_next(world.bridge):
        pass
    assert world.sender.requests == []


def test_no_canary_stands_in_ledger_queue_or_explanation(world: World) -> None:
    broken = planted(sample_tree("northmoor-release-broken"))
    world.hand_in("northmoor", "transition", broken)
    list(reads(world, "hillcrest"))
    told = [str(ledger.entries(world.bridge)), str(queue.list_items(world.bridge, all_=True))]
    told += [str(explain.explain(world.bridge, type_, id_, "id")) for type_, id_, _ in held(world)]
    assert not any(CANARY in text for text in told)


def test_no_canary_stands_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    formatter = JsonLines()
    with caplog.at_level(logging.DEBUG):
        world.hand_in("northmoor", "transition", planted(sample_tree("northmoor-release-broken")))
        world.hand_in("riverside", "plan", b'{"canary": "canary"}')
        list(reads(world, "hillcrest"))
    lines = [formatter.format(record) for record in caplog.records]
    assert lines and not any(CANARY in line for line in lines)


def test_a_refused_outcome_repeats_no_value(world: World) -> None:
    told = world.hand_in("northmoor", "transition", planted(sample_tree("northmoor-release-broken")))
    assert told["state"] == "parked" and CANARY not in str(told)


@pytest.mark.parametrize("class_", ["COUNSELOR", "JUSTICE", "FAMILY"])
def test_a_covered_hospital_never_has_what_its_consent_does_not_list(class_: str) -> None:
    world = make_world()
    world.hand_in_all()
    seen = " ".join([*reads(world, "lakeside"), *searches(world, "lakeside")])
    withheld = {
        "COUNSELOR": [sample_tree("riverside-plan")["case"]["counselorNote"]],
        "JUSTICE": [each["text"] for each in sample_tree("northmoor-release")["conditions"]],
        "FAMILY": ["N0472913"],
    }
    assert not any(text in seen for text in withheld[class_])
