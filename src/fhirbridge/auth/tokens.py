"""Access tokens: opaque, 256 bit, short-lived. Only the SHA-256 of a token is ever kept.

A token carries no meaning, so nothing in it can be forged or read; what it allows stands in the store under its hash.
Looking a hash up is safe against timing: who can steer the hash of a guess already has the token.
Source: RFC 6750 sections 2.1 and 5.2; SMART Backend Services, expires_in SHOULD be at most 300
"""

from __future__ import annotations

import hashlib
import re
import secrets

LIFETIME_S = 300
"""How long a token lives, in seconds."""

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]{43})")


def new_token() -> tuple[str, str]:
    """Return a fresh token (43 characters, 256 bit) and its hash, the only thing to keep."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_bearer(authorization: str | None) -> str | None:
    """Return the token of an Authorization header, or None when it holds no token of our shape.

    A header that is too long, of another scheme, or a client's own secret used as a token is no token.

    >>> find_bearer("Basic dXNlcjpwYXNz") is None, find_bearer(None) is None
    (True, True)

    Source: RFC 6750 section 2.1
    """
    match = _BEARER.fullmatch(authorization or "")
    return match[1] if match else None
