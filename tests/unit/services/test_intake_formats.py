"""Handing in CSV and XML: the kind's map says the media type, each document is mapped, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import SAMPLES, World, make_world

from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.errors import MalformedInput, UnsupportedMediaType
from fhirbridge.services import intake
from fhirbridge.services.explain import explain
from fhirbridge.services.intake import Submission

CSV, XML = "text/csv", "application/xml"
LIST = (SAMPLES / "harlan-jail.csv").read_bytes()
NOTICE = (SAMPLES / "state-parole.xml").read_bytes()


def sender(id_: str, map_: str) -> Partner:
    return Partner(
        id=id_,
        name=id_.title(),
        kind=PartnerKind.PRISON,
        organisation=id_.upper(),
        jurisdiction="US",
        scopes=("intake/transition.c",),
        sources={"transition": map_},
    )


@pytest.fixture
def world() -> World:
    world = make_world()
    own = {each.id: each for each in (sender("harlan", "harlan-jail"), sender("parole", "state-parole"))}
    return replace(world, bridge=replace(world.bridge, partners={**world.bridge.partners, **own}))


def hand_in(world: World, partner: str, media_type: str, body: bytes, charset: str = "") -> dict[str, Any]:
    who = world.caller(partner)
    message = intake.accept(world.bridge, who, Submission("transition", media_type, body, "k", charset))
    intake.process_next(world.bridge)
    status: dict[str, Any] = intake.status(world.bridge, who, message.id)
    return status


def test_each_line_of_a_csv_file_is_stored(world: World) -> None:
    status = hand_in(world, "harlan", CSV, LIST)
    assert status["state"] == "stored"
    assert {issue["severity"] for issue in status["issues"]} == {"warning"}  # what good practice misses
    assert [record.split("/")[0] for record in status["records"]] == ["person", "transition"] * 3


def test_an_xml_notice_is_stored(world: World) -> None:
    status = hand_in(world, "parole", "text/xml", NOTICE, "utf-8")
    assert (status["state"], len(status["records"])) == ("stored", 2)


@pytest.mark.parametrize(
    ("partner", "media_type", "charset"),
    [
        ("harlan", "application/json", ""),
        ("harlan", XML, ""),
        ("harlan", CSV, "utf-8"),
        ("parole", CSV, ""),
        ("parole", XML, "utf-16"),
        ("northmoor", CSV, ""),
        ("northmoor", "application/json", "utf-16"),
        ("harlan", "", ""),
    ],
)
def test_another_media_type_than_the_maps_is_refused(world: World, partner: str, media_type: str, charset: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        hand_in(world, partner, media_type, LIST, charset)


@pytest.mark.parametrize("charset", ["", "windows-1252", "cp1252"])
def test_the_encoding_of_the_map_may_be_named(world: World, charset: str) -> None:
    assert hand_in(world, "harlan", CSV, LIST, charset)["state"] == "stored"


@pytest.mark.parametrize("body", [b"", b"Booking;Name\n1;2\n", LIST.replace(b"\n", b'\n"', 1), b"\x81"])
def test_a_file_that_cannot_be_read_stays_with_its_sender(world: World, body: bytes) -> None:
    with pytest.raises(MalformedInput):
        hand_in(world, "harlan", CSV, body)


def test_one_bad_line_parks_the_whole_file_and_is_named(world: World) -> None:
    status = hand_in(world, "harlan", CSV, LIST.replace(b";M;TRF;12/14/2026;", b";Q;TRF;14/12/2026;"))
    assert (status["state"], status["records"]) == ("parked", [])
    errors = [issue for issue in status["issues"] if issue["severity"] == "error"]
    found = [(issue["code"], issue["path"], issue["location"], issue["message"]) for issue in errors]
    assert [each[:2] for each in found] == [("FB303", "doc.Sex"), ("FB304", "doc.Release Date")]
    assert all("line 3" in each[2] + each[3] for each in found)
    assert "Achterberg" not in repr(status["issues"])


def test_a_file_without_lines_is_parked(world: World) -> None:
    status = hand_in(world, "harlan", CSV, LIST.splitlines(keepends=True)[0])
    assert (status["state"], [issue["rule"] for issue in status["issues"]]) == ("parked", ["no-record"])


def test_too_many_findings_are_counted_errors_first(world: World) -> None:
    header = LIST.splitlines(keepends=True)[0]
    status = hand_in(world, "harlan", CSV, header + b"B;V;W\r\n" * 1500 + b"B;V;W;;Q\r\n")
    assert (status["state"], len(status["issues"])) == ("parked", 1001)
    assert status["issues"][0]["severity"] == "error"


def test_an_element_is_explained_down_to_the_column_it_came_from(world: World) -> None:
    status = hand_in(world, "harlan", CSV, LIST)
    day = next(name for name in status["resources"] if name.startswith("Encounter/"))
    told = explain(world.bridge, "Encounter", day.removeprefix("Encounter/"), "period.start")
    assert told.steps[-1].source == "doc.Release Date"
