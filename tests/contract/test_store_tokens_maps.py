"""Assertions that may be used once, tokens that expire, and the texts of maps that were used."""

from __future__ import annotations

from datetime import timedelta

from tests.support.clock import FixedClock
from tests.support.store_rows import make_token

from fhirbridge.store.base import Store


def remember(store: Store, clock: FixedClock, *, jti: str = "j1", issuer: str = "riverside") -> bool:
    with store.transaction() as tx:
        return tx.remember_assertion(issuer, jti, clock() + timedelta(seconds=60))


def test_assertion_is_new_once(store: Store, clock: FixedClock) -> None:
    assert [remember(store, clock), remember(store, clock)] == [True, False]


def test_same_jti_of_another_issuer_is_another_assertion(store: Store, clock: FixedClock) -> None:
    assert remember(store, clock)
    assert remember(store, clock, issuer="hillside")
    assert remember(store, clock, jti="j2")


def test_assertion_is_forgotten_when_it_has_expired(store: Store, clock: FixedClock) -> None:
    remember(store, clock)
    clock.advance(59)
    assert not remember(store, clock)
    clock.advance(1)
    assert remember(store, clock)


def test_many_expired_assertions_do_not_matter(store: Store, clock: FixedClock) -> None:
    with store.transaction() as tx:
        for number in range(250):
            tx.remember_assertion("riverside", f"j{number}", clock())
    clock.advance(1)
    assert remember(store, clock, jti="j249")
    assert not remember(store, clock, jti="j249")


def test_token_comes_back_until_it_expires(store: Store, clock: FixedClock) -> None:
    token = make_token(expires_at=clock() + timedelta(seconds=300))
    with store.transaction() as tx:
        tx.put_token(token)
    clock.advance(299)
    with store.snapshot() as tx:
        assert tx.find_token(token.token_hash) == token
        assert tx.find_token("b" * 64) is None
    clock.advance(1)
    with store.snapshot() as tx:
        assert tx.find_token(token.token_hash) is None


def test_token_takes_the_place_of_the_one_with_its_hash(store: Store, clock: FixedClock) -> None:
    expires_at = clock() + timedelta(seconds=300)
    with store.transaction() as tx:
        tx.put_token(make_token(expires_at=expires_at))
        tx.put_token(make_token(expires_at=expires_at, scopes=()))
        found = tx.find_token("a" * 64)
    assert found == make_token(expires_at=expires_at, scopes=())


def test_putting_a_token_leaves_live_ones_alone(store: Store, clock: FixedClock) -> None:
    expires_at = clock() + timedelta(seconds=300)
    with store.transaction() as tx:
        tx.put_token(make_token(token_hash="live", expires_at=expires_at))
        tx.put_token(make_token(token_hash="old", expires_at=clock()))
        tx.put_token(make_token(token_hash="new", expires_at=expires_at))
        found = [tx.find_token(name) is not None for name in ("live", "old", "new")]
    assert found == [True, False, True]


def test_text_of_a_map_is_found_by_its_hash(store: Store) -> None:
    with store.transaction() as tx:
        tx.put_map_version("plan", "1.0.0", "hash-1", "map: plan\n")
        tx.put_map_version("plan", "1.0.1", "hash-2", "map: plan # 1\n")
        tx.put_map_version("plan", "1.0.0", "hash-1", "another text")
    with store.snapshot() as tx:
        assert [tx.find_map_version(name) for name in ("hash-1", "hash-2", "hash-3")] == [
            "map: plan\n",
            "map: plan # 1\n",
            None,
        ]
