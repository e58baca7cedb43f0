"""The client assertion of SMART Backend Services: a partner proves who it is with a signed, short-lived JWT.

Laws of this file: two algorithms, fixed here and not by the token; the key comes from the partner's registered key set
and from nowhere else (a header that brings or points to a key, `jku` included, is refused); every failure looks the
same from outside, whatever it was. Which check failed is a note on the error (PEP 678), for the audit row only.
Each check states what must hold, so that a value that compares to nothing, like NaN, fails it.
This module keeps nothing: that a `jti` is used once is the store's promise (`remember_assertion`).
Source: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, RFC 7523 section 3,
RFC 6749 section 5.2 (`invalid_client`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import Unauthenticated

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_ASSERTION_CHARS = 8192
MAX_LIFETIME_S = 300
CLOCK_SKEW_S = 30
"""How far a partner's clock may run ahead of ours. An assertion that is over by our clock is over."""

MESSAGE = "The client is not authenticated: the client assertion was not accepted."
"""What every failure says."""

KEY_TYPES = {"RS384": "RSA", "ES384": "EC"}
MIN_RSA_BITS = 2048
MIN_MODULUS_CHARS = 342
"""So long is 2048 bits in base64url; looked at before the key is read, since the library only warns of a short one."""

_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Kept = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]*$")]
"""What goes into the store, where not every database keeps control characters."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a header may hold. A `jku`, `jwk`, `x5u`, `crit` … is an unknown field, and so refused."""

    alg: Literal["RS384", "ES384"]
    kid: _Short
    typ: Literal["JWT"] = "JWT"


class _Claims(msgspec.Struct, frozen=True):
    iss: _Short
    sub: _Short
    aud: str | list[str]
    exp: int | float
    jti: _Kept
    iat: int | float | None = None
    nbf: int | float | None = None


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """A partner that proved who it is; `jti` may be used once until `expires_at`."""

    partner: Partner
    jti: str
    expires_at: datetime


def verify_assertion(
    assertion: str, *, partners: Mapping[str, Partner], audience: str, now: datetime
) -> VerifiedAssertion:
    """Return who signed the assertion, after all checks but that of replay.

    Args:
        assertion: the `client_assertion` parameter, as sent; of any length.
        partners: all registered partners by their client id.
        audience: the URL of our token endpoint.
        now: aware UTC instant.
    Raises:
        Unauthenticated: any check failed. The message is always the same; the note `rule: …` names the check.
    """
    try:
        partner, claims = _verified(assertion, partners)
    except (JoseError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _refusal("assertion-form" if isinstance(error, msgspec.MsgspecError) else "assertion-signature") from None
    rule = _broken_rule(claims, audience, now.timestamp())
    if rule:
        raise _refusal(rule)
    return VerifiedAssertion(partner, claims.jti, datetime.fromtimestamp(claims.exp, UTC))


def key_problems(jwks: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is wrong with a partner's registered key set, one line a key, so that it is found at start.

    A set is usable when each key has a `kid` of its own and is public, RSA of 2048 bits or more, or EC P-384.
    Source: RFC 7517
    """
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys:
        return ("the key set holds no keys",)
    found = [f"keys[{index}]: {problem}" for index, key in enumerate(keys) if (problem := _key_problem(key))]
    kids = [(key.get("kid"), key.get("kty")) for key in keys if isinstance(key, dict)]
    return (*found, *(["two keys have the same kid"] if len(set(kids)) < len(kids) else []))


def _refusal(rule: str) -> Unauthenticated:
    error = Unauthenticated(MESSAGE)
    error.add_note(f"rule: {rule}")
    return error


def _verified(assertion: str, partners: Mapping[str, Partner]) -> tuple[Partner, _Claims]:
    """Return the partner and the claims it signed; any exception means that they are not to be believed."""
    if len(assertion) > MAX_ASSERTION_CHARS:
        raise _refusal("assertion-too-long")
    token = jws.extract_compact(assertion.encode("ascii"))
    header = msgspec.convert(token.headers(), _Header)
    claims = msgspec.json.decode(token.payload, type=_Claims)
    partner = partners.get(claims.iss)
    if partner is None:
        raise _refusal("assertion-client")
    if not jws.validate_compact(token, _registered_key(partner, header), algorithms=[header.alg]):
        raise _refusal("assertion-signature")
    return partner, claims


def _registered_key(partner: Partner, header: _Header) -> Key:
    for jwk in partner.jwks.get("keys", ()):
        if jwk.get("kid") == header.kid and jwk.get("kty") == KEY_TYPES[header.alg] and _key_problem(jwk) == "":
            return JWKRegistry.import_key(jwk)
    raise _refusal("assertion-key")


def _key_problem(jwk: object) -> str:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or not jwk["kid"]:
        return "needs a kid"
    if jwk.get("kty") not in KEY_TYPES.values() or jwk.get("use", "sig") != "sig":
        return "must be an RSA or EC key for signatures"
    if jwk["kty"] == "RSA" and len(str(jwk.get("n"))) < MIN_MODULUS_CHARS:
        return f"is shorter than {MIN_RSA_BITS} bits"
    try:
        key = JWKRegistry.import_key(jwk)
    except (JoseError, ValueError, KeyError, TypeError):
        return "cannot be read"
    if key.is_private:
        return "is a private key; register the public one"
    return "must be on the curve P-384" if isinstance(key, ECKey) and key.curve_name != "P-384" else ""


def _broken_rule(claims: _Claims, audience: str, now_s: float) -> str:
    """Return the first rule the claims break, or ""."""
    latest_start = now_s + CLOCK_SKEW_S
    rules = {
        "assertion-subject": claims.sub == claims.iss,
        "assertion-audience": audience in ([claims.aud] if isinstance(claims.aud, str) else claims.aud),
        "assertion-expired": claims.exp > now_s,
        "assertion-lifetime": claims.exp <= latest_start + MAX_LIFETIME_S,
        "assertion-not-yet": claims.nbf is None or claims.nbf <= latest_start,
        "assertion-issued": claims.iat is None or claims.iat <= min(latest_start, claims.exp),
    }
    return next((rule for rule, holds in rules.items() if not holds), "")
