"""The FHIR REST API: one view an interaction. What may be seen is decided in services; here it is only asked for.

Source: http://hl7.org/fhir/R4/http.html, https://hl7.org/fhir/smart-app-launch/conformance.html
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fhirbridge.errors import MalformedInput, NotFound, UnsupportedSearch
from fhirbridge.services import capability, documents, resources
from fhirbridge.services import search as searches
from fhirbridge.services.resources import Answer
from fhirbridge.web.answers import FORMATS, wanted_format, with_notices, write_record, write_resource, write_tree
from fhirbridge.web.guards import caller, require_form, the_bridge
from fhirbridge.web.negotiation import body_format, parse_version

api = Blueprint("fhir", __name__, url_prefix="/fhir", static_folder=None)

NOT_SEARCH = frozenset(["_format", "_pretty"])
"""Query parameters that speak to the web layer; they are no search parameters."""

PUBLIC_CACHE = "public, max-age=300"


@api.get("")
def base() -> Response:
    """Refuse a search over all types, and say where the description of this server is."""
    raise UnsupportedSearch("a search over all types is not supported; search one type, see metadata")


@api.get("/metadata")
def metadata() -> Response:
    """Answer with the CapabilityStatement."""
    response = write_tree(capability.statement(the_bridge()), wanted_format())
    response.headers["Cache-Control"] = PUBLIC_CACHE
    return response


@api.get("/.well-known/smart-configuration")
def smart_configuration() -> Response:
    """Answer with where and how to sign in; always plain JSON."""
    response = write_record(capability.smart_configuration(the_bridge()))
    response.headers["Cache-Control"] = PUBLIC_CACHE
    return response


@api.get("/<type_>")
def search(type_: str) -> Response:
    """Search one type by the query string."""
    return _search(type_, list(request.args.items(multi=True)))


@api.post("/<type_>/_search")
def search_by_post(type_: str) -> Response:
    """Search one type by a form, which keeps identifiers out of addresses; the query string adds to it."""
    require_form(request.mimetype)
    return _search(type_, [*request.args.items(multi=True), *request.form.items(multi=True)])


@api.get("/<type_>/<id_>")
def read(type_: str, id_: str) -> Response:
    """Read the present version of a resource."""
    format_ = wanted_format()
    return write_resource(resources.read(the_bridge(), caller(), type_, id_), format_)


@api.get("/<type_>/<id_>/_history/<version>")
def vread(type_: str, id_: str, version: str) -> Response:
    """Read one version of a resource."""
    format_ = wanted_format()
    who = caller()
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise NotFound()
    return write_resource(resources.vread(the_bridge(), who, type_, id_, int(version)), format_)


@api.get("/<type_>/<id_>/$document")
def document(type_: str, id_: str) -> Response:
    """Answer with the document of a Composition, or the newest one that speaks of another resource."""
    format_ = wanted_format()
    params = [(name, value) for name, value in request.args.items(multi=True) if name not in NOT_SEARCH]
    made = documents.make_document(the_bridge(), caller(), type_, id_, params)
    return with_notices(write_tree(made.bundle, format_), made.notices)


@api.post("/<type_>")
def create(type_: str) -> Response:
    """Take in a new resource and answer with it and its address."""
    format_ = wanted_format()
    who = caller()
    key = request.headers.get("Idempotency-Key", "")
    answer = resources.create(the_bridge(), who, read_body(type_), idempotency_key=key)
    return _written(answer, format_)


@api.put("/<type_>/<id_>")
def update(type_: str, id_: str) -> Response:
    """Replace a resource, provided that nobody has changed it since the version in If-Match."""
    format_ = wanted_format()
    who = caller()
    version = parse_version(request.headers.get("If-Match"))
    answer = resources.update(the_bridge(), who, id_, read_body(type_, id_), if_match=version)
    return _written(answer, format_)


def read_body(type_: str, id_: str = "") -> dict[str, Any]:
    """Return the resource in the body; its type, and its id if one is given, are those of the address.

    Raises:
        UnsupportedMediaType, MalformedInput: it cannot be read, or belongs to another address.
    """
    resource: dict[str, Any] = FORMATS[body_format(request.headers.get("Content-Type", ""))].parse(request.get_data())
    if resource["resourceType"] != type_:
        raise MalformedInput("resourceType is not the type in the address")
    if id_ and resource.get("id") != id_:
        raise MalformedInput("id is not the id in the address")
    return resource


def _search(type_: str, pairs: list[tuple[str, str]]) -> Response:
    format_ = wanted_format()
    params = [(name, value) for name, value in pairs if name not in NOT_SEARCH]
    return write_tree(searches.search(the_bridge(), caller(), type_, params), format_)


def _written(answer: Answer, format_: Any) -> Response:
    response = write_resource(answer, format_, status=201 if answer.created else 200)
    address = f"{the_bridge().base_url}/fhir/{answer.type}/{answer.id}/_history/{answer.version}"
    response.headers["Location" if answer.created else "Content-Location"] = address
    return response
