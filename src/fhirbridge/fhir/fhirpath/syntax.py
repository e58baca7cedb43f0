"""The tree of a FHIRPath expression. Holds no meaning beyond its shape.

Source: http://hl7.org/fhirpath/N1/grammar.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression; `type` is its System type."""

    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Empty:
    """`{}`: the collection that holds nothing."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`%name`: something the surroundings supply."""

    name: str


@dataclass(frozen=True, slots=True)
class Special:
    """`$this`, `$index` or `$total`, without the dollar sign."""

    name: str


@dataclass(frozen=True, slots=True)
class Child:
    """The children of a name; `of` is None where the step stands first and so means the focus."""

    of: Expression | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function; `of` is None where it stands first."""

    of: Expression | None
    name: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """`of[index]`."""

    of: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Sign:
    """`+of` or `-of`."""

    sign: str
    of: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions with an operator between them."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`of is type` or `of as type`; the type is written `Quantity`, `FHIR.Quantity` or `System.Quantity`."""

    operator: str
    of: Expression
    type: str


Expression = Literal | Empty | Variable | Special | Child | Call | Item | Sign | Binary | TypeTest
