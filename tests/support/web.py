"""A world with a web app around its bridge: partners that sign in with keys of their own and ask over HTTP."""

from __future__ import annotations

import io
import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.support.bridge import BASE_URL, MRN, PARTNERS, World, make_world
from werkzeug.test import TestResponse

from fhirbridge.auth.assertions import ASSERTION_TYPE
from fhirbridge.services.logs import JsonLines
from fhirbridge.web.app import create_app

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"


@cache
def key_of(partner: str) -> ECKey:
    """The private key of a partner; made once."""
    return ECKey.generate_key("P-384", {"kid": f"{partner}-1"})


def make_assertion(world: World, partner: str, **changes: Any) -> str:
    """A client assertion of a partner, signed with its key; `changes` are claims to set otherwise."""
    now = int(world.clock().timestamp())
    claims = {"iss": partner, "sub": partner, "aud": f"{BASE_URL}/auth/token", "exp": now + 200}
    claims |= {"jti": secrets.token_hex(8)} | changes
    return jwt.encode({"alg": "ES384", "kid": f"{partner}-1"}, claims, key_of(partner), algorithms=["ES384"])


@dataclass
class Web:
    """The app, and partners that use it."""

    world: World
    app: Flask
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def http(self) -> FlaskClient:
        """A client without a token."""
        return self.app.test_client()

    def token_form(self, partner: str, **changes: str) -> dict[str, str]:
        """The form of a token request that is in order; `changes` are fields to set otherwise."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": make_assertion(self.world, partner),
            "scope": " ".join(self.world.bridge.partners[partner].scopes),
        }
        return form | changes

    def token(self, partner: str) -> str:
        """The partner's token; it signs in when it has none."""
        if partner not in self.tokens:
            answer = self.http.post("/auth/token", data=self.token_form(partner))
            assert answer.status_code == 200, answer.text
            self.tokens[partner] = tree_of(answer)["access_token"]
        return self.tokens[partner]

    def ask(self, partner: str, method: str, path: str, **parts: Any) -> TestResponse:
        """Send a request as a partner that has signed in; `parts` as for Flask's client."""
        headers = {"Authorization": f"Bearer {self.token(partner)}", **parts.pop("headers", {})}
        return self.http.open(path, method=method, headers=headers, **parts)

    def get(self, partner: str, path: str, **parts: Any) -> TestResponse:
        """GET as a partner."""
        return self.ask(partner, "GET", path, **parts)

    def push(self, partner: str, kind: str, body: bytes, **headers: str) -> TestResponse:
        """Hand a record in as a partner."""
        sent = {"Content-Type": "application/json", "Idempotency-Key": "k-1", **headers}
        return self.ask(partner, "POST", f"/intake/{kind}", data=body, headers=sent)

    def search(self, partner: str, value: str = MRN[1], **params: str) -> TestResponse:
        """Search the CarePlans of the client of the samples, or of another number."""
        query = {"patient.identifier": f"{MRN[0]}|{value}", **params}
        return self.get(partner, "/fhir/CarePlan", query_string=query)

    def one(self, type_: str, partner: str = "lakeside") -> dict[str, Any]:
        """The first resource of a type that the partner sees of the client of the samples."""
        name = "identifier" if type_ == "Patient" else "patient.identifier"
        query = {name: f"{MRN[0]}|{MRN[1]}"}
        bundle = tree_of(self.get(partner, f"/fhir/{type_}", query_string=query))
        entries = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == type_]
        found: dict[str, Any] = entries[0]
        return found


def make_web(*, filled: bool = False, **changes: Any) -> Web:
    """Make a world with an app; `filled`: with every sample handed in; `changes` are fields of Bridge."""
    partners = {each.id: replace(each, jwks={"keys": [key_of(each.id).as_dict(private=False)]}) for each in PARTNERS}
    world = make_world(**{"partners": partners, **changes})
    if filled:
        world.hand_in_all()
    return Web(world, create_app(world.bridge))


@contextmanager
def captured_log() -> Iterator[io.StringIO]:
    """Collect what the program logs, at every level and in its own form."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def issue_codes(answer: TestResponse) -> list[str]:
    """The codes of the issues in a problem answer."""
    return [issue["code"] for issue in json.loads(answer.data)["issues"]]


def outcome_of(answer: TestResponse) -> Mapping[str, Any]:
    """The first issue of an OperationOutcome."""
    tree = json.loads(answer.data)
    assert tree["resourceType"] == "OperationOutcome", tree
    found: Mapping[str, Any] = tree["issue"][0]
    return found


def tree_of(answer: TestResponse) -> Any:
    """The JSON body of an answer."""
    return json.loads(answer.data)
