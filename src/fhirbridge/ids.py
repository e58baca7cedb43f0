"""Identifiers: stable ones made from a business key, fresh ones made at random.

A resource made from a record keeps its id for ever, because the id is a hash of where the record came from
and its own key; the key itself travels as a business identifier.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode

CANONICAL = "https://fhirbridge.org/fhir"
"""Base of every profile, code system and identifier namespace that is ours."""


def stable_id(*parts: str) -> str:
    """Return a FHIR id (26 characters, `[a-z2-7]`) that is the same for the same parts.

    >>> stable_id("riverside", "Goal", "g-1") == stable_id("riverside", "Goal", "g-1")
    True
    >>> stable_id("a", "bc") == stable_id("ab", "c")
    False

    Source: http://hl7.org/fhir/R4/datatypes.html#id
    """
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return b32encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]).decode().rstrip("=").lower()


def new_id(prefix: str = "") -> str:
    """Return a fresh id: the prefix, then 26 random characters (128 bit)."""
    return prefix + b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def fingerprint(body: bytes) -> str:
    """Return the SHA-256 of a body in hex: the same bytes give the same fingerprint."""
    return hashlib.sha256(body).hexdigest()


def key_system(source: str, name: str) -> str:
    """Return the identifier system under which a source's business key travels.

    >>> key_system("riverside", "plan")
    'https://fhirbridge.org/fhir/sid/riverside/plan'
    """
    return f"{CANONICAL}/sid/{source}/{name}"
