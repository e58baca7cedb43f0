"""When a consent is good for a request: each check, and each boundary to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.unit.consent.builders import NOW, make_consent, make_request

from fhirbridge.consent.table import Basis
from fhirbridge.consent.validity import CHECKS, basis_of, flaws, has_begun, is_withdrawn

SECOND = timedelta(seconds=1)
MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
FAR_EAST = timezone(timedelta(hours=14))


@pytest.mark.parametrize("type_", ["tpo", "specific", "justice"])
def test_a_sound_consent_has_no_flaws(type_: str) -> None:
    assert flaws(make_consent(type_), make_request()) == ()


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        ("draft", {"status": "draft"}),
        ("entered-in-error", {"status": "entered-in-error"}),
        ("withdrawn", {"status": "withdrawn"}),
        ("withdrawn", {"withdrawn": "2026-11-22T09:30:00Z"}),
        ("withdrawn", {"withdrawn": "2026-11-22"}),
        ("withdrawn", {"withdrawn": "2026-11"}),
        ("withdrawn", {"withdrawn": "2026"}),
        ("expired", {"expiry": {"on": "2026-11-21"}}),
        ("expired", {"expiry": {"on": "2026-10"}}),
        ("expired", {"expiry": {"on": "2025", "event": "the end of the order"}}),
        ("event-happened", {"expiry": {"event": "the end of the order", "event_happened": "2026-11-22"}}),
        ("event-happened", {"expiry": {"on": "2030", "event_happened": "2026-11"}}),
        ("not-yet-signed", {"signed": "2026-11-22T09:30:01Z"}),
        ("not-yet-signed", {"signed": "2026-11-23"}),
        ("not-yet-signed", {"signed": "2026-11"}),
        ("not-yet-begun", {"starts": "2026-11-23"}),
        ("not-yet-begun", {"starts": "2026-11"}),
        ("no-right-to-revoke", {"states_right_to_revoke": False}),
        ("other-discloser", {"discloser": {"number": "A-2", "name": "Riverside"}}),
        ("recipient-not-named", {"recipients": [{"number": "H-2", "name": "Mercy"}]}),
        ("purpose-not-listed", {"purposes": ["COC"]}),
    ],
)
def test_each_flaw_is_found_and_named(flaw: str, changes: dict[str, Any]) -> None:
    assert flaws(make_consent("tpo", **changes), make_request()) == (flaw,)


def test_every_check_is_met_above() -> None:
    assert set(CHECKS) == {
        "draft", "entered-in-error", "withdrawn", "expired", "event-happened", "not-yet-signed", "not-yet-begun",
        "no-right-to-revoke", "other-discloser", "recipient-not-named", "purpose-not-listed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (MIDNIGHT - SECOND, ()),
        (MIDNIGHT - timedelta(microseconds=1), ()),
        (MIDNIGHT, ("expired",)),
        (MIDNIGHT + SECOND, ("expired",)),
        (datetime(2026, 12, 1, 13, 59, 59, tzinfo=FAR_EAST), ()),
        (datetime(2026, 12, 1, 14, 0, 0, tzinfo=FAR_EAST), ("expired",)),
    ],
)
@pytest.mark.parametrize("on", ["2026-11-30", "2026-11"])
def test_a_consent_holds_through_the_last_second_of_its_day_in_utc(
    at: datetime, found: tuple[str, ...], on: str
) -> None:
    assert flaws(make_consent("tpo", expiry={"on": on}), make_request(at=at)) == found


@pytest.mark.parametrize(("at", "found"), [(MIDNIGHT - SECOND, ()), (MIDNIGHT, ("event-happened",))])
def test_an_event_ends_a_consent_from_the_first_second_of_its_day(at: datetime, found: tuple[str, ...]) -> None:
    consent = make_consent("justice", expiry={"event": "the end of the order", "event_happened": "2026-12-01"})
    assert flaws(consent, make_request(at=at)) == found


@pytest.mark.parametrize(("at", "holds"), [(MIDNIGHT - SECOND, False), (MIDNIGHT, True), (MIDNIGHT + SECOND, True)])
@pytest.mark.parametrize("text", ["2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T05:45:00+05:45"])
def test_a_moment_has_begun_to_the_second(at: datetime, holds: bool, text: str) -> None:
    assert has_begun(text, at) is holds


def test_the_last_sunday_of_october_has_no_hour_twice() -> None:
    first_half_past_one, second = "2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+00:00"
    at = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert has_begun(first_half_past_one, at)
    assert not has_begun(second, at)


def test_a_leap_second_is_read() -> None:
    assert has_begun("2016-12-31T23:59:60Z", NOW)


@pytest.mark.parametrize("number", ["h-1", "H-1 ", " H-1", "H\u20111", "H-01", "\uff28-1", "Mercy", "H-1,H-2"])
def test_an_organisation_is_recognised_letter_for_letter(number: str) -> None:
    assert flaws(make_consent(), make_request(organisation=number)) == ("recipient-not-named",)


def test_an_organisation_without_a_number_is_named_by_no_consent() -> None:
    assert flaws(make_consent(), make_request(organisation="")) == ("recipient-not-named",)


@pytest.mark.parametrize("type_", ["tpo", "specific"])
def test_a_treatment_consent_withdrawn_for_later_holds_until_then(type_: str) -> None:
    consent = make_consent(type_, withdrawn="2026-11-22T09:30:01Z")
    assert flaws(consent, make_request()) == ()
    assert flaws(consent, make_request(at=NOW + SECOND)) == ("withdrawn",)


def test_a_justice_consent_withdrawn_before_its_event_is_valid_on_another_basis() -> None:
    consent = make_consent("justice", status="withdrawn", withdrawn="2026-11-01")
    assert is_withdrawn(consent, NOW)
    assert flaws(consent, make_request()) == ()
    assert basis_of(consent, NOW) is Basis.JUSTICE_WITHDRAWN


def test_a_consent_is_the_basis_its_type_says() -> None:
    assert [basis_of(make_consent(type_), NOW).value for type_ in ("tpo", "specific", "justice")] == [
        "tpo", "specific", "justice",
    ]  # fmt: skip
    assert basis_of(make_consent("tpo", status="withdrawn"), NOW) is Basis.TPO
