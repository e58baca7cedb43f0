"""What a value set is: parts to include and to exclude. The structs are what the committed table of R4 holds.

Source: http://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

import msgspec


class Filter(msgspec.Struct, frozen=True, array_like=True):
    """A condition on the concepts of a part's code system."""

    property: str
    op: str
    value: str


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """A coding that an expansion lists."""

    system: str
    code: str
    display: str = ""


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Codes of one system (those named, those a filter leaves, or all), that are also in all of `value_sets`.

    Attributes:
        codes: code -> display; empty: not named one by one.
        is_withheld: the definition names more codes than stand here.
    """

    system: str = ""
    version: str = ""
    codes: dict[str, str] = {}
    filters: tuple[Filter, ...] = ()
    value_sets: tuple[str, ...] = ()
    is_withheld: bool = False


class ValueSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value set as it was published.

    Attributes:
        expansion: the codings it came expanded to; None: it came without.
        is_expansion_whole: no other coding is in the value set.
        is_readable: False: the resource is not well formed, and nothing is known of the set.
    """

    url: str
    version: str = ""
    name: str = ""
    include: tuple[Part, ...] = ()
    exclude: tuple[Part, ...] = ()
    expansion: tuple[Listed, ...] | None = None
    is_expansion_whole: bool = True
    is_readable: bool = True
