"""The kinds of values at a place, in the words of findings: text, number, truth, date, object."""

from __future__ import annotations

from decimal import Decimal

from fhirbridge.mapping.shapes import FhirShape, Shape
from fhirbridge.mapping.steps import Scalar

_NAMES = {"string": "text", "integer": "a number", "number": "a number", "boolean": "true or false"}
_OF_TYPE: dict[type, str] = {str: "string", bool: "boolean", int: "integer", Decimal: "number"}
_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
_DATES = {"date": "date", "dateTime": "datetime", "instant": "datetime"}
_FORMATS = {"fhir-date": "date", "fhir-datetime": "datetime", "fhir-instant": "datetime"}


def kind_of(shape: Shape) -> str:
    """Return the JSON kind of a shape: string, integer, number, boolean or object."""
    if not isinstance(shape, FhirShape):
        return shape.type if shape.is_leaf else "object"
    if not shape.is_leaf:
        return "object"
    if shape.type in _INTEGERS:
        return "integer"
    return {"boolean": "boolean", "decimal": "number"}.get(shape.type, "string")


def kind_of_value(value: Scalar | Decimal) -> str:
    """Return the JSON kind of a constant."""
    return _OF_TYPE[type(value)]


def named(kind: str) -> str:
    """Return how a finding speaks of a kind."""
    return _NAMES.get(kind, "an object")


def date_kind(shape: Shape) -> str:
    """Return `date` or `datetime` for a place that holds one, else nothing."""
    if isinstance(shape, FhirShape):
        return _DATES.get(shape.type, "")
    return _FORMATS.get(shape.format, "")
