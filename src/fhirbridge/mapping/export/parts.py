"""The steps of a path as FHIR's mapping language names them: choices by their stem, other names made plain."""

from __future__ import annotations

from dataclasses import dataclass

from fhirbridge.fhir.elements import find_element
from fhirbridge.mapping.export.names import identifier
from fhirbridge.mapping.steps import Scalar, Step, Steps


@dataclass(frozen=True, slots=True)
class Part:
    """One step.

    Attributes:
        element: the name to write; `value` for `valueCode`.
        type: the FHIR type of what stands there; nothing on a side that is not FHIR.
        is_choice: whether the type has to be said with the element.
        is_list: whether it may stand there more than once.
        where: the selectors, each a path below and the value it has.
    """

    element: str
    type: str
    is_choice: bool
    is_list: bool
    step: Step
    where: tuple[tuple[tuple[Part, ...], Scalar], ...] = ()


def parts_of(type_: str, steps: Steps) -> tuple[Part, ...]:
    """Return the parts of a path below a FHIR type, or below a place of another side (type nothing)."""
    found: list[Part] = []
    for step in steps:
        part = _part(type_, step)
        found.append(part)
        type_ = part.type
    return tuple(found)


def _part(type_: str, step: Step) -> Part:
    element = find_element(type_, step.name) if type_ else None
    if element is None:
        return Part(_plain(step.name), "", False, step.is_many, step, _wheres("", step))
    name = element.choice or element.name
    return Part(name, element.type, bool(element.choice), element.is_list, step, _wheres(element.type, step))


def _wheres(type_: str, step: Step) -> tuple[tuple[tuple[Part, ...], Scalar], ...]:
    return tuple((parts_of(type_, where.steps), where.value) for where in step.where)


def _plain(name: str) -> str:
    """Return a name of a partner's format as an element of a logical model may be called."""
    return name if name.isascii() and name.replace("_", "a").isalnum() and name[0].isalpha() else identifier(name)
