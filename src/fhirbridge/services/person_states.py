"""What is known of a person that bars a machine from telling: merged, deceased, restricted (rows 19 and 18).

Any source may say so, and what one says holds for all: another source that has not heard of it does not take it away.
Of several the one that a human has to settle first is taken.
Source: docs/adr/0006-consent-table.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fhirbridge.consent.table import PersonState
from fhirbridge.formats import record_json
from fhirbridge.records import Person
from fhirbridge.store.base import Transaction

Tree = Mapping[str, Any]

BARS: Mapping[PersonState, Callable[[Tree], bool]] = {
    PersonState.MERGED: lambda person: "replaced_by" in person,
    PersonState.DECEASED: lambda person: bool(person.get("deceased")) or "died" in person,
    PersonState.RESTRICTED: lambda person: bool(person.get("restricted")),
}
"""State -> whether a person record says it, the gravest first."""


def state_of(tx: Transaction, person_id: str) -> PersonState:
    """Return what the person records of all sources say; known for one of whom there is no such record."""
    told = [record_json.parse(row.body) for row in tx.iter_records(person_id, Person.kind)]
    found = (state for state, is_said in BARS.items() if any(is_said(person) for person in told))
    return next(found, PersonState.KNOWN)
