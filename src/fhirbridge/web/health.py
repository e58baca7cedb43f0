"""Whether this process lives, and whether it can do its work. No names, no counts, no versions."""

from __future__ import annotations

from flask import Blueprint, Response

from fhirbridge.services.health import is_behind, is_ready
from fhirbridge.web.answers import write_record
from fhirbridge.web.guards import the_bridge

api = Blueprint("health", __name__, static_folder=None)


@api.get("/livez")
def livez() -> Response:
    """Answer, which is all that is asked."""
    return write_record({"status": "ok"})


@api.get("/readyz")
def readyz() -> Response:
    """Answer 200 when the store can be used, else 503; and `maps` where this process cannot read the active ones."""
    bridge = the_bridge()
    ready = is_ready(bridge)
    body = {"status": "ok" if ready else "unavailable"} | ({"maps": "previous"} if is_behind(bridge) else {})
    return write_record(body, status=200 if ready else 503)
