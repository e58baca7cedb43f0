"""What kind of failure an error is, and what it does to a delivery: one table.

Only a transient failure is tried again by itself. The others need somebody: the recipient's IT, the keyworker, the
analyst who owns the map, the person who decides who is who. An error that is not in the table is a fault of ours; it
is not swallowed here.
Source: docs/adr/0007-retry.md
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from fhirbridge.delivery.states import DeliveryEvent
from fhirbridge.errors import (
    BridgeError,
    DeliveryRefused,
    DisclosureDenied,
    IdentityConflict,
    InvalidContent,
    MapError,
    MappingFailed,
    NotFound,
    Unavailable,
)


class Failure(StrEnum):
    """The kinds of failure, by who can mend it."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    CONSENT = "consent"
    MAPPING = "mapping"
    IDENTITY = "identity"


FAILURES: Mapping[type[BridgeError], Failure] = MappingProxyType(
    {
        Unavailable: Failure.TRANSIENT,
        DeliveryRefused: Failure.PERMANENT,
        DisclosureDenied: Failure.CONSENT,
        NotFound: Failure.MAPPING,
        MapError: Failure.MAPPING,
        MappingFailed: Failure.MAPPING,
        InvalidContent: Failure.MAPPING,
        IdentityConflict: Failure.IDENTITY,
    }
)

EVENTS: Mapping[Failure, DeliveryEvent] = MappingProxyType(
    {
        Failure.TRANSIENT: DeliveryEvent.FAIL,
        Failure.PERMANENT: DeliveryEvent.REFUSE,
        Failure.CONSENT: DeliveryEvent.WITHHOLD,
        Failure.MAPPING: DeliveryEvent.REFUSE,
        Failure.IDENTITY: DeliveryEvent.REFUSE,
    }
)
"""What each kind does to a delivery that is being sent. FAIL becomes GIVE_UP when `next_due` says None."""


def find_failure(error: BridgeError) -> Failure | None:
    """Return the kind of failure, or None for an error that deliveries do not know: raise that one again.

    >>> str(find_failure(Unavailable()))
    'transient'
    """
    return next((FAILURES[class_] for class_ in type(error).__mro__ if class_ in FAILURES), None)
