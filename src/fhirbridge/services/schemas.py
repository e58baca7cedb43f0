"""The published schemas of our records."""

from __future__ import annotations

from fhirbridge.errors import NotFound
from fhirbridge.records import KINDS


def kinds() -> tuple[str, ...]:
    """Return the names of all record kinds."""
    return tuple(KINDS)


def schema(kind: str) -> dict[str, object]:
    """Return the JSON Schema of a record kind, with `x-sensitivity` on each field.

    Raises:
        NotFound: no such kind.
    """
    if kind not in KINDS:
        raise NotFound(f"There is no such record kind; known are: {', '.join(KINDS)}.")
    return KINDS[kind].published_schema()
