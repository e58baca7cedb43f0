"""What a sender promises; the HTTP sender and its twin in memory both keep these promises.

Laws of every sender: one call is one attempt and at most one request; a Receipt means that the recipient said yes to
this very delivery; an answer that never came, or that speaks of another delivery, is `Unavailable`, since it is not
known whether the recipient has it: the next attempt carries the same control id, and the recipient sees one delivery.
No message holds a body, a header or an address.
Source: docs/adr/0007-retry.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

CONTROL_ID = "Idempotency-Key"
"""The header that carries the delivery's id, and that a recipient may echo.

Source: draft-ietf-httpapi-idempotency-key-header-07
"""

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Answers below 500 that say "not now" and not "no"."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A yes: the HTTP status, and the control id that the recipient echoed ("" when it echoes none)."""

    status: int
    control_id: str


class Sender(Protocol):
    """Carries one body to one registered address."""

    def send(self, url: str, body: bytes, *, media_type: str, headers: Mapping[str, str], timeout_s: float) -> Receipt:
        """Return the recipient's receipt.

        Args:
            url: a registered address.
            headers: must hold `Idempotency-Key`, the delivery's id.
            timeout_s: seconds to wait for a connection, and again for each piece of the answer.
        Raises:
            Unavailable: not now, or nobody knows: no connection, no answer in time, 408, 425, 429, 5xx, an echo of
                another control id. `retry_after_s` is set where the recipient named a time.
            DeliveryRefused: no: any other status, a redirect included, or an address that is not registered.
            ValueError: no control id.
        """
        ...
