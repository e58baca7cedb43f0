"""One resource as an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fhirbridge.formats import fhir_json
from fhirbridge.services import disclose
from fhirbridge.services.disclose import Shown


@dataclass(frozen=True, slots=True)
class Answer:
    """One resource as this caller may see it.

    `body` is FHIR JSON; `consent` is "Consent/<id>/_history/<v>" or ""; `notices` are the statements that must go
    with it, one line each. `is_whole`: nothing was redacted, so that the version says what is in it.
    """

    type: str
    id: str
    body: bytes
    version: int
    last_updated: datetime
    consent: str = ""
    notices: tuple[str, ...] = ()
    created: bool = False
    is_whole: bool = True


def answer(shown: Shown, *, notices: tuple[str, ...] = (), created: bool = False) -> Answer:
    """Return what is shown as an answer."""
    row = shown.row
    if row.last_updated is None:
        raise ValueError("a resource that comes from the store has a moment")
    return Answer(
        type=row.type,
        id=row.id,
        body=fhir_json.format(shown.resource),
        version=row.version,
        last_updated=row.last_updated,
        consent=shown.consent,
        notices=notices,
        created=created,
        is_whole=not disclose.is_redacted(shown.resource),
    )
