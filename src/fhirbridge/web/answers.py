"""Answers: a tree or stored bytes in the format the caller wants, with the headers of a versioned resource.

Source: http://hl7.org/fhir/R4/http.html#versioning, #cread, #ops; RFC 9110 section 13.1 (preconditions)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, request
from werkzeug.http import http_date

from fhirbridge.errors import NotAcceptable
from fhirbridge.formats import fhir_json, fhir_xml, record_json
from fhirbridge.services.resources import Answer
from fhirbridge.web.negotiation import Format, choose_format

NOTICE_HEADER = "Disclosure-Notice"
"""Carries the statement that the law wants beside what leaves, where the body is one resource and has no room."""

FORMATS = {Format.JSON: fhir_json, Format.XML: fhir_xml}


def wanted_format(*, or_json: bool = False) -> Format:
    """Return the format to answer this request in.

    Args:
        or_json: answer in JSON where nothing the caller accepts can be made; errors must say something.
    Raises:
        NotAcceptable: the caller accepts neither FHIR JSON nor FHIR XML.
    """
    try:
        return choose_format(request.headers.get("Accept", ""), request.args.get("_format", ""))
    except NotAcceptable:
        if or_json:
            return Format.JSON
        raise


def write_tree(tree: Mapping[str, Any], format_: Format, *, status: int = 200) -> Response:
    """Return a FHIR tree as an answer."""
    return Response(FORMATS[format_].format(dict(tree)), status, content_type=f"{format_.value}; charset=utf-8")


def write_resource(answer: Answer, format_: Format, *, status: int = 200) -> Response:
    """Return one version of a resource with ETag and Last-Modified.

    A caller who has this version already gets 304 and no body. A redacted one has no ETag: what is left of the same
    version changes with the consent.
    """
    body = answer.body if format_ is Format.JSON else FORMATS[format_].format(fhir_json.parse(answer.body))
    response = Response(body, status, content_type=f"{format_.value}; charset=utf-8")
    response.headers["Last-Modified"] = http_date(answer.last_updated)
    if answer.is_whole:
        response.headers["ETag"] = etag(answer.version)
        if status == 200 and has_version(answer.version):
            return Response(status=304, headers=[("ETag", etag(answer.version))])
    return with_notices(response, answer.notices)


def with_notices(response: Response, notices: Iterable[str]) -> Response:
    """Return an answer with the statements that must go with it."""
    for notice in notices:
        response.headers.add(NOTICE_HEADER, notice)
    return response


def write_record(tree: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return a plain JSON object as an answer."""
    return Response(record_json.format(dict(tree)), status, content_type="application/json")


def etag(version: int) -> str:
    """Return the entity tag of a version: weak, since JSON and XML share it."""
    return f'W/"{version}"'


def has_version(version: int) -> bool:
    """Say whether If-None-Match of this request names that version."""
    tags = request.if_none_match
    return tags.star_tag or tags.contains_weak(str(version))
