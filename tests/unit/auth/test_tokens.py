"""Access tokens: opaque, only their hash is kept, nothing else passes for one."""

from __future__ import annotations

import pytest

from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.auth.tokens import LIFETIME_S, find_bearer, hash_token, new_token


def test_a_token_has_256_bits_and_comes_with_its_hash() -> None:
    token, token_hash = new_token()
    assert (len(token), len(token_hash)) == (43, 64)
    assert hash_token(token) == token_hash


def test_two_tokens_differ() -> None:
    assert new_token()[0] != new_token()[0]


def test_another_token_has_another_hash() -> None:
    assert hash_token(new_token()[0]) != new_token()[1]


def test_a_token_lives_five_minutes() -> None:
    assert LIFETIME_S == 300


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_bearer_header_holds_its_token(scheme: str) -> None:
    token, _ = new_token()
    assert find_bearer(f"{scheme} {token}") == token


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer " + "a" * 42,
        "Bearer " + "a" * 44,
        "Bearer " + "a" * 1_000_000,
        "Bearer  " + "a" * 43,
        "Bearer " + "a" * 43 + "\n",
        "Bearer " + "é" * 43,
        "Basic " + "a" * 43,
        "Bearer eyJhbGciOiJSUzM4NCJ9.e30.c2ln",
    ],
)
def test_a_header_of_another_shape_holds_none(header: str | None) -> None:
    assert find_bearer(header) is None


def test_a_partners_first_purpose_is_its_default_and_none_is_none() -> None:
    partner = Partner("mercy", "Mercy", PartnerKind.HOSPITAL, "H-1", "US", ("TREAT", "COC"))
    assert partner.purpose == "TREAT"
    assert Partner("court", "A court", PartnerKind.COURT, "C-1", "UK").purpose == ""
