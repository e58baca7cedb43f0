"""Where a resource carries the key of the item that it was made of: in `identifier`, or as a tag where it has none.

R4 gives Provenance no identifier. `meta.tag` is the one element that every resource has for what systems need to know
of it; system and code of the tag are system and value of the identifier that it stands for.
Source: http://hl7.org/fhir/R4/resource.html#Meta
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fhirbridge.fhir.elements import find_element, is_resource

Tree = Mapping[str, Any]


def is_tagged(type_: str) -> bool:
    """Say whether resources of a type have no identifier, so that a tag carries their key."""
    return is_resource(type_) and find_element(type_, "identifier") is None


def identifiers_of(body: Tree) -> list[dict[str, Any]]:
    """Return the identifiers of a resource that are objects, one or many."""
    carried = body.get("identifier")
    return [each for each in (carried if isinstance(carried, list) else [carried]) if isinstance(each, dict)]


def iter_keys(body: Tree) -> Iterator[tuple[Any, Any]]:
    """Yield (system, value) of each identifier of a resource, and of each tag of one that has no identifier."""
    yield from ((each.get("system"), each.get("value")) for each in identifiers_of(body))
    meta = body.get("meta") if is_tagged(str(body.get("resourceType"))) else None
    tags = meta.get("tag") if isinstance(meta, dict) else None
    for each in tags if isinstance(tags, list) else ():
        if isinstance(each, dict):
            yield each.get("system"), each.get("code")
