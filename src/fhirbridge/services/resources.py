"""Single FHIR resources: read, version read, create and update. What leaves goes through disclose."""

from __future__ import annotations

import re
from typing import Any

from fhirbridge.errors import NotFound
from fhirbridge.services import disclose, referrals
from fhirbridge.services.answer import Answer, answer
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.services.interactions import guard
from fhirbridge.store.base import ResourceRow, Transaction

__all__ = ["Answer", "create", "read", "update", "vread"]

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
MAX_VERSION = 2**31 - 1


def read(bridge: Bridge, caller: Caller, type_: str, id_: str) -> Answer:
    """Return the present version of a resource.

    Raises:
        Forbidden: the token does not cover `system/<type>.r`.
        NotFound: unknown, deleted, or not covered by a consent: the same answer.

    Source: http://hl7.org/fhir/R4/http.html#read
    """
    guard(bridge, caller, type_, "read")
    return _read(bridge, caller, f"{type_}/{id_}", None)


def vread(bridge: Bridge, caller: Caller, type_: str, id_: str, version: int) -> Answer:
    """Return one version of a resource; raises as `read`. Consent is judged as of now, not as of then.

    Source: http://hl7.org/fhir/R4/http.html#vread
    """
    guard(bridge, caller, type_, "vread")
    return _read(bridge, caller, f"{type_}/{id_}", version)


def create(bridge: Bridge, caller: Caller, resource: dict[str, Any], *, idempotency_key: str = "") -> Answer:
    """Take a ServiceRequest in: it becomes a referral record and a labelled resource.

    Args:
        idempotency_key: of the Idempotency-Key header, "" when there is none.

    Raises:
        Forbidden: the token does not cover `system/ServiceRequest.c`, or the partner is no hospital.
        InvalidContent: the resource breaks a rule, or its subject is nobody this partner may see (HTTP 422).
        MethodNotAllowed: a type that cannot be created here.

    Source: http://hl7.org/fhir/R4/http.html#create
    """
    guard(bridge, caller, resource["resourceType"], "create")
    return referrals.create(bridge, caller, resource, idempotency_key=idempotency_key)


def update(bridge: Bridge, caller: Caller, id_: str, resource: dict[str, Any], *, if_match: int | None) -> Answer:
    """Replace a ServiceRequest that this partner created.

    Args:
        if_match: version number of the If-Match header, None when there is none.

    Raises:
        MissingHeader: no If-Match.
        VersionConflict: the resource has changed since (HTTP 412).
        NotFound, Forbidden, InvalidContent, MethodNotAllowed: as `read` and `create`.

    Source: http://hl7.org/fhir/R4/http.html#concurrency
    """
    guard(bridge, caller, resource["resourceType"], "update")
    return referrals.update(bridge, caller, id_, resource, if_match=if_match)


def _read(bridge: Bridge, caller: Caller, address: str, version: int | None) -> Answer:
    """Return one resource. What is asked for may not exist: only what exists may stand in the ledger by its address."""
    type_, _, id_ = address.partition("/")
    with bridge.store.transaction() as tx:
        row = find_version(tx, type_, id_, version)
        if row and row.person_id is None:
            return answer(disclose.show_directory(row))
        ask = disclose.Ask(caller.partner, caller.partner.purpose, "read", address if row else type_)
        view, shown = disclose.disclose(bridge, tx, ask, row)
    if shown is None:
        raise NotFound
    return answer(shown, notices=disclose.notices_of(ask, [view]))


def find_version(tx: Transaction, type_: str, id_: str, version: int | None = None) -> ResourceRow | None:
    """Return a version that is there to be read, the present one for None; a resource that is deleted has none."""
    if not ID.fullmatch(id_):
        return None
    present = tx.find_resource(type_, id_)
    if present is None or present.deleted:
        return None
    if version is None:
        return present
    return tx.find_resource_version(type_, id_, version) if 0 < version <= MAX_VERSION else None
