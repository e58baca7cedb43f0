"""The elements of each R4 type: order, cardinality, types, choices, reference targets, bindings.

Source: http://hl7.org/fhir/R4/elementdefinition.html, facts from `r4_table.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fhirbridge.fhir.table import ElementRow, RuleRow, table


@dataclass(frozen=True, slots=True)
class Binding:
    """Where an element's codes come from.

    `codes` is empty unless the binding is required and its codes can be counted out.
    """

    strength: str
    value_set: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it stands in JSON: a choice such as `value[x]` is one Element for each type."""

    name: str
    type: str
    min: int
    max: int | None
    choice: str = ""
    targets: tuple[str, ...] = ()
    binding: Binding | None = None
    is_attribute: bool = False

    @property
    def is_list(self) -> bool:
        """Whether JSON has an array here."""
        return self.max != 1


RESOURCE_TYPES: tuple[str, ...] = tuple(sorted(name for name, row in table().types.items() if row.kind == "resource"))
"""Every R4 resource type that can be an instance, in alphabetical order."""

_RESOURCES = frozenset(RESOURCE_TYPES)


def find_element(type_: str, name: str) -> Element | None:
    """Return an element of a type by its JSON name, or None when the type has no such element.

    >>> find_element("Goal.target", "dueDate").type
    'date'
    """
    return _by_name(type_).get(name)


@cache
def elements_of(type_: str) -> tuple[Element, ...]:
    """Return the elements of a type in the specification's order; () for primitives and unknown types."""
    row = table().types.get(type_)
    return tuple(element for each in row.elements for element in _iter_expanded(each)) if row else ()


@cache
def find_binding(strength: str, value_set: str) -> Binding:
    """Return a binding with the codes it allows, where they are known."""
    systems = table().codes.get(value_set, {}) if strength == "required" else {}
    return Binding(strength, value_set, frozenset().union(*systems.values()))


def concepts_of(value_set: str) -> dict[str, frozenset[str]]:
    """Return the codes of a value set by code system; {} where they are not known."""
    return table().codes.get(value_set, {})


def rules_of(type_: str) -> tuple[RuleRow, ...]:
    """Return the invariants that R4 sets on a type itself, not the inherited ones."""
    row = table().types.get(type_)
    return row.rules if row else ()


def pattern_of(primitive: str) -> str:
    """Return the regular expression of a primitive's JSON text; "" where R4 gives none."""
    return table().primitives[primitive]


def is_primitive(type_: str) -> bool:
    """Say whether a type is a primitive such as `string` or `date`."""
    return type_ in table().primitives


def is_resource(type_: str) -> bool:
    """Say whether a type is a resource that can be an instance."""
    return type_ in _RESOURCES


@cache
def _by_name(type_: str) -> dict[str, Element]:
    return {element.name: element for element in elements_of(type_)}


def _iter_expanded(row: ElementRow) -> Iterator[Element]:
    binding = find_binding(*row.more.binding) if row.more.binding else None
    choice = row.name.removesuffix("[x]") if row.name.endswith("[x]") else ""
    for each in row.types:
        type_, *targets = (each,) if isinstance(each, str) else each
        name = choice + type_[0].upper() + type_[1:] if choice else row.name
        bound = binding if type_ in _BOUND else None
        yield Element(name, type_, row.min, row.max, choice, tuple(targets), bound, row.more.attribute)


_BOUND = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri"})
