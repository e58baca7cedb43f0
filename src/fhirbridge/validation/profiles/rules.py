"""Invariants that a profile adds, judged by FHIRPath; one that cannot be is said to be not checked.

Source: http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.errors import Severity
from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.fhirpath import CannotCompile, NotJudged, Primitive
from fhirbridge.validation.invariants import Invariant, compile_invariant
from fhirbridge.validation.profiles.run import Item, ItemCheck, Run
from fhirbridge.validation.snapshots import Node, Rule


def iter_checks(node: Node, ref: Node) -> Iterator[ItemCheck]:
    """Yield what checks the invariants of an element that are not there before."""
    known = {rule.key for rule in ref.rules}
    for rule in node.rules:
        if rule.key not in known and rule.expression:
            yield _check(rule)


def _check(rule: Rule) -> ItemCheck:
    made: dict[str, Invariant | None] = {}

    def check(item: Item, path: str, run: Run) -> None:
        type_ = item[0]
        if type_ not in made:
            made[type_] = _compiled(rule, type_)
        invariant = made[type_]
        if invariant is None:
            run.not_checked(path, f"the invariant {rule.key} is written in a way that is not understood here")
        else:
            _judge(invariant, item, path, run)

    return check


def _compiled(rule: Rule, type_: str) -> Invariant | None:
    severity: Severity = "warning" if rule.severity == "warning" else "error"
    try:
        return compile_invariant(rule.key, severity, rule.human, rule.expression, type_)
    except CannotCompile:
        return None


def _judge(invariant: Invariant, item: Item, path: str, run: Run) -> None:
    try:
        is_kept = invariant.test(_value(item), run.scene)
    except NotJudged:
        run.not_checked(path, f"the invariant {invariant.key} asks for what is not at hand")
        return
    if not is_kept:
        run.note(path, invariant.message, invariant.key, invariant.severity)


def _value(item: Item) -> Any:
    type_, value, beside, _ = item
    return Primitive(value, beside) if beside is not None and is_primitive(type_) else value
