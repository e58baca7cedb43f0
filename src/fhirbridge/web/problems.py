"""What went wrong, said the way the caller can read it: an OperationOutcome under /fhir, problem+json elsewhere.

Law of this file: what is answered and what is logged holds codes, paths and rules; never a value of a body or a URL.
Source: http://hl7.org/fhir/R4/operationoutcome.html, RFC 9457, fhirbridge.errors
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from fhirbridge.errors import (
    BridgeError,
    MalformedInput,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from fhirbridge.fhir.outcome import operation_outcome
from fhirbridge.formats import record_json
from fhirbridge.services import logs
from fhirbridge.services.outcome import issue_to_tree
from fhirbridge.web.answers import wanted_format, write_tree

_log = logging.getLogger("fhirbridge.web")

BY_STATUS: dict[int, type[BridgeError]] = {
    400: MalformedInput,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    503: Unavailable,
}
"""Flask's own refusals, as rows of our table."""

STATUS_HEADERS = {405: {"Allow": "GET, HEAD"}, 503: {"Retry-After": "5"}}
"""What an answer with this status tells. Where a service refuses a method, the type in the address can only be read."""


def install(app: Flask) -> None:
    """Answer every error of this app in one of the two forms."""
    app.register_error_handler(BridgeError, answer_error)
    app.register_error_handler(HTTPException, answer_http_exception)
    app.register_error_handler(Exception, answer_unexpected)


def answer_error(error: BridgeError) -> Response:
    """Return the answer to an error of ours, with its status and the headers that status asks for."""
    response = _response(error)
    for name, value in _headers(error).items():
        response.headers[name] = value
    return response


def answer_http_exception(error: HTTPException) -> Response:
    """Return the answer to a refusal that Flask made: no such address, no such method, body too large."""
    status = error.code or 500
    response = answer_error(BY_STATUS.get(status, BridgeError)())
    allowed = getattr(error, "valid_methods", None)
    if status == 405 and allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def answer_unexpected(error: Exception) -> Response:
    """Return a 500 with a reference; the log tells the class and the place, since a message could hold data."""
    _log.error("request failed", extra={"request_id": g.request_id, **logs.fault(error)})
    return answer_error(BridgeError(f"the bridge failed; tell its keepers this reference: {g.request_id}"))


def _headers(error: BridgeError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        reason = ', error="invalid_token"' if "Authorization" in request.headers else ""
        return {"WWW-Authenticate": f'Bearer realm="fhirbridge"{reason}'}
    return STATUS_HEADERS.get(error.condition.status, {})


def _response(error: BridgeError) -> Response:
    if request.path == "/fhir" or request.path.startswith("/fhir/"):
        format_ = wanted_format(or_json=True)
        return write_tree(operation_outcome(error.issues), format_, status=error.condition.status)
    body = record_json.format(problem(error))
    return Response(body, error.condition.status, content_type="application/problem+json")


def problem(error: BridgeError) -> dict[str, object]:
    """Return an RFC 9457 problem: the error, and every issue with its path and rule."""
    return {
        "type": f"https://fhirbridge.org/errors/{error.code}",
        "title": (type(error).__doc__ or "").strip(),
        "status": error.condition.status,
        "detail": error.message,
        "issues": [issue_to_tree(issue) for issue in error.issues],
    }
