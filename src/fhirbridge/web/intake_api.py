"""Intake: a partner hands a record in with one POST, gets 202 and an address that tells what became of it.

Source: docs/adr/0004-intake-answers-202.md
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from fhirbridge.services import intake
from fhirbridge.services.intake import Submission
from fhirbridge.web.answers import write_record
from fhirbridge.web.guards import caller, the_bridge
from fhirbridge.web.negotiation import parse_media_range

api = Blueprint("intake", __name__, url_prefix="/intake", static_folder=None)


@api.post("/<kind>")
def submit(kind: str) -> Response:
    """Keep what arrived and answer with the address of its status. The same key and body again: the same answer."""
    who = caller()
    media = parse_media_range(request.headers.get("Content-Type", ""))
    key = request.headers.get("Idempotency-Key", "")
    charset = media.params.get("charset", "")
    message = intake.accept(the_bridge(), who, Submission(kind, media.type, request.get_data(), key, charset))
    address = f"{the_bridge().base_url}/intake/messages/{message.id}"
    response = write_record({"id": message.id, "status": address}, status=202)
    response.headers["Location"] = address
    return response


@api.get("/messages/<message_id>")
def status(message_id: str) -> Response:
    """Tell what became of a message: its state, what it was stored as, and every issue."""
    return write_record(intake.status(the_bridge(), caller(), message_id))
