"""Reads `r4_table.json`, once; everything else in this package asks here. Holds no meaning of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec


class More(msgspec.Struct, frozen=True):
    """What only some elements have: binding as (strength, value set), and XML attribute instead of XML element."""

    binding: tuple[str, str] | None = None
    attribute: bool = False


class ElementRow(msgspec.Struct, frozen=True, array_like=True):
    """An element as the definitions have it: choices not expanded, a type is a name or [Reference, target, ...]."""

    name: str
    types: tuple[str | tuple[str, ...], ...]
    min: int
    max: int | None
    more: More = More()


class RuleRow(msgspec.Struct, frozen=True, array_like=True):
    """An invariant: where it stands, its key, `error` or `warning`, its FHIRPath expression, what it says in words.

    `is_best_practice` marks a wish that a valid resource may leave unmet.
    """

    path: str
    key: str
    severity: str
    expression: str
    human: str
    is_best_practice: bool


class TypeRow(msgspec.Struct, frozen=True):
    """A type: kind is resource, datatype, backbone or abstract; elements in the specification's order."""

    kind: str
    elements: tuple[ElementRow, ...]
    rules: tuple[RuleRow, ...]


class SearchRow(msgspec.Struct, frozen=True, array_like=True):
    """A search parameter of one type: expression is "" where the server has to find the values itself.

    `id` is that of its definition, "" where it is the type and the name: `Patient-active`.
    """

    name: str
    type: str
    expression: str
    targets: tuple[str, ...]
    id: str = ""


class Table(msgspec.Struct, frozen=True, rename="camel"):
    """All facts: types and backbone paths, primitive patterns, codes by value set and system, search parameters."""

    fhir_version: str
    types: dict[str, TypeRow]
    primitives: dict[str, str]
    codes: dict[str, dict[str, frozenset[str]]]
    search: dict[str, tuple[SearchRow, ...]]


@cache
def table() -> Table:
    """Return the facts of FHIR R4 4.0.1."""
    return msgspec.json.decode(Path(__file__).with_name("r4_table.json").read_bytes(), type=Table)
