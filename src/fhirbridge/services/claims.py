"""What a resource claims on its way in and out: what the site or a partner wants, as far as the resource meets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhirbridge.validation.check import Checker
from fhirbridge.validation.claims import Claims


def claimed(
    resource: dict[str, Any], claims: Claims, checker: Checker, *, guides: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the resource with what it may claim of the guides (None: the site's), and nothing it does not meet."""
    return claims.put(resource, guides, checker.conforms)
