"""JSON that is not FHIR: exports of partners and records of our own, as trees."""

from __future__ import annotations

from typing import Any

from fhirbridge.errors import MalformedInput
from fhirbridge.formats import json_text

MEDIA_TYPES = ("application/json",)


def parse(body: bytes) -> dict[str, Any]:
    """Return the tree of a JSON object.

    Raises:
        MalformedInput: the body is no JSON object; with line, column and path where known.
    """
    tree = json_text.parse(body)
    if not isinstance(tree, dict):
        raise MalformedInput("The body is not a JSON object; send one record as one object.")
    return tree


def format(tree: Any) -> bytes:
    """Return the JSON text of a tree."""
    return json_text.format(tree)
