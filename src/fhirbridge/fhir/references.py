"""References between resources: `Patient/1`, `https://host/fhir/Patient/1/_history/2`, `urn:uuid:…`, `#local`.

Source: http://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhirbridge.fhir.elements import is_resource

_LITERAL = re.compile(
    r"(?:(?P<base>https?://[^\s#?]+)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?"
)
_URN = re.compile(r"urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|oid:[0-2](?:\.(?:0|[1-9][0-9]*))+)")


@dataclass(frozen=True, slots=True)
class Literal:
    """A reference that names a resource by type and id; `base` is "" when it is relative."""

    type: str
    id: str
    base: str = ""
    version: str = ""

    @property
    def key(self) -> str:
        """Type and id, without base and version: `Patient/1`."""
        return f"{self.type}/{self.id}"


def find_literal(reference: str) -> Literal | None:
    """Return the parts of a reference to a resource, or None for a URN, a local one or any other text.

    >>> find_literal("https://ehr.example/fhir/Patient/7/_history/2")
    Literal(type='Patient', id='7', base='https://ehr.example/fhir', version='2')
    """
    match = _LITERAL.fullmatch(reference)
    if match is None or not is_resource(match["type"]):
        return None
    return Literal(match["type"], match["id"], match["base"] or "", match["version"] or "")


def find_local(reference: str, base_url: str) -> Literal | None:
    """Return the parts of a reference to a resource of this server: a relative one, or one below its base URL."""
    literal = find_literal(reference)
    return literal if literal and literal.base in ("", base_url.rstrip("/")) else None


def is_contained(reference: str) -> bool:
    """Say whether a reference points inside its own resource: `#p1`, or `#` for the resource itself."""
    return reference.startswith("#")


def is_urn(reference: str) -> bool:
    """Say whether a reference is a UUID or OID, which points at an entry of the same Bundle."""
    return _URN.fullmatch(reference) is not None
