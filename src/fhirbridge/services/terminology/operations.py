"""The operations in one table: what each is called, what it may be asked, what answers it. Web and metadata read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from fhirbridge.services.terminology import codes, maps, sets
from fhirbridge.services.terminology.parameters import Asked
from fhirbridge.terminology.service import Terminology

Answerer = Callable[[Terminology, Asked, datetime], dict[str, Any]]


class Operation(NamedTuple):
    """An operation on a resource type.

    `parameters` may be asked; `answer` takes the terminology, what is asked, and the time now.
    """

    type: str
    name: str
    definition: str
    parameters: tuple[str, ...]
    answer: Answerer


def _timeless(answer: Callable[[Terminology, Asked], dict[str, Any]]) -> Answerer:
    return lambda terminology, asked, _now: answer(terminology, asked)


_DEFINITIONS = "http://hl7.org/fhir/OperationDefinition/"
_ROWS: tuple[tuple[str, str, tuple[str, ...], Answerer], ...] = (
    ("CodeSystem", "lookup", codes.LOOKUP, _timeless(codes.lookup)),
    ("CodeSystem", "validate-code", codes.VALIDATE_IN_SYSTEM, _timeless(codes.validate_in_system)),
    ("CodeSystem", "subsumes", codes.SUBSUMES, _timeless(codes.subsumes)),
    ("ValueSet", "validate-code", codes.VALIDATE_IN_SET, _timeless(codes.validate_in_set)),
    ("ValueSet", "expand", sets.EXPAND, sets.expand),
    ("ConceptMap", "translate", maps.TRANSLATE, _timeless(maps.translate)),
)

OPERATIONS = tuple(
    Operation(type_, name, f"{_DEFINITIONS}{type_}-{name}", names, answer) for type_, name, names, answer in _ROWS
)
"""Every operation, by type."""
