"""Signing in: a signed assertion becomes a short opaque token; a token becomes a Caller."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from fhirbridge.auth.assertions import ASSERTION_TYPE, MESSAGE, VerifiedAssertion, verify_assertion
from fhirbridge.auth.scopes import grant
from fhirbridge.auth.tokens import LIFETIME_S, find_bearer, hash_token, new_token
from fhirbridge.errors import InvalidTokenRequest, Issue, Unauthenticated
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.store.base import TokenRow

LOG = logging.getLogger(__name__)

TOKEN_PATH = "/auth/token"  # noqa: S105  (an address, not a secret)
GRANT_TYPE = "client_credentials"
NO_TOKEN = "The access token is missing, unknown or has run out; ask for a new one."  # noqa: S105  (a message)


def issue(bridge: Bridge, form: Mapping[str, str]) -> dict[str, object]:
    """Return the token response for a client_credentials request with private_key_jwt.

    Returns:
        {access_token, token_type: "bearer", expires_in: 300, scope}

    Raises:
        InvalidTokenRequest: the form is not such a request, or no scope it asks for is registered (HTTP 400); the
            rule of its issue is the error code of RFC 6749.
        Unauthenticated: the assertion does not prove who is asking (HTTP 401); always the same message.

    Source: https://hl7.org/fhir/smart-app-launch/backend-services.html#obtain-access-token, RFC 6749 sections 4.4, 5
    """
    _require_form(form)
    verified = _verify(bridge, form["client_assertion"])
    scopes = _grant(form.get("scope", ""), verified.partner.scopes)
    token, token_hash = new_token()
    expires_at = bridge.clock() + timedelta(seconds=LIFETIME_S)
    with bridge.store.transaction() as tx:
        if not tx.remember_assertion(verified.partner.id, verified.jti, verified.expires_at):
            _note_refusal("assertion-replayed")
            raise Unauthenticated(MESSAGE)
        tx.put_token(TokenRow(token_hash, verified.partner.id, scopes, expires_at))
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": LIFETIME_S,
        "scope": " ".join(scopes),
    }


def authenticate(bridge: Bridge, authorization: str | None) -> Caller:
    """Return who sent this Authorization header.

    Raises:
        Unauthenticated: no, unknown or expired token, or its partner is no longer registered; the same message.
    """
    token = find_bearer(authorization)
    if token is None:
        raise Unauthenticated(NO_TOKEN)
    with bridge.store.snapshot() as tx:
        row = tx.find_token(hash_token(token))
    partner = bridge.partners.get(row.client) if row else None
    if row is None or partner is None or row.expires_at <= bridge.clock():
        raise Unauthenticated(NO_TOKEN)
    return Caller(partner, row.scopes)


def _require_form(form: Mapping[str, str]) -> None:
    if form.get("grant_type") != GRANT_TYPE:
        raise _bad_request("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _bad_request("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
    if not form.get("client_assertion"):
        raise _bad_request("invalid_request", "client_assertion is missing: a JWT signed with a registered key.")


def _bad_request(rule: str, message: str) -> InvalidTokenRequest:
    return InvalidTokenRequest(message, issues=[Issue(InvalidTokenRequest.code, message, rule=rule)])


def _verify(bridge: Bridge, assertion: str) -> VerifiedAssertion:
    audience = f"{bridge.base_url}{TOKEN_PATH}"
    try:
        return verify_assertion(assertion, partners=bridge.partners, audience=audience, now=bridge.clock())
    except Unauthenticated as error:
        _note_refusal(next(iter(getattr(error, "__notes__", ())), "").removeprefix("rule: "))
        raise


def _note_refusal(rule: str) -> None:
    LOG.warning("sign-in refused", extra={"code": rule})


def _grant(requested: str, registered: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return grant(requested, registered)
    except InvalidTokenRequest as error:
        raise _bad_request("invalid_scope", error.message) from error
