"""The whole story on the memory store, on SQLite and on PostgreSQL: the same end."""

from __future__ import annotations

from typing import Any

from tests.support.bridge import MRN, World, make_world

from fhirbridge.formats import fhir_json
from fhirbridge.services import consents, ledger, queue, resources, search
from fhirbridge.services.interactions import served_types
from fhirbridge.store.base import Query, Store

ASKED = (
    ("CarePlan", (("patient.identifier", "|".join(MRN)), ("_include", "CarePlan:goal"))),
    ("Goal", (("_count", "1"),)),
    ("ServiceRequest", (("status", "active"), ("authored", "ge2026-11"))),
    ("Patient", (("family", "vega"),)),
    ("Organization", ()),
)


def play(world: World) -> dict[str, Any]:
    """Play everything and return what can be asked afterwards, without what is made at random."""
    world.hand_in_all()
    world.hand_in_sample("northmoor-release-broken")
    told: dict[str, Any] = {}
    for partner in ("lakeside", "hillcrest"):
        for type_, params in ASKED:
            told[f"{partner} {type_}"] = search.search(world.bridge, world.caller(partner), type_, params)
    told["patient"] = resources.read(world.bridge, world.caller("lakeside"), "Patient", world.person_id()).body
    told["consents"] = consents.list_consents(world.bridge)
    told["queue"] = [(each.what, each.kind, each.state, each.issues) for each in queue.list_items(world.bridge)]
    told["ledger"] = [
        {name: value for name, value in each.items() if name not in ("id", "chain")}
        for each in ledger.entries(world.bridge)
    ]
    with world.bridge.store.snapshot() as tx:
        for type_ in served_types(world.bridge):
            rows = tx.search(Query(type_, count=1000))
            told[f"held {type_}"] = [(row.version, row.data_class, fhir_json.parse(row.body)) for row in rows]
    return told


def test_every_store_comes_to_the_same_end(store: Store) -> None:
    assert play(make_world(store)) == play(make_world())
