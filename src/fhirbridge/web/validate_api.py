"""`$validate`: a resource in, an OperationOutcome out. The body is neither kept nor logged.

Source: http://hl7.org/fhir/R4/resource-operation-validate.html
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fhirbridge.services import validate
from fhirbridge.web.answers import FORMATS, wanted_format, write_tree
from fhirbridge.web.guards import caller, the_bridge
from fhirbridge.web.negotiation import body_format

api = Blueprint("validate", __name__, url_prefix="/fhir", static_folder=None)


@api.post("/$validate")
def validate_any() -> Response:
    """Check the resource in the body."""
    return _validate("")


@api.post("/<type_>/$validate")
def validate_type(type_: str) -> Response:
    """Check the resource in the body, which is of this type."""
    return _validate(type_)


def _validate(type_: str) -> Response:
    format_ = wanted_format()
    caller()
    body: dict[str, Any] = FORMATS[body_format(request.headers.get("Content-Type", ""))].parse(request.get_data())
    asked = validate.asked_of(body, request.args.getlist("profile"), request.args.get("mode", ""))
    return write_tree(validate.answer(the_bridge().checker, asked, type_), format_)
