"""Is this consent good for this request at this moment? Each check has a name; all of them must hold.

Days are judged in UTC: the consent record names no zone. A consent that ends on a day holds through the last second of
that day in UTC, and one that ends with a month or a year holds through its last day. An event has happened from the
first second of its day, and a withdrawal counts from then; one in a month or a year counts from its first day. A
consent signed on a day, without a time, is good from the first second of that day; one signed in a month or a year,
from its last day.
Organisations are recognised by their number, letter for letter; a name never matches.

Two kinds of consent end differently. A treatment consent (`tpo`, `specific`) may be withdrawn at any time, at once. A
justice consent stays in force until its stated day or event; a withdrawal before that is on record, and not effective.
Source: 42 CFR 2.31(a) and (c), 2.35; docs/adr/0006-consent-table.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType

from fhirbridge.consent.table import Basis
from fhirbridge.records.consent import Consent
from fhirbridge.times import first_day, last_day, parse_instant


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would receive: `organisation` is the number by which consents name it, `kind` a partner kind."""

    id: str
    organisation: str
    kind: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: may `discloser` (an organisation's number) tell `recipient` of a person, for `purpose`, now.

    `at` is the aware moment of sending; `person_state` is a `table.PersonState`, and any other word denies.
    """

    recipient: Recipient
    purpose: str
    person_state: str
    discloser: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentVersion:
    """One version of a consent, as the store keeps it."""

    id: str
    version: int
    record: Consent


def basis_of(consent: Consent, at: datetime) -> Basis:
    """Return the basis that a consent would be, were it valid."""
    if consent.type == "justice" and is_withdrawn(consent, at):
        return Basis.JUSTICE_WITHDRAWN
    return Basis(consent.type)


def flaws(consent: Consent, request: Request) -> tuple[str, ...]:
    """Return the names of the checks that the consent does not pass for this request; none: it is valid."""
    return tuple(name for name, holds in CHECKS.items() if not holds(consent, request))


def is_withdrawn(consent: Consent, at: datetime) -> bool:
    """Say whether the client has withdrawn it, effective or not."""
    return consent.status == "withdrawn" or (consent.withdrawn is not None and _may_have_begun(consent.withdrawn, at))


def _may_have_begun(text: str, at: datetime) -> bool:
    """Say whether the moment may have come: of a month or a year, whether its first day has."""
    return has_begun(text if "T" in text else first_day(text).isoformat(), at)


def has_begun(text: str, at: datetime) -> bool:
    """Say whether the moment that a FHIR dateTime names has come; of a month or a year, whether its last day has.

    >>> has_begun("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC))
    True
    >>> has_begun("2026-11-22T00:00:01Z", datetime(2026, 11, 22, tzinfo=UTC))
    False
    """
    if "T" not in text:
        return last_day(text) <= _day(at)
    seconds = "59" if text[17:19] == "60" else text[17:19]  # a leap second: datetime has none
    return parse_instant(text[:17] + seconds + text[19:]) <= at


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _names_recipient(consent: Consent, request: Request) -> bool:
    return any(named.number == request.recipient.organisation for named in consent.recipients)


CHECKS: Mapping[str, Callable[[Consent, Request], bool]] = MappingProxyType(
    {
        "entered-in-error": lambda consent, _: consent.status != "entered-in-error",
        "draft": lambda consent, _: consent.status != "draft",
        "withdrawn": lambda consent, request: consent.type == "justice" or not is_withdrawn(consent, request.at),
        "expired": lambda consent, request: (
            consent.expiry.on is None or last_day(consent.expiry.on) >= _day(request.at)
        ),
        "event-happened": lambda consent, request: (
            consent.expiry.event_happened is None or first_day(consent.expiry.event_happened) > _day(request.at)
        ),
        "not-yet-signed": lambda consent, request: has_begun(consent.signed, request.at),
        "not-yet-begun": lambda consent, request: consent.starts is None or has_begun(consent.starts, request.at),
        "no-right-to-revoke": lambda consent, _: consent.states_right_to_revoke,
        "other-discloser": lambda consent, request: consent.discloser.number == request.discloser,
        "recipient-not-named": _names_recipient,
        "purpose-not-listed": lambda consent, request: request.purpose in consent.purposes,
    }
)
"""Each check by the name of the flaw it finds."""
