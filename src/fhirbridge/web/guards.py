"""What every request passes before and after its view: request id, body cap, who is asking, headers, one log line.

Law of this file: the log line holds method, route template, status, time, request id and partner; never a URL as it
was sent, a query string, a header or a body.
"""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Flask, Response, current_app, g, request

from fhirbridge.errors import TooLarge, UnsupportedMediaType
from fhirbridge.ids import new_id
from fhirbridge.services import tokens
from fhirbridge.services.bridge import Bridge, Caller

_access = logging.getLogger("fhirbridge.access")

EXTENSION = "fhirbridge"
NO_STORE = "no-store"
WITH_BODY = frozenset(["POST", "PUT", "PATCH"])
FORM = "application/x-www-form-urlencoded"


def install(app: Flask, bridge: Bridge) -> None:
    """Put the guards around every view of this app."""
    app.extensions[EXTENSION] = bridge
    app.config["MAX_CONTENT_LENGTH"] = bridge.limits.max_body_bytes + 1
    app.before_request(open_request)
    app.before_request(refuse_body)
    app.after_request(finish_response)


def the_bridge() -> Bridge:
    """Return the bridge that this app serves, with the maps that were active when the request began."""
    if "bridge" not in g:
        served: Bridge = current_app.extensions[EXTENSION]
        g.bridge = served.now()
    bridge: Bridge = g.bridge
    return bridge


def caller() -> Caller:
    """Return who is asking, by the bearer token.

    Raises:
        Unauthenticated: there is no token, or it is unknown or has run out.
    """
    found = tokens.authenticate(the_bridge(), request.headers.get("Authorization"))
    g.partner = found.partner.id
    return found


def open_request() -> None:
    """Give the request an id and start its clock."""
    g.request_id = new_id("r-")
    g.started = perf_counter()
    g.partner = "-"


def refuse_body() -> None:
    """Refuse a body that is too large or packed: by what it says before a byte is read, else after `limit` bytes."""
    limit = the_bridge().limits.max_body_bytes
    if request.content_length is None and request.method in WITH_BODY:
        size = len(request.get_data())  # in chunks; the stream ends one byte behind the limit, and keeps what was read
    else:
        size = request.content_length or 0
    if size > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("a body with a Content-Encoding is not accepted; send it as it is")


def require_form(media_type: str) -> None:
    """Refuse a body that is no form.

    Raises:
        UnsupportedMediaType: the Content-Type is not application/x-www-form-urlencoded.
    """
    if media_type != FORM:
        raise UnsupportedMediaType(f"expected {FORM}")


def finish_response(response: Response) -> Response:
    """Add the headers every answer has and write the log line."""
    response.headers.setdefault("Cache-Control", NO_STORE)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Request-Id"] = g.request_id
    _access.info("request", extra=_log_fields(response))
    return response


def _log_fields(response: Response) -> dict[str, object]:
    return {
        "method": _known_method(),
        "route": request.url_rule.rule if request.url_rule else "(no route)",
        "status": response.status_code,
        "duration_ms": round((perf_counter() - g.started) * 1000, 1),
        "request_id": g.request_id,
        "partner": g.partner,
    }


def _known_method() -> str:
    """Return the method, or a dash: a made-up method is text from outside."""
    return request.method if request.method in METHODS else "-"


METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
