"""One resource as an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fhirbridge.formats import fhir_json
from fhirbridge.services.disclose import Shown


@dataclass(frozen=True, slots=True)
class Answer:
    """One resource as this caller may see it.

    `body` is FHIR JSON; `consent` is "Consent/<id>/_history/<v>" or ""; `notices` are the statements that must go
    with it, one line each.
    """

    type: str
    id: str
    body: bytes
    version: int
    last_updated: datetime
    consent: str = ""
    notices: tuple[str, ...] = ()
    created: bool = False


def answer(shown: Shown, *, notices: tuple[str, ...] = (), created: bool = False) -> Answer:
    """Return what is shown as an answer."""
    row = shown.row
    if row.last_updated is None:
        raise ValueError("a resource that comes from the store has a moment")
    body = fhir_json.format(shown.resource)
    return Answer(row.type, row.id, body, row.version, row.last_updated, shown.consent, notices, created)
