"""May this recipient have anything of this person now, and which data classes: the decision, and why.

The order is that of the table: the hard stops first, then the rows. Each valid consent adds what it lists and its row
permits, so that taking a consent away never adds anything. Nothing is permitted that no row permits; what a row denies
stays denied whatever the consent lists. The caller sends exactly what is permitted, meets every obligation or sends
nothing, and decides anew at each sending: a decision is good for the moment in its request.
Source: docs/adr/0006-consent-table.md
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import NamedTuple

from fhirbridge.consent.decision import Decision
from fhirbridge.consent.table import HARD_STOPS, POLICY_VERSION, ROWS, Basis, Names, PersonState, Row
from fhirbridge.consent.validity import ConsentVersion, Recipient, Request, basis_of, flaws
from fhirbridge.consent.why import denial_reason, smallest_change

__all__ = ["ConsentVersion", "Decision", "PersonState", "Recipient", "Request", "decide"]


class _Grant(NamedTuple):
    row: Row
    consent: ConsentVersion | None
    classes: Names


def decide(request: Request, consents: Sequence[ConsentVersion]) -> Decision:
    """Return what may leave.

    Args:
        consents: the person's consents; of several versions of one consent only the newest counts.
    Raises:
        ValueError: `request.at` has no zone.
    """
    if request.at.tzinfo is None:
        raise ValueError("a decision needs an aware moment")
    known = _newest(consents)
    stop = next((row for row in HARD_STOPS if _is_about(row, request)), None)
    rows = [stop] if stop else [row for row in ROWS if _is_about(row, request)]
    grants = [grant for row in rows if row.permits for grant in _grants(row, known, request)]
    return _permission(request, known, grants) if grants else _denial(request, known, rows)


def _newest(consents: Iterable[ConsentVersion]) -> list[ConsentVersion]:
    """Return the newest version of each consent, by id."""
    newest: dict[str, ConsentVersion] = {}
    for consent in consents:
        if consent.id not in newest or consent.version > newest[consent.id].version:
            newest[consent.id] = consent
    return [newest[id_] for id_ in sorted(newest)]


def _is_about(row: Row, request: Request) -> bool:
    is_known_word = request.person_state in {state.value for state in PersonState}
    state = request.person_state if is_known_word else PersonState.UNCERTAIN
    return row.is_about(request.recipient.kind, request.purpose, state)


def _grants(row: Row, consents: Sequence[ConsentVersion], request: Request) -> list[_Grant]:
    """Return what each consent gives under one row; a row that rests on none gives what it permits."""
    if row.basis is Basis.NONE:
        return [_Grant(row, None, row.permitted)]
    valid = (
        consent
        for consent in consents
        if basis_of(consent.record, request.at) == row.basis and not flaws(consent.record, request)
    )
    return [grant for consent in valid if (grant := _grant(row, consent)).classes]


def _grant(row: Row, consent: ConsentVersion) -> _Grant:
    listed = frozenset(consent.record.data_classes) - frozenset(consent.record.kept_back) - row.denied
    return _Grant(row, consent, listed & row.permitted)


def _permission(request: Request, known: Sequence[ConsentVersion], grants: Sequence[_Grant]) -> Decision:
    first = grants[0]
    relied_on = dict.fromkeys((grant.consent.id, grant.consent.version) for grant in grants if grant.consent)
    id_, version = next(iter(relied_on), ("", 0))
    return Decision(
        permit=True,
        row=first.row.number,
        reason_code="permitted",
        inputs_hash=_inputs_hash(request, known),
        consent_id=id_,
        consent_version=version,
        permitted=(first.row.permitted & {"D0"}).union(*(grant.classes for grant in grants)),
        obligations=tuple(dict.fromkeys(code for grant in grants for code in grant.row.obligations)),
        purpose=request.purpose,
        until=_until(first.consent),
        consents=tuple(relied_on),
    )


def _denial(request: Request, known: Sequence[ConsentVersion], rows: Sequence[Row]) -> Decision:
    row = next((row for row in rows if not row.permits), None)
    reason = denial_reason(request, known, rows)
    return Decision(
        permit=False,
        row=row.number if row else 0,
        reason_code=reason,
        inputs_hash=_inputs_hash(request, known),
        obligations=row.obligations if row else (),
        smallest_change=smallest_change(reason, request, rows),
        purpose=request.purpose,
    )


def _until(consent: ConsentVersion | None) -> str:
    if consent is None:
        return ""
    return consent.record.expiry.on or "event"


def _inputs_hash(request: Request, known: Sequence[ConsentVersion]) -> str:
    """Return a hash of all that the decision was made from, the table included; the same inputs give the same hash."""
    inputs = [
        POLICY_VERSION,
        [request.recipient.id, request.recipient.organisation, request.recipient.kind, request.recipient.jurisdiction],
        [request.purpose, request.person_state, request.discloser, request.at.astimezone(UTC).isoformat()],
        [[consent.id, consent.version] for consent in known],
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
