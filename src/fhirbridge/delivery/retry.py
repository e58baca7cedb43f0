"""When to try again: full-jitter backoff with a cap and an end. Reads no clock and draws no random number itself.

Before jitter, base_s=2, cap_s=60 and max_attempts=8 give waits of at most 2, 4, 8, 16, 32, 60, 60 seconds, then None.
The wait itself is a random part of that, so that a thousand deliveries to one system that was away do not come back
at the same moment.
Source: docs/adr/0007-retry.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_DOUBLINGS = 62


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """base_s and cap_s in seconds: the first and the longest wait; max_attempts counts the first try too."""

    base_s: float = 2.0
    cap_s: float = 3600.0
    max_attempts: int = 12

    def __post_init__(self) -> None:
        if not (0 < self.base_s <= self.cap_s and self.max_attempts >= 1):
            raise ValueError("a retry policy needs 0 < base_s <= cap_s and at least one attempt")


def longest_wait_s(attempts: int, policy: RetryPolicy) -> float:
    """Return the longest wait, in seconds, after this many tries; it never shrinks as tries grow.

    >>> [longest_wait_s(n, RetryPolicy(base_s=2, cap_s=60)) for n in (1, 2, 3, 6, 7)]
    [2.0, 4.0, 8.0, 60.0, 60.0]
    """
    return float(min(policy.cap_s, policy.base_s * 2 ** min(attempts - 1, MAX_DOUBLINGS)))


def next_due(
    attempts: int,
    policy: RetryPolicy,
    now: datetime,
    jitter: Callable[[], float],
    *,
    not_before_s: float = 0.0,
) -> datetime | None:
    """Return when to try again, or None when the delivery is dead.

    Args:
        attempts: tries made so far; 1 after the first failure.
        now: aware UTC instant.
        jitter: returns a number in [0, 1), such as `random.random`; called at most once.
        not_before_s: seconds the recipient asked us to wait (Retry-After); the wait is never shorter.
    Raises:
        ValueError: attempts is below 1.
    Source: docs/adr/0007-retry.md
    """
    if attempts < 1:
        raise ValueError("attempts counts the tries made so far and is at least 1")
    if attempts >= policy.max_attempts:
        return None
    wait_s = max(jitter() * longest_wait_s(attempts, policy), not_before_s)
    return now + timedelta(seconds=wait_s)
