"""The extensions and profiles that R4 itself defines; read when the first is asked for.

Source: http://hl7.org/fhir/R4/extension-registry.html, http://hl7.org/fhir/R4/profilelist.html
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

CORE = "http://hl7.org/fhir/StructureDefinition/"
"""What the canonical of each of them starts with."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """What an extension holds: a value of one of the types, or parts by name; `value_set` binds the value."""

    types: frozenset[str]
    parts: dict[str, NamedPart]
    value_set: str


class NamedPart(msgspec.Struct, frozen=True, array_like=True):
    """A part of an extension by its name: how often it stands there, and what it holds."""

    min: int
    max: int | None
    part: Part


class CoreExtension(msgspec.Struct, frozen=True, array_like=True):
    """An extension: the elements and types it may stand on, and whether it changes their meaning."""

    contexts: frozenset[str]
    is_modifier: bool
    part: Part


def find_extension(url: str) -> CoreExtension | None:
    """Return an extension of R4, or None where R4 defines none with this URL.

    >>> sorted(find_extension("http://hl7.org/fhir/StructureDefinition/humanname-mothers-family").contexts)
    ['HumanName.family']
    """
    return all_extensions().get(url)


@cache
def all_extensions() -> dict[str, CoreExtension]:
    """Return every extension of R4 by its URL."""
    body = Path(__file__).with_name("r4_extensions.json").read_bytes()
    return msgspec.json.decode(body, type=dict[str, CoreExtension])


@cache
def core_profiles() -> tuple[tuple[str, bytes], ...]:
    """Return the profiles of R4 as (canonical URL, StructureDefinition in JSON)."""
    body = Path(__file__).with_name("r4_profiles.json").read_bytes()
    raw = msgspec.json.decode(body, type=tuple[msgspec.Raw, ...])
    return tuple((msgspec.json.decode(each, type=_Head).url, bytes(each)) for each in raw)


class _Head(msgspec.Struct):
    url: str
