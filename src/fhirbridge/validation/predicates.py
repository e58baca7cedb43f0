"""The few forms in which R4 invariants are put: this needs that, not both, at least one, in order.

Each function returns a maker: it takes the type the rule stands on, so that `value` means every `value[x]`, and
returns the test. A test is True when the rule holds, and holds for shapes it cannot read: structure is checked
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from fhirbridge.fhir.elements import elements_of
from fhirbridge.fhir.search_values import find_date_range

Tree = dict[str, Any]
Test = Callable[[Tree], bool]
Maker = Callable[[str], Test]


def keys_of(type_: str, name: str) -> tuple[str, ...]:
    """Return the JSON keys under which an element may stand: all its choices, each also with `_` before it.

    Raises:
        ValueError: the type has no such element.
    """
    names = [element.name for element in elements_of(type_) if name in (element.name, element.choice)]
    if not names:
        raise ValueError(f"{type_} has no element {name}")
    return (*names, *(f"_{each}" for each in names))


def _present(type_: str, name: str) -> Test:
    keys = frozenset(keys_of(type_, name))
    return lambda tree: not keys.isdisjoint(tree)


def counted(names: Iterable[str], low: int, high: int) -> Maker:
    """Between `low` and `high` of the elements named are present."""

    def make(type_: str) -> Test:
        tests = [_present(type_, name) for name in names]
        return lambda tree: low <= sum(test(tree) for test in tests) <= high

    return make


def any_of(*names: str) -> Maker:
    """At least one of the elements is present."""
    return counted(names, 1, len(names))


def not_both(*names: str) -> Maker:
    """At most one of the elements is present."""
    return counted(names, 0, 1)


def one_of(*names: str) -> Maker:
    """Exactly one of the elements is present."""
    return counted(names, 1, 1)


def needs(name: str, *others: str) -> Maker:
    """Where the first element is, at least one of the others is."""

    def make(type_: str) -> Test:
        given, found = _present(type_, name), any_of(*others)(type_)
        return lambda tree: not given(tree) or found(tree)

    return make


def together(one: str, other: str) -> Maker:
    """Both elements are present, or neither."""

    def make(type_: str) -> Test:
        first, second = _present(type_, one), _present(type_, other)
        return lambda tree: first(tree) == second(tree)

    return make


def only_when(name: str, by: str, values: Iterable[Any]) -> Maker:
    """The element is present only where another has one of the values."""
    allowed = tuple(values)

    def make(type_: str) -> Test:
        given = _present(type_, name)
        return lambda tree: not given(tree) or tree.get(by) in allowed

    return make


def required_when(name: str, by: str, values: Iterable[Any]) -> Maker:
    """The element is present where another has one of the values."""
    asking = tuple(values)

    def make(type_: str) -> Test:
        given = _present(type_, name)
        return lambda tree: tree.get(by) not in asking or given(tree)

    return make


def in_order(first: str, last: str) -> Maker:
    """The first moment is not after the last; partial dates count as a whole."""

    def make(type_: str) -> Test:
        keys_of(type_, first), keys_of(type_, last)
        return lambda tree: not _is_after(tree.get(first), tree.get(last))

    return make


def _is_after(one: Any, other: Any) -> bool:
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    first, last = find_date_range(one), find_date_range(other)
    return first is not None and last is not None and first[0] > last[1]


def not_negative(name: str) -> Maker:
    """The number is 0 or above."""

    def make(type_: str) -> Test:
        keys_of(type_, name)
        return lambda tree: not isinstance(tree.get(name), int | Decimal) or tree[name] >= 0

    return make


def distinct(name: str, key: Callable[[Tree], Any]) -> Maker:
    """No two items of a list have the same key; None is no key."""

    def make(type_: str) -> Test:
        keys_of(type_, name)

        def test(tree: Tree) -> bool:
            keys = [found for item in dicts(tree.get(name)) if (found := key(item)) is not None]
            return len(keys) == len({repr(each) for each in keys})

        return test

    return make


def holds(test: Test) -> Maker:
    """A test that needs no type."""
    return lambda type_: test


def dicts(value: Any) -> list[Tree]:
    """Return the objects in a list, or of a single object itself; [] for anything else."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def iter_codings(concepts: Any) -> Iterator[tuple[Any, Any]]:
    """Yield system and code of each coding in a CodeableConcept or in a list of them."""
    for concept in dicts(concepts):
        for coding in dicts(concept.get("coding")):
            yield coding.get("system"), coding.get("code")
