"""When to try again, and when to stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.delivery.retry import RetryPolicy, longest_wait_s, next_due

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
POLICY = RetryPolicy(base_s=2, cap_s=60, max_attempts=8)

policies = st.builds(
    lambda base, more, most: RetryPolicy(base, base + more, most),
    st.floats(0.1, 100),
    st.floats(0, 10_000),
    st.integers(1, 10_000),
)


def full() -> float:
    return 1.0


def test_longest_waits_double_up_to_the_cap() -> None:
    dues = [next_due(n, POLICY, NOW, full) for n in range(1, 8)]
    assert [(due - NOW).total_seconds() for due in dues if due] == [2, 4, 8, 16, 32, 60, 60]


def test_the_last_allowed_try_is_the_end() -> None:
    assert next_due(8, POLICY, NOW, full) is None
    assert next_due(9, POLICY, NOW, full) is None


def test_a_dead_delivery_draws_no_random_number() -> None:
    def never() -> float:
        raise AssertionError("asked for a random number")

    assert next_due(8, POLICY, NOW, never) is None


def test_the_wait_is_a_random_part_of_the_longest() -> None:
    assert next_due(3, POLICY, NOW, lambda: 0.25) == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(("asked_s", "waited_s"), [(0, 1), (0.5, 1), (90, 90)])
def test_the_wait_is_never_shorter_than_the_recipient_asked_for(asked_s: float, waited_s: float) -> None:
    assert next_due(1, POLICY, NOW, lambda: 0.5, not_before_s=asked_s) == NOW + timedelta(seconds=waited_s)


def test_less_than_one_try_is_a_fault() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next_due(0, POLICY, NOW, full)


@pytest.mark.parametrize("changes", [{"base_s": 0}, {"base_s": 90}, {"max_attempts": 0}, {"cap_s": -1}])
def test_a_policy_that_cannot_work_cannot_exist(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="retry policy"):
        RetryPolicy(**{"base_s": 2, "cap_s": 60, "max_attempts": 8, **changes})  # type: ignore[arg-type]


@settings(deadline=None)
@given(policies, st.integers(1, 10_000))
def test_longest_waits_never_shrink_and_never_pass_the_cap(policy: RetryPolicy, attempts: int) -> None:
    assert longest_wait_s(attempts, policy) <= longest_wait_s(attempts + 1, policy) <= policy.cap_s


@settings(deadline=None)
@given(policies, st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_retry_is_due_within_the_longest_wait(policy: RetryPolicy, attempts: int, part: float) -> None:
    due = next_due(attempts, policy, NOW, lambda: part)
    if due is None:
        assert attempts >= policy.max_attempts
    else:
        assert NOW <= due <= NOW + timedelta(seconds=longest_wait_s(attempts, policy) + 1e-5)
