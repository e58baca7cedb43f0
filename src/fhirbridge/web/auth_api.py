"""The token endpoint of SMART Backend Services.

Source: https://hl7.org/fhir/smart-app-launch/backend-services.html, RFC 6749 section 5
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from fhirbridge.errors import BridgeError, InvalidTokenRequest, Unauthenticated
from fhirbridge.services import tokens
from fhirbridge.web.answers import write_record
from fhirbridge.web.guards import require_form, the_bridge
from fhirbridge.web.problems import problem

api = Blueprint("auth", __name__, url_prefix="/auth", static_folder=None)

OAUTH_ERRORS = frozenset(["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"])


@api.post("/token")
def token() -> Response:
    """Exchange a signed assertion for a short-lived token."""
    require_form(request.mimetype)
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise InvalidTokenRequest("A parameter stands in the form more than once; RFC 6749 allows it once.")
    return write_record(tokens.issue(the_bridge(), request.form.to_dict()))


@api.after_request
def forbid_caching(response: Response) -> Response:
    """Say to old caches too that a token is not theirs to keep."""
    response.headers["Pragma"] = "no-cache"
    return response


@api.errorhandler(InvalidTokenRequest)
@api.errorhandler(Unauthenticated)
def refuse(error: BridgeError) -> Response:
    """Answer with a problem that also has the words that OAuth clients look for."""
    tree = {"error": oauth_error(error), "error_description": error.message, **problem(error)}
    return write_record(tree, status=error.condition.status)


def oauth_error(error: BridgeError) -> str:
    """Return the OAuth word for an error: the rule of its issue where that is one."""
    if isinstance(error, Unauthenticated):
        return "invalid_client"
    rule = error.issues[0].rule
    return rule if rule in OAUTH_ERRORS else "invalid_request"
