"""The token endpoint: what is refused, and how it is said to OAuth clients."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from tests.support.bridge import BASE_URL
from tests.support.web import Web, make_assertion, tree_of


def test_a_token_is_good_for_five_minutes_and_must_not_be_kept(web: Web) -> None:
    answer = web.http.post("/auth/token", data=web.token_form("lakeside"))
    assert (answer.status_code, tree_of(answer)["token_type"], tree_of(answer)["expires_in"]) == (200, "bearer", 300)
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert web.get("lakeside", "/fhir/Patient/x").status_code == 404
    web.world.clock.advance(301)
    assert web.get("lakeside", "/fhir/Patient/x").status_code == 401


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("grant_type", "password", "unsupported_grant_type"),
        ("client_assertion_type", "jwt", "invalid_request"),
        ("client_assertion", "", "invalid_request"),
        ("scope", "system/Spaceship", "invalid_scope"),
        ("scope", "system/Binary.d", "invalid_scope"),
    ],
)
def test_a_form_that_is_not_in_order_is_400_with_the_word_of_oauth(web: Web, field: str, value: str, word: str) -> None:
    answer = web.http.post("/auth/token", data=web.token_form("lakeside", **{field: value}))
    assert (answer.status_code, tree_of(answer)["error"]) == (400, word)
    assert tree_of(answer)["error_description"]
    assert answer.content_type == "application/json"


def test_a_parameter_that_stands_twice_is_400(web: Web) -> None:
    form = web.token_form("lakeside")
    answer = web.http.post("/auth/token", data={**form, "scope": [form["scope"], "system/*.rs"]})
    assert (answer.status_code, tree_of(answer)["error"]) == (400, "invalid_request")


def make_bad_assertions(web: Web) -> dict[str, str]:
    now = int(web.world.clock().timestamp())
    claims = {"iss": "lakeside", "sub": "lakeside", "aud": f"{BASE_URL}/auth/token", "exp": now + 200, "jti": "j"}
    head = {"kid": "lakeside-1", "typ": "JWT"}
    stranger = ECKey.generate_key("P-384", {"kid": "lakeside-1"})
    return {
        "expired": make_assertion(web.world, "lakeside", exp=now - 1),
        "too long": make_assertion(web.world, "lakeside", exp=now + 3_600),
        "not yet": make_assertion(web.world, "lakeside", nbf=now + 3_600),
        "for another": make_assertion(web.world, "lakeside", aud="https://other.example/token"),
        "unknown client": make_assertion(web.world, "lakeside", iss="stranger", sub="stranger"),
        "of another client": make_assertion(web.world, "hillcrest", iss="lakeside", sub="lakeside"),
        "foreign key": jwt.encode({"alg": "ES384", **head}, claims, stranger, algorithms=["ES384"]),
        "shared secret": jwt.encode({"alg": "HS256", **head}, claims, OctKey.generate_key(256), algorithms=["HS256"]),
        "no signature": "eyJhbGciOiJub25lIiwia2lkIjoibGFrZXNpZGUtMSJ9.e30.",
        "no token at all": "x" * 50,
        "a megabyte": "x" * 400_000,
    }


def test_every_bad_assertion_is_refused_with_the_same_answer(web: Web) -> None:
    answers = {
        name: web.http.post("/auth/token", data=web.token_form("lakeside", client_assertion=assertion))
        for name, assertion in make_bad_assertions(web).items()
    }
    small = {name: answer for name, answer in answers.items() if name != "a megabyte"}
    assert {answer.status_code for answer in small.values()} == {401}
    assert len({answer.data for answer in small.values()}) == 1
    assert answers["a megabyte"].status_code in (401, 413)
    assert tree_of(next(iter(small.values())))["error"] == "invalid_client"


def test_an_assertion_is_good_once(web: Web) -> None:
    form = web.token_form("lakeside")
    assert web.http.post("/auth/token", data=form).status_code == 200
    replayed = web.http.post("/auth/token", data=form)
    assert (replayed.status_code, tree_of(replayed)["error"]) == (401, "invalid_client")


def test_a_token_request_is_a_form_by_post(web: Web) -> None:
    assert web.http.post("/auth/token", json=web.token_form("lakeside")).status_code == 415
    assert web.http.get("/auth/token").status_code == 405
