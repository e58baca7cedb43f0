"""Signing in: SMART Backend Services, RFC 6749; and what a token is good for."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from tests.support.bridge import BASE_URL, PARTNERS, World, make_world

from fhirbridge.auth.assertions import ASSERTION_TYPE
from fhirbridge.errors import InvalidTokenRequest, Unauthenticated
from fhirbridge.services import tokens

KEY = ECKey.generate_key("P-384", {"kid": "lakeside-1"})


@pytest.fixture
def world() -> World:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    return make_world(partners={each.id: replace(each, jwks=jwks) for each in PARTNERS})


def make_form(world: World, jti: str = "one", **changes: str) -> dict[str, str]:
    claims: dict[str, Any] = {"iss": "lakeside", "sub": "lakeside", "aud": f"{BASE_URL}/auth/token", "jti": jti}
    claims["exp"] = int(world.clock().timestamp()) + 200
    registry = jws.JWSRegistry(algorithms=["ES384"])
    header = {"alg": "ES384", "kid": "lakeside-1"}
    assertion = jws.serialize_compact(header, json.dumps(claims), KEY, registry=registry)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        "scope": "system/CarePlan.rs",
    }
    return form | changes


def get_token(world: World) -> str:
    return str(tokens.issue(world.bridge, make_form(world))["access_token"])


def test_a_signed_assertion_becomes_a_bearer_token_of_five_minutes(world: World) -> None:
    answer = tokens.issue(world.bridge, make_form(world))
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("bearer", 300, "system/CarePlan.rs")
    caller = tokens.authenticate(world.bridge, f"Bearer {answer['access_token']}")
    assert (caller.partner.id, caller.scopes) == ("lakeside", ("system/CarePlan.rs",))


def test_an_assertion_is_good_once(world: World) -> None:
    form = make_form(world)
    tokens.issue(world.bridge, form)
    with pytest.raises(Unauthenticated) as replayed:
        tokens.issue(world.bridge, form)
    with pytest.raises(Unauthenticated) as forged:
        tokens.issue(world.bridge, form | {"client_assertion": "a.b.c"})
    assert replayed.value.message == forged.value.message


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "secret"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"scope": "system/CarePlan.cruds-and-more"}, "invalid_scope"),
        ({"scope": "intake/plan.c"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_bad_request_is_refused_with_the_code_of_rfc_6749(world: World, change: dict[str, str], rule: str) -> None:
    with pytest.raises(InvalidTokenRequest) as refused:
        tokens.issue(world.bridge, make_form(world, **change))
    assert refused.value.issues[0].rule == rule


def test_a_refused_scope_does_not_use_up_the_assertion(world: World) -> None:
    form = make_form(world)
    with pytest.raises(InvalidTokenRequest):
        tokens.issue(world.bridge, form | {"scope": "intake/plan.c"})
    assert tokens.issue(world.bridge, form)["access_token"]


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer ", "Bearer unknown", "Bearer " + "x" * 43])
def test_no_known_token_is_always_the_same_refusal(world: World, header: str | None) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens.authenticate(world.bridge, header)
    assert refused.value.message == tokens.NO_TOKEN


def test_a_token_runs_out(world: World) -> None:
    token = get_token(world)
    world.clock.advance(299)
    tokens.authenticate(world.bridge, f"Bearer {token}")
    world.clock.advance(1)
    with pytest.raises(Unauthenticated):
        tokens.authenticate(world.bridge, f"Bearer {token}")


def test_a_partner_that_is_no_longer_registered_has_no_token(world: World) -> None:
    token = get_token(world)
    with pytest.raises(Unauthenticated):
        tokens.authenticate(replace(world.bridge, partners={}), f"Bearer {token}")


def test_why_a_sign_in_failed_stands_in_the_log_only(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(Unauthenticated) as refused:
        tokens.issue(world.bridge, make_form(world) | {"client_assertion": "x" * 9000})
    assert "long" not in refused.value.message
    assert [record.__dict__["code"] for record in caplog.records] == ["assertion-too-long"]
