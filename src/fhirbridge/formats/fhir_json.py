"""FHIR JSON: one resource as a tree, and back.

Source: http://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from typing import Any

from fhirbridge.errors import Issue, MalformedInput
from fhirbridge.fhir.elements import is_resource
from fhirbridge.formats import json_text

MEDIA_TYPES = ("application/fhir+json", "application/json")


def parse(body: bytes) -> dict[str, Any]:
    """Return the tree of a resource.

    Raises:
        MalformedInput: the body is no JSON object or `resourceType` names no R4 resource type.
    """
    tree = json_text.parse(body)
    if not isinstance(tree, dict):
        raise MalformedInput("The body is not a JSON object, so it is no FHIR resource.")
    name = tree.get("resourceType")
    if not isinstance(name, str) or not is_resource(name):
        message = "resourceType is missing or names no FHIR R4 resource type."
        raise MalformedInput(message, issues=[Issue("FB400", message, expression="resourceType")])
    return tree


def format(resource: dict[str, Any]) -> bytes:
    """Return the JSON text of a resource, `resourceType` first, decimals with the digits they came with."""
    return json_text.format({"resourceType": resource["resourceType"], **resource})
