"""What was decided, as a value. To hold a decision is not to make one: `decide` alone makes them."""

from __future__ import annotations

from dataclasses import dataclass

from fhirbridge.consent.table import Names


@dataclass(frozen=True, slots=True)
class Decision:
    """What may leave, under which row and consent, with what obligations; or that nothing may, and why.

    `row` 0: no row permits it. `consent_id` is the consent that the row rests on, `consents` all that were relied on.
    `until` is the last day of that consent, or "event" when it ends by an event, "" where there is no consent.
    `smallest_change` is for authorised staff: it holds organisation numbers, purposes and classes, no data of a person.
    """

    permit: bool
    row: int
    reason_code: str
    inputs_hash: str
    consent_id: str = ""
    consent_version: int = 0
    permitted: Names = frozenset()
    obligations: tuple[str, ...] = ()
    smallest_change: str = ""
    purpose: str = ""
    until: str = ""
    consents: tuple[tuple[str, int], ...] = ()
