"""A partner's system, as it meets the bridge: signs in with its own key, hands records in, asks for resources.

Each call is repeated while the bridge cannot be reached, which is what a sender has to do: with an Idempotency-Key a
repeated push has no second effect.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PAUSE_S = 0.05
TIMEOUT_S = 5.0
NOBODY_ANSWERED = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
"""No connection, no answer in time, or an answer that was cut off."""
TRY_AGAIN = frozenset([502, 503, 504])


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. `make_body` is asked anew for each try, since an assertion is good only once."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    make_body: Callable[[], bytes | Mapping[str, str]] = bytes
    needs_token: bool = True


@dataclass(slots=True)
class PartnerClient:
    """One partner with its private key. `patience_s`: how long to repeat a call that nobody answers."""

    id: str
    key: ECKey | RSAKey
    algorithm: str
    base_url: str
    scope: str
    patience_s: float = 10.0
    _token: str = field(default="", repr=False)
    _token_until: float = 0.0

    def sign_in(self) -> requests.Response:
        """Ask for a token with a freshly signed assertion, keep it, and return the answer."""
        answer = self._call(Call("POST", "/auth/token", make_body=self._token_form, needs_token=False))
        if answer.status_code == 200:
            self._token = answer.json()["access_token"]
            self._token_until = time.monotonic() + answer.json()["expires_in"] / 2
        return answer

    @property
    def token(self) -> str:
        """The present token; a new one when there is none or it is half used."""
        if time.monotonic() >= self._token_until:
            self.sign_in().raise_for_status()
        return self._token

    def hand_in(self, kind: str, body: bytes, *, key: str) -> requests.Response:
        """Push a record in this partner's own format."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._call(Call("POST", f"/intake/{kind}", headers, make_body=lambda: body))

    def get(self, path: str, **params: str | Sequence[str]) -> requests.Response:
        """Ask for an address of the bridge."""
        return self._call(Call("GET", path, params=params))

    def wait_for_outcome(self, status_url: str) -> dict[str, Any]:
        """Ask a status address until the message is stored or parked, and return the answer."""
        path = status_url.removeprefix(self.base_url)
        deadline = time.monotonic() + self.patience_s
        while True:
            tree: dict[str, Any] = self.get(path).json()
            if tree.get("state") != "received" or time.monotonic() > deadline:
                return tree
            time.sleep(PAUSE_S)

    def assertion(self) -> str:
        """Return a new client assertion, good once and for five minutes.

        Source: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
        """
        now = int(time.time())
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": f"{self.base_url}/auth/token",
            "exp": now + 240,
            "iat": now,
            "jti": secrets.token_hex(16),
        }
        header = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def _token_form(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "scope": self.scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
        }

    def _call(self, call: Call) -> requests.Response:
        """Send a call, and again while nobody answers and there is patience left."""
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                answer = self._send(call)
            except NOBODY_ANSWERED:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status_code not in TRY_AGAIN or time.monotonic() > deadline:
                    return answer
            time.sleep(PAUSE_S)

    def _send(self, call: Call) -> requests.Response:
        headers = {"Accept": "application/fhir+json", **call.headers}
        if call.needs_token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = call.make_body()
        url = self.base_url + call.path
        return requests.request(
            call.method, url, headers=headers, params=call.params, data=data, timeout=TIMEOUT_S, allow_redirects=False
        )
