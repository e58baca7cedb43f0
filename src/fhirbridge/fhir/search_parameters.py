"""What a resource can be found by: its search parameters and the values they have in one resource.

Parameters and expressions come from the R4 table, and a few of our own beside them; no other list per type is written
by hand. Offered are the types
token, reference, string, date and uri; composite, quantity, number and special parameters are not, nor are those that
stand for a resource inside the one that is searched.
Source: http://hl7.org/fhir/R4/search.html, http://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from fhirbridge.fhir.fhirpath import CannotCompile, Compiled, NotJudged, Scene, Typed, compile_path
from fhirbridge.fhir.own_parameters import OWN_PARAMETERS
from fhirbridge.fhir.search_values import CONVERTERS, IndexValue
from fhirbridge.fhir.table import SearchRow, table

__all__ = ["COLUMNS", "IndexValue", "SearchParameter", "index_values", "search_parameters"]

COLUMNS = ("_id", "_lastUpdated")
"""Parameters that every store keeps as columns: `index_values` leaves them out."""


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of one resource type; targets are the types a reference may name."""

    name: str
    type: str
    expression: str
    targets: tuple[str, ...] = ()


def search_parameters(type_: str) -> Mapping[str, SearchParameter]:
    """Return the parameters by which a resource type can be searched, by name; includes `_id` and `_lastUpdated`."""
    return MappingProxyType({name: parameter for name, (parameter, _) in _compiled(type_).items()})


def index_values(resource: dict[str, Any]) -> list[IndexValue]:
    """Return every search value of a resource, without repeats, in the order of parameters and elements.

    Elements of a shape that R4 does not know are passed over: checking is not done here.
    """
    found: dict[IndexValue, None] = {}
    for name, (parameter, values) in _compiled(str(resource.get("resourceType"))).items():
        if name not in COLUMNS:
            convert = CONVERTERS[parameter.type]
            for type_, value in _selected(values, resource):
                found.update(dict.fromkeys(convert(name, type_, value)))
    return list(found)


_SCENE = Scene(skips_lost=True)
_INSIDE = frozenset({("Bundle", "composition"), ("Bundle", "message")})
"""Parameters whose target stands inside the resource: only a search within it could use them."""


def _selected(values: Compiled, resource: dict[str, Any]) -> list[Typed]:
    try:
        return values.select(resource, _SCENE)
    except NotJudged:
        return []


@cache
def _compiled(type_: str) -> Mapping[str, tuple[SearchParameter, Compiled]]:
    own = table().search.get(type_, ())
    rows = (*table().search["Resource"], *own, *OWN_PARAMETERS.get(type_, ())) if own else ()
    return {row.name: made for row in rows if (made := _find_compiled(row, type_)) is not None}


def _find_compiled(row: SearchRow, type_: str) -> tuple[SearchParameter, Compiled] | None:
    if row.type not in CONVERTERS or not row.expression or (type_, row.name) in _INSIDE:
        return None
    try:
        values = compile_path(row.expression, type_)
    except CannotCompile:
        return None
    return SearchParameter(row.name, row.type, row.expression, row.targets), values
