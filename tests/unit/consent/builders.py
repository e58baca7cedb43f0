"""Consents and requests for the tests of this folder: valid unless a test says what is wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fhirbridge.consent.decide import ConsentVersion, Recipient, Request
from fhirbridge.records.consent import Consent

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
AGENCY, HOSPITAL = "A-1", "H-1"
PURPOSES = ["TREAT", "COC", "HPAYMT", "HOPERAT", "CJMON", "PATRQT"]
CLASSES = ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"]


def make_consent(type_: str = "tpo", **changes: Any) -> Consent:
    """Return a consent by which agency A-1 may tell H-1 everything for every purpose."""
    tree = {
        "id": "c-1",
        "client": {"number": "77", "system": "urn:example:client"},
        "type": type_,
        "status": "active",
        "discloser": {"number": AGENCY, "name": "Riverside"},
        "recipients": [{"number": "H-0", "name": "Lakeside"}, {"number": HOSPITAL, "name": "Mercy"}],
        "purposes": PURPOSES,
        "data_classes": CLASSES,
        "description": "my plan and my attendance",
        "signed": "2026-03-01",
        "signed_by": "Sam Example",
        "expiry": {"event": "the end of the order"},
        "states_right_to_revoke": True,
    }
    return Consent.model_validate({**tree, **changes})


def make_version(type_: str = "tpo", *, id_: str = "c-1", version: int = 1, **changes: Any) -> ConsentVersion:
    """Return the same as one version in the store."""
    return ConsentVersion(id_, version, make_consent(type_, **changes))


def make_request(kind: str = "hospital", purpose: str = "TREAT", **changes: Any) -> Request:
    """Return a request by which A-1 would tell H-1 of a person who is known with certainty."""
    recipient = Recipient("mercy", changes.pop("organisation", HOSPITAL), kind, "US")
    return Request(recipient, purpose, **{"person_state": "known", "discloser": AGENCY, "at": NOW, **changes})
