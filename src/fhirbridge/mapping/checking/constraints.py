"""What a profile demands, as the checks see it. Who reads profiles hands them in; this package reads none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol


class Constraint(Protocol):
    """One element of a profile: how often it stands in each parent, and what each item must be.

    Attributes:
        parent: JSON names above the element; () for the resource.
        keys: JSON names it may stand under; `forbidden`: those of its choice that the profile rules out.
        pattern, fixed: a tree that each item holds, or is; None where there is none.
        url: of the extension meant.
        targets: resource types that a reference may name; empty where all may be.
        is_slice: whether only items that match are counted.
    """

    @property
    def parent(self) -> tuple[str, ...]: ...
    @property
    def name(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int | None: ...
    @property
    def forbidden(self) -> tuple[str, ...]: ...
    @property
    def pattern(self) -> Any: ...
    @property
    def fixed(self) -> Any: ...
    @property
    def url(self) -> str: ...
    @property
    def targets(self) -> Collection[str]: ...
    @property
    def is_slice(self) -> bool: ...
    @property
    def must_support(self) -> bool: ...


class Constraints(Protocol):
    """A profile: its canonical URL, the resource type it constrains, its rules."""

    @property
    def id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def rules(self) -> Sequence[Constraint]: ...


Profiles = Mapping[str, Constraints]
"""Profiles by canonical URL; empty where they are not known, and then nothing is said of them."""
