"""Whether this process lives, and whether it can do its work. No names, no counts, no versions."""

from __future__ import annotations

from flask import Blueprint, Response

from fhirbridge.services.health import is_ready
from fhirbridge.web.answers import write_record
from fhirbridge.web.guards import the_bridge

api = Blueprint("health", __name__, static_folder=None)


@api.get("/livez")
def livez() -> Response:
    """Answer, which is all that is asked."""
    return write_record({"status": "ok"})


@api.get("/readyz")
def readyz() -> Response:
    """Answer 200 when the store can be used, else 503."""
    ready = is_ready(the_bridge())
    return write_record({"status": "ok" if ready else "unavailable"}, status=200 if ready else 503)
