"""The filters of a value set: which concepts of a listed code system they leave.

Laws of this file: a filter is applied to all concepts at once and its work grows with their number; an operator or a
value that is not understood is a reason, never an empty or a full set.
Source: http://hl7.org/fhir/R4/valueset-filter-operator.html, http://hl7.org/fhir/R4/codesystem.html#defined-props
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fhirbridge.terminology.answers import FILTER, PATTERN, NotKnown
from fhirbridge.terminology.patterns import NotSupported, compile_pattern
from fhirbridge.terminology.systems import Concept, ListedSystem
from fhirbridge.terminology.value_sets import Filter

CODE = frozenset({"concept", "code"})
"""Names that a filter has for the code itself."""
_FLAGS = ("false", "true")


def filtered(system: ListedSystem, filters: Sequence[Filter]) -> frozenset[str]:
    """Return the folded codes that all filters leave.

    Raises:
        NotKnown: one of them is not understood.
    """
    found = [_FAMILY[each.op](system, each.value) if each.op in _FAMILY else _chosen(system, each) for each in filters]
    return frozenset.intersection(*found)


def _is_a(system: ListedSystem, code: str) -> frozenset[str]:
    return system.descendants(code) | ({system.folded(code)} if system.find(code) else set())


def _all_but(system: ListedSystem, code: str) -> frozenset[str]:
    return frozenset(system.folded(each.code) for each in system.iter_concepts()) - _is_a(system, code)


def _above(system: ListedSystem, code: str) -> frozenset[str]:
    return system.ancestors(code) | ({system.folded(code)} if system.find(code) else set())


_FAMILY: dict[str, Callable[[ListedSystem, str], frozenset[str]]] = {
    "is-a": _is_a,
    "descendent-of": lambda system, code: system.descendants(code),
    "is-not-a": _all_but,
    "generalizes": _above,
}


def _chosen(system: ListedSystem, filter_: Filter) -> frozenset[str]:
    test = _test(filter_)
    found = (each for each in system.iter_concepts() if test(list(_values(system, each, filter_.property))))
    return frozenset(system.folded(each.code) for each in found)


def _test(filter_: Filter) -> Callable[[list[str]], bool]:
    """Return what the values of a property must pass."""
    value = filter_.value
    if filter_.op == "=":
        return lambda values: value in values
    if filter_.op in ("in", "not-in"):
        wanted = {each.strip() for each in value.split(",")}
        return lambda values: bool(wanted.intersection(values)) == (filter_.op == "in")
    if filter_.op == "exists" and value in _FLAGS:
        return lambda values: bool(values) == (value == "true")
    if filter_.op == "regex":
        try:
            pattern = compile_pattern(value)
        except NotSupported as error:
            raise NotKnown(PATTERN) from error
        return lambda values: any(map(pattern.matches, values))
    raise NotKnown(FILTER)


def _values(system: ListedSystem, concept: Concept, name: str) -> Iterator[str]:
    """Return the values that a concept has under a filter's property, as texts."""
    if name in CODE:
        yield concept.code
    elif name == "display":
        yield concept.display
    elif name == "parent":
        yield from concept.parents
    elif name == "child":
        yield from system.children.get(system.folded(concept.code), ())
    else:
        yield from (as_text(each.value) for each in concept.properties if each.code == name)


def as_text(value: str | bool | int | float) -> str:
    """Return the value of a property as FHIR writes it."""
    return _FLAGS[value] if isinstance(value, bool) else str(value)
