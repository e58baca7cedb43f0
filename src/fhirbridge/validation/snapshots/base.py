"""The elements that R4 itself gives a type, as nodes made from the R4 table; whoever changes one copies it first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.table import ElementRow, table
from fhirbridge.validation.snapshots.node import Binding, Node, TypeRef

CORE = "http://hl7.org/fhir/StructureDefinition/"


def is_core_type(canonical: str) -> bool:
    """Say whether a canonical URL names a type of R4 itself, such as Patient or HumanName."""
    return canonical.startswith(CORE) and (name_of(canonical) in table().types or is_primitive(name_of(canonical)))


def name_of(canonical: str) -> str:
    """Return the type that the canonical URL of an R4 type names."""
    return canonical.partition("|")[0].removeprefix(CORE)


def root_of(type_: str) -> Node:
    """Return a new root for a profile of a type."""
    return Node(type_, types=(TypeRef(type_),))


@cache
def children_of(type_: str) -> Mapping[str, Node]:
    """Return the elements of a type or backbone path by name; a primitive has id, extension and value."""
    types = table().types
    row = types.get(type_) or types["Element"]
    found = {each.name: _node(each) for each in row.elements}
    return found if type_ in types else {**found, "value": Node("value", max=1)}


def _node(row: ElementRow) -> Node:
    binding = Binding(*row.more.binding) if row.more.binding else None
    return Node(row.name, row.min, row.max, tuple(map(_type, row.types)), binding)


def _type(type_: str | tuple[str, ...]) -> TypeRef:
    if isinstance(type_, str):
        return TypeRef(type_)
    code, *targets = type_
    return TypeRef(code, targets=tuple(f"{CORE}{target}" for target in targets))
