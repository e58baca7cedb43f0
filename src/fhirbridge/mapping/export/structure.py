"""What a StructureMap is, before it is text or JSON: groups of rules, sources and targets.

Names and variables are letters and digits, so that they are good as FHIR ids and as FML identifiers.
Source: http://hl7.org/fhir/R4/structuremap.html
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mode = Literal["source", "target"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter that names a variable."""

    name: str


Parameter = Variable | str | bool | int | Decimal
"""A parameter of a transform: a variable, or a literal."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule reads: an element of a context, or the context itself. `condition` and `check` are FHIRPath."""

    context: str
    element: str = ""
    type: str = ""
    mode: str = ""
    variable: str = ""
    condition: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule writes. Without a transform the element is made empty, for other rules to fill."""

    context: str
    element: str
    transform: str = ""
    parameters: tuple[Parameter, ...] = ()
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Another group, given variables."""

    group: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It ends in rules of its own or in a call of a group, never in both."""

    name: str
    sources: tuple[Source, ...]
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    call: Call | None = None
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a group; the type may be left open."""

    mode: Mode
    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rules. `documentation` says what its rules leave out."""

    name: str
    inputs: tuple[Input, ...]
    rules: tuple[Rule, ...]
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """A structure that the map reads or writes."""

    url: str
    alias: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class Structure:
    """A whole StructureMap. The first group is where a run begins."""

    url: str
    name: str
    version: str
    title: str
    uses: tuple[Uses, ...]
    groups: tuple[Group, ...]
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """What the mapping language cannot say: the place in the map, and what is left out."""

    location: str
    text: str
