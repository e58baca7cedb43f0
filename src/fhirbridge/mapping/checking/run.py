"""The checks of one map that binds, in the order in which they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking import (
    blocks,
    codes,
    conditions,
    declared,
    fields,
    privacy,
    profiles,
    required,
    values,
    writes,
)
from fhirbridge.mapping.checking.scene import Scene

CHECKS: tuple[Callable[[Scene], Iterator[Issue]], ...] = (
    writes.check,
    required.check,
    codes.check,
    fields.check,
    values.check,
    conditions.check,
    blocks.check,
    privacy.check,
    profiles.check,
    declared.check,
)


def check_map(scene: Scene) -> tuple[Issue, ...]:
    """Return the findings of a map that binds, or of what is left of it where parts were refused."""
    return tuple(issue for check in CHECKS for issue in check(scene))
