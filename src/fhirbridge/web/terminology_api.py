"""The FHIR terminology operations: codes looked up, checked, listed and translated. Any valid token will do.

Nothing here speaks of a person. A question comes as a query string or as a Parameters resource.
Source: http://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from fhirbridge.services.terminology.operations import OPERATIONS, Operation
from fhirbridge.services.terminology.parameters import Asked, asked_by_body, asked_by_query
from fhirbridge.web.answers import FORMATS, wanted_format, write_tree
from fhirbridge.web.guards import caller, the_bridge
from fhirbridge.web.negotiation import body_format

api = Blueprint("terminology", __name__, url_prefix="/fhir", static_folder=None)

NOT_ASKED = frozenset(["_format", "_pretty"])
"""Query parameters that speak to the web layer."""


def answer(operation: Operation) -> Response:
    """Answer one question."""
    format_ = wanted_format()
    caller()
    bridge = the_bridge()
    terminology = bridge.terminology.with_maps(bridge.maps)
    return write_tree(operation.answer(terminology, _asked(operation), bridge.clock()), format_)


def _asked(operation: Operation) -> Asked:
    if request.method == "GET":
        pairs = [pair for pair in request.args.items(multi=True) if pair[0] not in NOT_ASKED]
        return asked_by_query(pairs, operation.parameters)
    format_ = body_format(request.headers.get("Content-Type", ""))
    return asked_by_body(FORMATS[format_].parse(request.get_data()), operation.parameters)


for _each in OPERATIONS:
    api.add_url_rule(
        f"/{_each.type}/${_each.name}",
        endpoint=f"{_each.type}-{_each.name}",
        view_func=partial(answer, _each),
        methods=["GET", "POST"],
    )
