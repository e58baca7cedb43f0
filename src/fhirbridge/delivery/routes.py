"""Which partners want a kind of record, and where: read from what each partner registered.

This module knows no partner class; anything with routes will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class RouteLike(Protocol):
    """Where one kind of record goes, and through which map."""

    @property
    def kind(self) -> str: ...
    @property
    def map(self) -> str: ...
    @property
    def url(self) -> str: ...


class HasRoutes(Protocol):
    """Somebody who may have registered routes."""

    @property
    def routes(self) -> Sequence[RouteLike]: ...


class Destination(NamedTuple):
    """One partner that wants a record: its id, the map that writes its format, the address."""

    partner: str
    map: str
    url: str


def routes_for(partners: Mapping[str, HasRoutes], kind: str) -> tuple[Destination, ...]:
    """Return every destination that wants this kind of record, by partner id, then as registered.

    To want is not to get: each destination still passes the one door out.
    """
    return tuple(
        Destination(id_, route.map, route.url)
        for id_ in sorted(partners)
        for route in partners[id_].routes
        if route.kind == kind
    )


def find_route(partners: Mapping[str, HasRoutes], partner: str, kind: str) -> Destination | None:
    """Return where this partner wants this kind of record sent, or None when it no longer does."""
    return next((found for found in routes_for(partners, kind) if found.partner == partner), None)
