"""A partner: an organisation's system that is connected to the bridge, as the site's settings describe it.

Laws of this file: a partner is a value and knows nothing of consent; what it may ask for (purposes, scopes) comes
from its registration here and never from a header or a query.
Source: docs/adr/0006-consent-table.md (evaluation order, step 1 and 2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PartnerKind(StrEnum):
    """What kind of organisation stands behind a partner; the consent table decides by it."""

    AGENCY = "agency"
    HOSPITAL = "hospital"
    PRISON = "prison"
    PRISON_HEALTH = "prison-health"
    PROBATION = "probation"
    COURT = "court"
    SERVICE = "service"
    """An aftercare agency that is not a covered entity: housing, peer support, faith, jobs."""
    POLICE = "police"
    AUDITOR = "auditor"
    PROCESSOR = "processor"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a partner wants one kind of record sent, and through which map."""

    kind: str
    map: str
    url: str


@dataclass(frozen=True, slots=True)
class Partner:
    """One registered system.

    `organisation` is the number by which consents name the organisation; `purposes` are the purposes of use it may
    have, the first is the default; `jwks` is its public key set (RFC 7517); `sources` says which source map reads
    which record kind it hands in; `notice` is the form of the redisclosure statement, "long" or "short";
    `claims` are the guides whose profiles resources claim to it, None for those that are claimed to everybody.
    """

    id: str
    name: str
    kind: PartnerKind
    organisation: str
    jurisdiction: str
    purposes: tuple[str, ...] = ()
    jwks: dict[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    identifier_systems: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    notice: str = "long"
    claims: tuple[str, ...] | None = None

    @property
    def purpose(self) -> str:
        """The purpose of use when a request names none; "" when the partner has none, which denies."""
        return self.purposes[0] if self.purposes else ""
