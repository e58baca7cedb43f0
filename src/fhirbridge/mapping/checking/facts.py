"""What a condition demands of single paths, as far as its `and` parts tell: enough to see that two cannot both hold.

Laws of this file: what is not understood demands nothing, so a contradiction found here is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fhirbridge.mapping.expressions import Compare, Constant, Exists, Expression, Logic, Not, Path, Within
from fhirbridge.mapping.steps import Scalar

Value = Scalar | Decimal
Kind = Callable[[Path], str]
"""JSON kind of what a path ends at."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One demand: that a path is one of the values, is none of them, is there, or is not there.

    A fact without a path is a constant: `there` is always true, `absent` never.
    """

    path: Path | None
    says: Literal["in", "not", "there", "absent"]
    values: frozenset[tuple[type, Value]] = frozenset()


def facts_of(condition: Expression | None, kind: Kind) -> tuple[Fact, ...] | None:
    """Return all that a condition demands; None when a part of it is more than a demand of one path."""
    if condition is None:
        return ()
    if isinstance(condition, Logic) and condition.operator == "and":
        parts = [facts_of(part, kind) for part in condition.parts]
        return None if None in parts else tuple(fact for part in parts if part for fact in part)
    fact = _fact(condition, kind)
    return None if fact is None else (fact,)


def known_facts(condition: Expression | None, kind: Kind) -> Iterator[Fact]:
    """Yield what a condition demands as far as it is understood."""
    if isinstance(condition, Logic) and condition.operator == "and":
        for part in condition.parts:
            yield from known_facts(part, kind)
    elif condition is not None and (fact := _fact(condition, kind)):
        yield fact


def _fact(condition: Expression, kind: Kind) -> Fact | None:
    match condition:
        case Not():
            inner = _fact(condition.of, kind)
            return _opposite(inner) if inner else None
        case Constant():
            return Fact(None, "absent" if condition.value is False else "there")
        case Path():
            return Fact(condition, "in", _typed([True])) if kind(condition) == "boolean" else Fact(condition, "there")
        case Exists():
            return Fact(condition.of, "there") if isinstance(condition.of, Path) else None
        case Within():
            return Fact(condition.of, "in", _typed(condition.options)) if isinstance(condition.of, Path) else None
        case Compare():
            return _compared(condition)
    return None


def _compared(condition: Compare) -> Fact | None:
    path, value = condition.left, condition.right
    if isinstance(path, Constant):
        path, value = value, path
    if not (isinstance(path, Path) and isinstance(value, Constant)) or condition.operator not in ("=", "!="):
        return None
    return Fact(path, "in" if condition.operator == "=" else "not", _typed([value.value]))


def _typed(values: Iterable[Value]) -> frozenset[tuple[type, Value]]:
    """Return values that keep their types, for True is 1 to Python."""
    return frozenset((type(value), value) for value in values)


_OPPOSITES: dict[str, Literal["in", "not", "there", "absent"]] = {
    "in": "not",
    "not": "in",
    "there": "absent",
    "absent": "there",
}


def _opposite(fact: Fact) -> Fact:
    return Fact(fact.path, _OPPOSITES[fact.says], fact.values)


def is_impossible(facts: Iterable[Fact]) -> bool:
    """Say whether the demands contradict each other."""
    by_path: dict[Path, list[Fact]] = {}
    for fact in facts:
        if fact.path is None:
            if fact.says == "absent":
                return True
            continue
        by_path.setdefault(fact.path, []).append(fact)
    return any(_clash(group) for group in by_path.values())


def _clash(facts: list[Fact]) -> bool:
    """Say whether demands of one path contradict each other."""
    allowed = [fact.values for fact in facts if fact.says == "in"]
    excluded = frozenset().union(*(fact.values for fact in facts if fact.says == "not"))
    says = {fact.says for fact in facts}
    nothing_left = bool(allowed) and not frozenset.intersection(*allowed) - excluded
    return nothing_left or ("absent" in says and bool(says & {"there", "in"}))
