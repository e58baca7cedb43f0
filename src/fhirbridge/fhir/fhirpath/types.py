"""What FHIRPath has to know of FHIR's types: which is a kind of which, and which System type a primitive stands for.

Source: http://hl7.org/fhir/R4/fhirpath.html#types, http://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

from functools import lru_cache

from fhirbridge.fhir.elements import is_primitive, is_resource
from fhirbridge.fhir.table import table

SYSTEM_NAMES = frozenset({"Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"})

KIND_OF = {
    "boolean": "Boolean",
    "integer": "Integer",
    "positiveInt": "Integer",
    "unsignedInt": "Integer",
    "decimal": "Decimal",
    "date": "Date",
    "dateTime": "DateTime",
    "instant": "DateTime",
    "time": "Time",
}
"""FHIR primitives that are no text, with the System type they stand for."""

QUANTITIES = frozenset({"Quantity", "Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity"})

_PARENTS = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "canonical", "oid", "uuid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
    **dict.fromkeys(QUANTITIES - {"Quantity"}, "Quantity"),
    **dict.fromkeys(("Bundle", "Binary", "Parameters", "DomainResource"), "Resource"),
    **dict.fromkeys(("Timing", "Dosage", "ElementDefinition", "MarketingStatus", "Population"), "BackboneElement"),
    **dict.fromkeys(("ProdCharacteristic", "ProductShelfLife", "SubstanceAmount"), "BackboneElement"),
    "BackboneElement": "Element",
}


def kind_of(type_: str) -> str | None:
    """Return the System type a value counts as, without its `System.`; None for a type with children only."""
    if type_.startswith("System."):
        return type_[7:]
    if type_ in QUANTITIES:
        return "Quantity"
    return KIND_OF.get(type_, "String") if is_primitive(type_) else None


@lru_cache(maxsize=4096)
def is_a(type_: str, wanted: str) -> bool:
    """Say whether a type is the wanted one or a kind of it; `wanted` as an expression writes it.

    >>> is_a("Age", "Quantity"), is_a("boolean", "Boolean"), is_a("Goal.target", "BackboneElement")
    (True, False, True)
    """
    namespace, _, name = wanted.rpartition(".") if wanted.startswith(("FHIR.", "System.")) else ("", "", wanted)
    if type_.startswith("System."):
        return namespace in ("", "System") and type_[7:] == name
    return namespace != "System" and name in _line(type_)


_ABSTRACT = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})


def is_exactly(type_: str, wanted: str) -> bool:
    """Say whether `as` and `ofType` keep a type: only the wanted one, unless that is abstract.

    HL7's engine has it so: a `code` is a `string`, and `ofType(string)` leaves it out.

    >>> is_exactly("code", "string"), is_exactly("Patient", "DomainResource")
    (False, True)
    """
    name = wanted.removeprefix("FHIR.")
    return is_a(type_, wanted) and (type_ in (name, wanted) or type_.startswith("System.") or name in _ABSTRACT)


@lru_cache(maxsize=4096)
def _line(type_: str) -> tuple[str, ...]:
    """Return a type with all it is a kind of."""
    parent = parent_of(type_)
    return (type_, *_line(parent)) if parent else (type_,)


def parent_of(type_: str) -> str | None:
    """Return the type that a type specialises, None for Element, Resource and unknown ones."""
    if type_ in _PARENTS:
        return _PARENTS[type_]
    if is_resource(type_):
        return "DomainResource"
    if "." in type_:
        return "BackboneElement" if is_resource(type_.partition(".")[0]) else "Element"
    return "Element" if is_known(type_) and type_ not in ("Element", "Resource") else None


def is_known(type_: str) -> bool:
    """Say whether a name is that of an R4 type: resource, data type, primitive or path of a part."""
    return type_ in table().types or is_primitive(type_)


def is_type_name(written: str) -> bool:
    """Say whether what an expression writes as a type is one, of FHIR or of System."""
    namespace, _, name = written.rpartition(".") if written.startswith(("FHIR.", "System.")) else ("", "", written)
    return (namespace != "System" and is_known(name)) or (namespace != "FHIR" and name in SYSTEM_NAMES)
