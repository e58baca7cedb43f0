"""Client assertions: who may come in, and that every refusal looks the same.

Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from fhirbridge.auth.assertions import MAX_ASSERTION_CHARS, MESSAGE, key_problems, verify_assertion
from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.errors import Unauthenticated

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
AUDIENCE = "https://bridge.example.org/auth/token"


def make_rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


RSA = make_rsa("rsa-1")
EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
OTHER = make_rsa("rsa-1")
SHORT_MODULUS = base64.urlsafe_b64encode(b"\xff" * 128).rstrip(b"=").decode()
SMALL_EC = ECKey.generate_key("P-256", {"kid": "p256"})


def make_partner(id_: str, *keys: Key) -> Partner:
    return Partner(
        id=id_,
        name="A hospital",
        kind=PartnerKind.HOSPITAL,
        organisation="H-1",
        jurisdiction="US",
        jwks={"keys": [key.as_dict(private=False) for key in keys]},
    )


PARTNERS = {"mercy": make_partner("mercy", RSA, EC), "lakeside": make_partner("lakeside", OTHER)}


def make_assertion(key: Any = RSA, header: dict[str, Any] | None = None, **claims: Any) -> str:
    good = {"iss": "mercy", "sub": "mercy", "aud": AUDIENCE, "exp": NOW_S + 300, "jti": "one", "iat": NOW_S}
    merged = {name: value for name, value in {**good, **claims}.items() if value is not None}
    alg = "ES384" if isinstance(key, ECKey) else "RS384"
    full = {"alg": alg, "kid": key.kid, "typ": "JWT", **(header or {})}
    registry = jws.JWSRegistry(algorithms=[full["alg"]], strict_check_header=False)
    return jws.serialize_compact(full, json.dumps(merged), key, registry=registry)


def verify(assertion: str) -> str:
    return verify_assertion(assertion, partners=PARTNERS, audience=AUDIENCE, now=NOW).partner.id


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Expect the one outward refusal, with the inward note that names the rule."""
    with pytest.raises(Unauthenticated) as caught:
        yield
    assert caught.value.message == MESSAGE
    assert [issue.message for issue in caught.value.issues] == [MESSAGE]
    assert caught.value.__notes__ == [f"rule: {rule}"]
    assert caught.value.__cause__ is None


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS384", "ES384"])
def test_a_registered_key_opens_the_door(key: Key) -> None:
    found = verify_assertion(make_assertion(key), partners=PARTNERS, audience=AUDIENCE, now=NOW)
    assert (found.partner.id, found.jti, found.expires_at) == ("mercy", "one", NOW + timedelta(seconds=300))


def test_an_audience_list_that_holds_ours_is_taken() -> None:
    assert verify(make_assertion(aud=["https://other.example.org", AUDIENCE])) == "mercy"


def test_a_header_without_typ_is_taken() -> None:
    token = make_assertion()
    header = {"alg": "RS384", "kid": "rsa-1"}
    claims = token.split(".")[1]
    signed = jws.serialize_compact(header, base64.urlsafe_b64decode(claims + "=="), RSA, algorithms=["RS384"])
    assert verify(signed) == "mercy"


@pytest.mark.parametrize(
    ("rule", "claims"),
    [
        ("assertion-expired", {"exp": NOW_S}),
        ("assertion-expired", {"exp": NOW_S - 1}),
        ("assertion-lifetime", {"exp": NOW_S + 331}),
        ("assertion-lifetime", {"exp": 10**300}),
        ("assertion-not-yet", {"nbf": NOW_S + 31}),
        ("assertion-issued", {"iat": NOW_S + 31}),
        ("assertion-issued", {"iat": NOW_S + 20, "exp": NOW_S + 10}),
        ("assertion-audience", {"aud": "https://elsewhere.example.org/token"}),
        ("assertion-audience", {"aud": AUDIENCE + "/"}),
        ("assertion-audience", {"aud": []}),
        ("assertion-client", {"iss": "nobody", "sub": "nobody"}),
        ("assertion-client", {"iss": "Mercy", "sub": "Mercy"}),
        ("assertion-subject", {"sub": "lakeside"}),
        ("assertion-form", {"jti": None}),
        ("assertion-form", {"jti": ""}),
        ("assertion-form", {"jti": "x" * 256}),
        ("assertion-form", {"jti": 7}),
        ("assertion-form", {"exp": None}),
        ("assertion-form", {"exp": "soon"}),
        ("assertion-form", {"exp": float("nan")}),
        ("assertion-form", {"exp": float("inf")}),
        ("assertion-form", {"exp": True}),
        ("assertion-form", {"aud": None}),
        ("assertion-form", {"iss": None}),
        ("assertion-form", {"sub": None}),
    ],
)
def test_claims_that_do_not_hold_are_refused(rule: str, claims: dict[str, Any]) -> None:
    payload = {name: value for name, value in claims.items() if value is not None}
    missing = [name for name, value in claims.items() if value is None]
    token = make_assertion(**payload, **dict.fromkeys(missing))
    with refused(rule):
        verify(token)


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    assert verify(make_assertion(iat=NOW_S + 20, nbf=NOW_S + 20, exp=NOW_S + 320)) == "mercy"


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example.org/jwks.json"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "https://evil.example.org/cert"},
        {"typ": "at+jwt"},
        {"kid": ""},
        {"kid": "k" * 256},
        {"kid": 1},
    ],
    ids=["jku", "jwk", "x5u", "typ", "empty kid", "long kid", "number kid"],
)
def test_a_header_that_holds_more_or_less_than_it_may_is_refused(header: dict[str, Any]) -> None:
    with refused("assertion-form"):
        verify(_raw({"alg": "RS384", "kid": "rsa-1", **header}))


def _raw(header: dict[str, Any], claims: dict[str, Any] | None = None) -> str:
    payload = claims or {"iss": "mercy", "sub": "mercy", "aud": AUDIENCE, "exp": NOW_S + 60, "jti": "one"}
    return f"{segment(header)}.{segment(payload)}.AAAA"


@pytest.mark.parametrize(
    "kid",
    ["../../../etc/passwd", "' OR 1=1 --", "ec-1; DROP TABLE tokens", "rsa-1\x00", "unknown", "RSA-1", "https://x/y"],
)
def test_a_kid_is_only_ever_compared(kid: str) -> None:
    with refused("assertion-key"):
        verify(make_assertion(header={"kid": kid}))


def test_a_header_without_kid_is_refused() -> None:
    with refused("assertion-form"):
        verify(_raw({"alg": "RS384"}))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "HS384", "RS256", "PS384", "ES256", "ES512"])
def test_no_other_algorithm_is_taken(alg: str) -> None:
    with refused("assertion-form"):
        verify(_raw({"alg": alg, "kid": "rsa-1"}))


def test_the_public_key_is_no_shared_secret() -> None:
    unsigned = _raw({"alg": "HS384", "kid": "rsa-1"}).removesuffix(".AAAA")
    mac = hmac.digest(RSA.as_pem(private=False), unsigned.encode(), "sha384")
    with refused("assertion-form"):
        verify(f"{unsigned}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def test_an_algorithm_of_the_other_key_type_finds_no_key() -> None:
    with refused("assertion-key"):
        verify(_raw({"alg": "RS384", "kid": "ec-1"}))


def test_another_clients_key_does_not_sign_for_this_one() -> None:
    with refused("assertion-signature"):
        verify(make_assertion(OTHER))


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = make_assertion().split(".")
    payload = segment({"iss": "mercy", "sub": "mercy", "aud": AUDIENCE, "exp": NOW_S + 299, "jti": "two"})
    with refused("assertion-signature"):
        verify(f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "ø.ø.ø", "{}", "e30.e30.e30", "\ud800.a.b"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated, match="The client is not authenticated"):
        verify(text)


def test_a_deeply_nested_header_is_refused_and_not_a_fault() -> None:
    nested = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 5000).decode()
    with pytest.raises(Unauthenticated):
        verify(f"{nested}.{segment({})}.AAAA")


def test_a_megabyte_is_refused_unread() -> None:
    with refused("assertion-too-long"):
        verify("e" * 1_000_000)
    assert len(make_assertion()) < MAX_ASSERTION_CHARS


def test_a_weak_registered_key_is_not_used() -> None:
    weak = {"weak": make_partner("weak", SMALL_EC)}
    token = _raw({"alg": "ES384", "kid": "p256"}, {"iss": "weak", "sub": "weak", "aud": "", "exp": 1, "jti": "1"})
    with refused("assertion-key"):
        verify_assertion(token, partners=weak, audience=AUDIENCE, now=NOW)


def test_a_usable_key_set_has_no_problems() -> None:
    assert key_problems(PARTNERS["mercy"].jwks) == ()


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ([], "the key set holds no keys"),
        ("rsa", "the key set holds no keys"),
        (["rsa"], "keys[0]: needs a kid"),
        ([{"kty": "RSA"}], "keys[0]: needs a kid"),
        ([{"kty": "oct", "kid": "a", "k": "AAAA"}], "keys[0]: must be an RSA or EC key for signatures"),
        ([{**RSA.as_dict(private=False), "use": "enc"}], "keys[0]: must be an RSA or EC key for signatures"),
        ([{"kty": "RSA", "kid": "a"}], "keys[0]: is shorter than 2048 bits"),
        ([{"kty": "RSA", "kid": "a", "n": "é" * 400, "e": "AQAB"}], "keys[0]: cannot be read"),
        ([{"kty": "EC", "kid": "a", "crv": "P-384", "x": "AA", "y": "AA"}], "keys[0]: cannot be read"),
        ([RSA.as_dict(private=True)], "keys[0]: is a private key; register the public one"),
        ([{**RSA.as_dict(private=False), "n": SHORT_MODULUS}], "keys[0]: is shorter than 2048 bits"),
        ([SMALL_EC.as_dict(private=False)], "keys[0]: must be on the curve P-384"),
        ([RSA.as_dict(private=False), OTHER.as_dict(private=False)], "two keys have the same kid"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(keys: object, problem: str) -> None:
    assert key_problems({"keys": keys}) == (problem,)


def test_a_jti_that_no_store_keeps_is_refused() -> None:
    with refused("assertion-form"):
        verify(make_assertion(jti="one\x00"))
