"""What an expression may ask of the world around the value: the resource it stands in, references, code lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fhirbridge.times import Clock, utc_now

Tree = dict[str, Any]
Typed = tuple[str, Any]
"""A value with the name of its FHIR type; values that the expression itself makes have a `System.` type."""


def _find_nothing(reference: str) -> Tree | None:
    return None


def _cannot_tell(text: str) -> bool | None:
    return None


def _cannot_say(value: Any, canonical: str) -> bool | None:
    return None


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands around a value.

    `resource` is %resource and `root` %rootResource (the container of a contained resource); None leaves them out.
    `resolve` finds the resource a reference text names; None: not known. `member_of` says whether a code, Coding or
    CodeableConcept is in a value set, `conforms_to` whether a resource meets a profile, `is_narrative`
    whether a text is XHTML that a narrative may hold; None: not known. `clock` is what `now()` reads.
    `skips_lost` leaves a reference out that leads nowhere, as a search index does, where a rule would not be judged.
    """

    resource: Tree | None = None
    root: Tree | None = None
    resolve: Callable[[str], Tree | None] = _find_nothing
    member_of: Callable[[Any, str], bool | None] = _cannot_say
    conforms_to: Callable[[Tree, str], bool | None] = _cannot_say
    is_narrative: Callable[[str], bool | None] = _cannot_tell
    clock: Clock = utc_now
    skips_lost: bool = False


NO_SCENE = Scene()
"""Nothing around the value: no resource, no reference leads anywhere, no list is known."""
