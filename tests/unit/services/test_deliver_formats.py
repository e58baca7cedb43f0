"""Delivering in a partner's CSV or XML: the notice and labels travel with the file, in parts of one body."""

from __future__ import annotations

import json
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from typing import Any

import pytest
from tests.support.bridge import World, make_world

from fhirbridge.auth.partners import Route
from fhirbridge.errors import MappingFailed
from fhirbridge.formats import csv_text
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.csv_layout import csv_layout
from fhirbridge.services import deliver, reporting
from fhirbridge.transport.fake import Reply

CONTEXT = Context("county-probation")


@pytest.fixture
def world() -> World:
    world = make_world()
    probation = world.bridge.partners["county-probation"]
    routes = tuple(Route(route.kind, "harlan-report", route.url) for route in probation.routes)
    partners = {**world.bridge.partners, "county-probation": replace(probation, routes=routes)}
    world = replace(world, bridge=replace(world.bridge, partners=partners))
    for name in ("riverside-consent-hospital", "riverside-consent-probation", "riverside-plan"):
        world.hand_in_sample(name)
    return world


def parts(world: World) -> list[Message]:
    (request,) = world.sender.taken.values()
    head = f"Content-Type: {request.media_type}\r\n\r\n".encode()
    payload = BytesParser().parsebytes(head + request.body).get_payload()
    assert isinstance(payload, list)
    return [each for each in payload if isinstance(each, Message)]


def test_a_csv_report_is_sent_as_a_file_beside_its_envelope(world: World) -> None:
    assert deliver.deliver_next(world.bridge)
    envelope, report = parts(world)
    told: dict[str, Any] = json.loads(bytes(envelope.get_payload(decode=True)))
    assert told["kind"] == "monitoring" and "42 CFR part 2" in told["notices"][0] and "report" not in told
    assert (report["Content-Type"], report.get_filename()) == ("text/csv; charset=windows-1252", "monitoring-1.csv")
    layout = csv_layout(world.bridge.maps.get("harlan-report").right)
    (document,) = csv_text.parse(bytes(report.get_payload(decode=True)), layout)
    assert document.tree["rows"][0]["Sessions Kept"] == 8
    assert [row["Test Result"] for row in document.tree["rows"]] == ["NEG", "NEG"]


def test_an_attempt_that_is_repeated_sends_the_same_bytes(world: World) -> None:
    world.sender.will([Reply(lost="after")])
    for _ in range(2):
        deliver.deliver_next(world.bridge)
        world.clock.advance(60)
    first, second = world.sender.requests
    assert (first.media_type, first.body) == (second.media_type, second.body)


def test_a_report_that_has_no_place_in_the_file_is_not_sent(world: World) -> None:
    map_ = world.bridge.maps.get("harlan-report")
    made = reporting.report(map_, "monitoring", monitoring(requirement="日本"), CONTEXT)
    with pytest.raises(MappingFailed) as caught:
        reporting.pack({"id": "d", "kind": "monitoring"}, made)
    assert caught.value.issues[0].expression == "doc.Requirement"


def test_what_does_not_fit_the_map_is_not_sent(world: World) -> None:
    map_ = world.bridge.maps.get("harlan-report")
    with pytest.raises(MappingFailed):
        reporting.report(map_, "monitoring", monitoring(period_start="2026-02-30"), CONTEXT)


def test_an_xml_report_is_one_file_a_document() -> None:
    map_ = make_world().bridge.maps.get("state-parole")
    tree = {"id": "S-1", "names": [{"family": "Vega", "given": ["Marisol"]}]}
    made = reporting.report(map_, "person", tree, CONTEXT)
    with pytest.raises(MappingFailed) as caught:  # a person alone is no whole notice
        reporting.pack({"id": "d", "kind": "person"}, made)
    assert {issue.code for issue in caught.value.issues} == {"FB302"}


def test_a_route_needs_a_map_that_makes_documents_of_its_kind() -> None:
    maps = make_world().bridge.maps
    found = {
        (name, kind)
        for name in maps.names()
        for kind in ("monitoring", "plan")
        if reporting.writes(maps.get(name), kind)
    }
    assert found >= {("county-report", "monitoring"), ("harlan-report", "monitoring"), ("riverside-plan", "plan")}
    assert not {("plan", "plan"), ("harlan-report", "plan"), ("county-report", "plan")} & found


def monitoring(**changes: Any) -> dict[str, Any]:
    return {
        "id": "m-1",
        "client": {"number": "c-1", "system": "urn:c"},
        "agency": {"number": "a-1", "name": "Riverside Recovery"},
        "period_start": "2026-10-01",
        "period_end": "2026-10-31",
        "sessions_offered": 4,
        "sessions_attended": 4,
        **changes,
    }
