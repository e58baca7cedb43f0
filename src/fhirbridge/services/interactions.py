"""What can be done with which type: one table, read by the guards, the searches and the CapabilityStatement.

Served are the types that the record maps make. A directory type is one whose every resource speaks of no person.
"""

from __future__ import annotations

from collections.abc import Mapping

from fhirbridge.auth.scopes import Interaction, covers
from fhirbridge.errors import Forbidden, MethodNotAllowed, NotFound
from fhirbridge.services.bridge import Bridge, Caller

READING: tuple[Interaction, ...] = ("read", "vread", "search-type")
WRITING: Mapping[str, tuple[Interaction, ...]] = {"ServiceRequest": ("create", "update")}
DIRECTORY_CLASS = "D0"
PATIENT = "Patient"


def interactions_of(bridge: Bridge, type_: str) -> tuple[Interaction, ...]:
    """Return what can be done with a type; nothing for a type that is not served."""
    return (*READING, *WRITING.get(type_, ())) if type_ in served_types(bridge) else ()


def served_types(bridge: Bridge) -> tuple[str, ...]:
    """Return the types that this bridge serves, in order."""
    return tuple(sorted({PATIENT, *_classes(bridge)}))


def is_directory(bridge: Bridge, type_: str) -> bool:
    """Say whether every resource of a type is a directory entry."""
    return _classes(bridge).get(type_) == {DIRECTORY_CLASS}


def guard(bridge: Bridge, caller: Caller, type_: str, interaction: Interaction) -> None:
    """Return when this caller may ask for this.

    Raises:
        NotFound: the type is not served.
        MethodNotAllowed: the type is served, but not for this.
        Forbidden: the token does not cover it.
    """
    offered = interactions_of(bridge, type_)
    if not offered:
        raise NotFound("This server has no such type; metadata names those it has.")
    if interaction not in offered:
        raise MethodNotAllowed(f"This server has no {interaction} for this type; metadata says what it has.")
    if not covers(caller.scopes, type_, interaction):
        raise Forbidden(f"The token does not cover {interaction} of {type_}.")


def _classes(bridge: Bridge) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in bridge.maps.names():
        map_ = bridge.maps.get(name)
        for block in map_.blocks if map_.right.kind == "fhir" else ():
            found.setdefault(block.type, set()).add(block.data_class)
    return found
