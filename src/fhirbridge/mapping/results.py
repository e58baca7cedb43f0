"""What a run of a map gives back: items with their traces to the right, a tree to the left, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a map made: a resource or a record, with its key and where each element came from."""

    type: str
    id: str
    key: str
    body: dict[str, Any]
    trace: dict[str, Any]
    data_class: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a map made of a tree. An issue of severity error means that it must not be used."""

    items: tuple[Item, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """The left tree that a map made of resources or records."""

    tree: dict[str, Any]
    issues: tuple[Issue, ...]
