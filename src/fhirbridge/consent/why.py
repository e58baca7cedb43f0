"""Why nothing may leave, and the smallest change that would let it: for authorised staff, never for the caller.

Texts hold organisation numbers, purposes and consent types, no data of a person.
Source: docs/adr/0006-consent-table.md (evaluation order)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fhirbridge.consent.table import PURPOSES, RECIPIENTS, Basis, Row
from fhirbridge.consent.validity import ConsentVersion, Request, basis_of, flaws

A_CONSENT = "A consent of type {types} that names organisation {recipient} for {purpose}"

CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "no-consent": f"{A_CONSENT}, signed by the client.",
        "wrong-type": f"{A_CONSENT}; the one on record is of another type.",
        "nothing-listed": f"{A_CONSENT} and lists a data class that may go to this recipient.",
        "entered-in-error": f"{A_CONSENT}; the one on record was entered in error.",
        "draft": "The consent on record is a draft: it must be signed and made active.",
        "withdrawn": f"{A_CONSENT}, newly signed; the one on record was withdrawn.",
        "expired": f"{A_CONSENT}, newly signed; the one on record has expired.",
        "event-happened": f"{A_CONSENT}, newly signed; the event that ends the one on record has happened.",
        "not-yet-signed": "The consent on record is signed with a later moment; it holds from then on.",
        "not-yet-begun": "The consent on record begins on a later day; it holds from then on.",
        "no-right-to-revoke": "The consent form must state how it can be withdrawn.",
        "other-discloser": f"{A_CONSENT} and names organisation {{discloser}} as the one who may tell.",
        "recipient-not-named": "The consent on record must name the recipient by its number, {recipient}.",
        "purpose-not-listed": "The consent on record must list the purpose {purpose}.",
        "person-not-certain": "A person must settle who the record is about, and what the law says of it.",
        "restricted": "A person must confirm that this disclosure is required by law.",
        "proceedings": "Only a court order or a consent for proceedings, released by a person, permits this.",
        "excluded-recipient": "Only a court order, released by a person, permits this.",
        "not-in-force": "This row of the table is not in force on this bridge; no consent changes that.",
        "unknown-purpose": "The purpose of use is not one of the table.",
        "unknown-recipient": "The kind of recipient is not one of the table.",
        "no-row": "No row of the table lets this kind of recipient have anything for this purpose.",
    }
)
"""What would have to change, by reason code."""


def denial_reason(request: Request, consents: Sequence[ConsentVersion], rows: Sequence[Row]) -> str:
    """Return the reason code of a denial: of the row that denies, or of the consent that came nearest.

    Args:
        rows: the rows that speak of the request; none of them gave anything.
    """
    if not rows:
        return _why_no_row(request)
    bases = {row.basis for row in rows if row.permits}
    if not bases:
        return rows[0].reason
    found = [_shortcomings(consent, request, bases) for consent in consents]
    return min(found, key=len)[0] if found else "no-consent"


def smallest_change(reason: str, request: Request, rows: Sequence[Row]) -> str:
    """Return, in words, the least that would have to be different."""
    types = " or ".join(dict.fromkeys(row.basis.value for row in rows if row.permits))
    return CHANGES[reason].format(
        types=types.replace(f" or {Basis.JUSTICE_WITHDRAWN}", ""),
        recipient=request.recipient.organisation,
        purpose=request.purpose,
        discloser=request.discloser,
    )


def _why_no_row(request: Request) -> str:
    if request.purpose not in PURPOSES:
        return "unknown-purpose"
    return "no-row" if request.recipient.kind in RECIPIENTS else "unknown-recipient"


def _shortcomings(consent: ConsentVersion, request: Request, bases: set[Basis]) -> tuple[str, ...]:
    is_right_type = basis_of(consent.record, request.at) in bases
    found = (*(() if is_right_type else ("wrong-type",)), *flaws(consent.record, request))
    return found or ("nothing-listed",)
