"""Datatypes whose elements have to agree with each other.

Source: http://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from hashlib import sha1
from typing import Any

from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

SIZE = Kind("attachment-size", "size is not the number of bytes that data holds.")
HASH = Kind("attachment-hash", "hash is not the SHA-1 of what data holds.")
BARE = Kind("attachment-empty", "The attachment has neither data nor url, and says nothing of its content.", "warning")
SYSTEM = Kind("identifier-system", "The system of an identifier is an absolute URI: http, https, urn or ldap.")
NOT_URI = Kind("identifier-uri", "The system says that the value is a URI, and it is not an absolute one.")
UNSAID = Kind("reference-empty", "The reference names nothing: it has no reference, identifier or display.", "warning")

_URI_SYSTEM = "urn:ietf:rfc:3986"


def attachment(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add where size or hash of an attachment do not fit its data."""
    data = value.get("data")
    if isinstance(data, str):
        return _held(faults, value, _decoded(data)) if "size" in value or "hash" in value else faults
    if value.keys().isdisjoint(("data", "_data", "url", "_url", "contentType", "language")):
        return note(faults, "", BARE)
    return faults


def _held(faults: Faults | None, value: Tree, held: bytes | None) -> Faults | None:
    if held is None:
        return faults
    size, hash_ = value.get("size"), value.get("hash")
    if isinstance(size, int) and size != len(held):
        faults = note(faults, ".size", SIZE)
    if isinstance(hash_, str) and hash_ != b64encode(sha1(held, usedforsecurity=False).digest()).decode():
        faults = note(faults, ".hash", HASH)
    return faults


def _decoded(data: str) -> bytes | None:
    try:
        return b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def identifier(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add where the system of an identifier is none, or its value is not what the system says."""
    system, text = value.get("system"), value.get("value")
    if not isinstance(system, str) or system.startswith(("https:", "http:")):
        return faults
    if not system.startswith(("urn:", "ldap:")):
        return note(faults, ".system", SYSTEM)
    if system == _URI_SYSTEM and isinstance(text, str) and not is_absolute(text):
        return note(faults, ".value", NOT_URI)
    return faults


def is_bare(value: Tree) -> bool:
    """Say whether a reference names nothing at all."""
    return value.keys().isdisjoint(("reference", "_reference", "identifier", "display", "extension"))
