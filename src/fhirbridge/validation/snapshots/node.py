"""One element of a snapshot, as a tree: children by name, slices by name. What says nothing of validity is left out.

Law of this file: a child is copied from its type when something is said of it, not before; `children` is None until
then, and means "as the type has them".
Source: http://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type an element may have: FHIR type or backbone path, profiles of it, and profiles a reference may point at."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Where codes come from: strength, value set, and the value set that no code may leave ("" for none)."""

    strength: str
    value_set: str
    max_value_set: str = ""


@dataclass(frozen=True, slots=True)
class Discriminator:
    """How items are told apart: type is value, pattern, exists, type or profile; path as the profile writes it."""

    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the items of an element are told apart, whether others may stand among them, whether order counts."""

    discriminators: tuple[Discriminator, ...]
    rules: str = "open"
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An invariant that a profile adds."""

    key: str
    severity: str
    human: str
    expression: str


@dataclass(slots=True)
class Node:
    """An element: `value[x]` for a choice; `max` None for any number; `fixed` and `pattern` a tuple of one value or ().

    Attributes:
        stated: a differential speaks of it.
        note: what the differential tells people of it.
    """

    name: str
    min: int = 0
    max: int | None = None
    types: tuple[TypeRef, ...] = ()
    binding: Binding | None = None
    fixed: tuple[Any, ...] = ()
    pattern: tuple[Any, ...] = ()
    rules: tuple[Rule, ...] = ()
    must_support: bool = False
    slicing: Slicing | None = None
    max_length: int | None = None
    limits: tuple[Any, Any] = (None, None)
    stated: bool = False
    note: str = ""
    children: dict[str, Node] | None = None
    slices: dict[str, Node] = field(default_factory=dict)

    @property
    def is_choice(self) -> bool:
        """Whether JSON has a key for each type of it."""
        return self.name.endswith("[x]")

    def copy(self) -> Node:
        """Return the element with everything below it, for a profile to change."""
        children = None if self.children is None else {name: each.copy() for name, each in self.children.items()}
        return replace(self, children=children, slices={name: each.copy() for name, each in self.slices.items()})

    def key_of(self, type_: str) -> str:
        """Return the JSON name the element has with a type.

        >>> Node("value[x]").key_of("dateTime"), Node("code").key_of("code")
        ('valueDateTime', 'code')
        """
        return f"{self.name[:-3]}{type_[:1].upper()}{type_[1:]}" if self.is_choice else self.name
