"""Who wants a kind of record, and where."""

from __future__ import annotations

from fhirbridge.auth.partners import Partner, PartnerKind, Route
from fhirbridge.delivery.routes import Destination, find_route, routes_for

REPORT = Route("monitoring", "probation-report", "https://probation.example.org/reports")
PLAN = Route("plan", "house-plan", "https://house.example.org/plans")


def make_partner(id_: str, *routes: Route) -> Partner:
    return Partner(id_, "An office", PartnerKind.PROBATION, "P-1", "UK", routes=routes)


PARTNERS = {p.id: p for p in (make_partner("west", REPORT, PLAN), make_partner("east", REPORT), make_partner("north"))}


def test_every_partner_that_wants_the_kind_is_found_in_order() -> None:
    assert [found.partner for found in routes_for(PARTNERS, "monitoring")] == ["east", "west"]


def test_a_destination_names_partner_map_and_address() -> None:
    assert routes_for(PARTNERS, "plan") == (Destination("west", "house-plan", "https://house.example.org/plans"),)


def test_a_kind_nobody_wants_goes_nowhere() -> None:
    assert routes_for(PARTNERS, "contact") == ()
    assert routes_for({}, "plan") == ()


def test_the_route_of_one_partner_is_found_or_none() -> None:
    assert find_route(PARTNERS, "east", "monitoring") == Destination("east", REPORT.map, REPORT.url)
    assert find_route(PARTNERS, "east", "plan") is None
    assert find_route(PARTNERS, "gone", "plan") is None
