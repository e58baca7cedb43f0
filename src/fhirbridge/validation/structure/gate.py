"""The fast check: structure, cardinality, types, primitives, required codes, common invariants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhirbridge.validation.invariants import Invariant, invariants_at, invariants_of
from fhirbridge.validation.structure.faults import Kind
from fhirbridge.validation.structure.source import Hooks, Names, Spot
from fhirbridge.validation.structure.walk import Walk

INLINE = frozenset({"ext-1"})
"""Keys of rules that generated code holds by itself, for it has counted what they ask."""


def kind_of(rule: Invariant) -> Kind:
    """Return the kind of fault that breaking a rule is."""
    return Kind(rule.key, rule.message, "information" if rule.is_best_practice else rule.severity)


def _at_end(type_: str, names: Names) -> Iterator[str]:
    yield from _tests(invariants_of(type_), "v", '""', names)


def _after_item(spot: Spot, names: Names) -> Iterator[str]:
    yield from _tests(invariants_at(f"{spot.holder}.{spot.element.name}"), spot.value, spot.piece, names)


def _tests(rules: Iterable[Invariant], name: str, piece: str, names: Names) -> Iterator[str]:
    for rule in rules:
        if rule.is_common and not rule.is_best_practice and rule.key not in INLINE:
            test = names.take("h", rule.test)
            yield f"if not {test}({name}, NO_SCENE): e = note(e, {piece}, {names.take('q', kind_of(rule))})"


GATE = Walk(Hooks(after_item=_after_item, at_end=_at_end))
"""The walk of the fast check."""
