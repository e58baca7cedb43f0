"""The rules of SearchParameter, CapabilityStatement and StructureDefinition that need what R4 defines.

Source: http://hl7.org/fhir/R4/searchparameter.html, http://hl7.org/fhir/R4/capabilitystatement.html,
http://hl7.org/fhir/R4/structuredefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import msgspec

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.fhirpath import CannotCompile
from fhirbridge.fhir.fhirpath.parser import parse
from fhirbridge.fhir.table import SearchRow, table
from fhirbridge.validation.packages import Definition, Package
from fhirbridge.validation.packages.package import Head, Resource
from fhirbridge.validation.profiles import Profile
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

SEARCH_TYPE = Kind("capability-search", "The search parameter that is named as definition is of another type.")
DERIVED_TYPE = Kind("search-derived", "The search parameter that this is derived from is of another type.")
DERIVED_BASE = Kind("search-derived", "The search parameter that this is derived from is not for this type.")
COMPONENTS = Kind("search-composite", "A composite search parameter has two components or more.")
NO_TYPE = Kind("structure-type", "R4 has no type of this name to constrain.")
NOT_DERIVED = Kind("structure-type", "Only R4 defines a type of this name; this has to be a constraint on it.")

EXPRESSION = Kind("expression", "The expression is no FHIRPath.")

_SEARCH = "http://hl7.org/fhir/SearchParameter/"
_CORE = "http://hl7.org/fhir/StructureDefinition/"


@cache
def _search_parameters() -> dict[str, tuple[SearchRow, frozenset[str]]]:
    """Return the search parameters of R4 by canonical URL, each with the types it is for."""
    found: dict[str, tuple[SearchRow, frozenset[str]]] = {}
    for type_, rows in table().search.items():
        for row in rows:
            url = f"{_SEARCH}{row.id or f'{type_}-{row.name}'}"
            before = found[url][1] if url in found else frozenset()
            found[url] = (row, before | {type_})
    return found


def _find(canonical: Any) -> tuple[SearchRow, frozenset[str]] | None:
    return _search_parameters().get(canonical.partition("|")[0]) if isinstance(canonical, str) else None


def _items(value: Any, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


def capability_statement(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add search parameters whose type is not that of their definition."""
    for i, rest in enumerate(_items(value, "rest")):
        for j, resource in enumerate(_items(rest, "resource")):
            for k, each in enumerate(_items(resource, "searchParam")):
                known = _find(each.get("definition"))
                if known and known[0].type != each.get("type"):
                    faults = note(faults, f".rest[{i}].resource[{j}].searchParam[{k}].type", SEARCH_TYPE)
    return faults


def search_parameter(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a SearchParameter as a whole."""
    if not _is_path(value.get("expression")):
        faults = note(faults, ".expression", EXPRESSION)
    if value.get("type") == "composite" and len(_items(value, "component")) < 2:
        faults = note(faults, ".component", COMPONENTS)
    known = _find(value.get("derivedFrom"))
    if known is None:
        return faults
    row, types = known
    if "type" in value and value["type"] != row.type:
        faults = note(faults, ".type", DERIVED_TYPE)
    bases = value.get("base")
    for index, base in enumerate(bases if isinstance(bases, list) else ()):
        if base not in types and not types & {"Resource", "DomainResource"}:
            faults = note(faults, f".base[{index}]", DERIVED_BASE)
    return faults


# -- profiles as resources


def structure_definition(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add where the differential of a StructureDefinition does not fit what it constrains."""
    for piece in _bad_expressions(value):
        faults = note(faults, piece, EXPRESSION)
    type_, derivation = value.get("type"), value.get("derivation")
    if not isinstance(type_, str) or "/" in type_ or value.get("kind") == "logical":
        return faults
    if type_ not in table().types and not is_primitive(type_):
        return note(faults, ".type", NO_TYPE)
    if derivation != "constraint":
        return faults if value.get("url") == _CORE + type_ else note(faults, ".type", NOT_DERIVED)
    base = value.get("baseDefinition")
    if not isinstance(base, str) or "url" not in value or not (base == _CORE + type_ or state.profiles.find(base)):
        return faults
    why = _fault(value, state) if "differential" in value else ""
    return note(faults, ".differential", Kind("structure-snapshot", f"It cannot be applied: {why}")) if why else faults


def _bad_expressions(value: Tree) -> Iterator[str]:
    for part in ("snapshot", "differential"):
        held = value.get(part)
        for i, element in enumerate(_items(held, "element") if isinstance(held, dict) else ()):
            for j, rule in enumerate(_items(element, "constraint")):
                if not _is_path(rule.get("expression")):
                    yield f".{part}.element[{i}].constraint[{j}].expression"


@lru_cache(maxsize=4096)
def _parses(expression: str) -> bool:
    try:
        parse(expression)
    except CannotCompile:
        return False
    return True


def _is_path(expression: Any) -> bool:
    return not isinstance(expression, str) or _parses(expression)


def _fault(value: Tree, state: Any) -> str:
    """Return why a profile cannot be used, or "" where it can, or rests on one that is not loaded."""
    try:
        body = msgspec.json.encode(value)
    except (TypeError, ValueError):
        return ""
    head = Head("StructureDefinition", str(value.get("id", "")), str(value.get("url", "")), "", value.get("type"))
    definition = Definition(Package("checked", "0"), Resource("it", head, body))
    return Profile(definition, state.profiles.snapshots).fault
