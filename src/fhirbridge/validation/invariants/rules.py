"""The invariants of R4 and of profiles, each a rule that can be judged.

Laws: a rule is found on the type that sets it and on every type made from that one; a rule that the structure check
judges itself (`STRUCTURAL`) is not here; a message is the definition's own sentence and holds no value.
Source: http://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fhirbridge.errors import Severity
from fhirbridge.fhir.elements import Element, elements_of, rules_of
from fhirbridge.fhir.fhirpath import Scene, compile_path
from fhirbridge.fhir.fhirpath.types import parent_of
from fhirbridge.fhir.table import RuleRow
from fhirbridge.validation.invariants.corrections import corrected

STRUCTURAL = frozenset({"ele-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2"})
"""Keys of the rules that the structure check judges by walking the tree; no invariant here has one of them."""

Test = Callable[[Any, Scene], bool]
"""Says whether a rule holds of a value; raises NotJudged where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: its key, how grave it is, what to say when it does not hold, and the test itself.

    `is_best_practice` marks a wish; `is_common` a rule cheap enough for every write: its test needs no scene and
    never raises.
    """

    key: str
    severity: Severity
    message: str
    is_best_practice: bool
    is_common: bool
    test: Test


@cache
def invariants_of(type_: str) -> tuple[Invariant, ...]:
    """Return the rules of a type or of a part such as `Goal.target`, those of the types it is made from last."""
    own = tuple(
        _invariant(rule, type_) for rule in rules_of(type_) if rule.path == type_ and rule.key not in STRUCTURAL
    )
    parent = parent_of(type_)
    return own + (invariants_of(parent) if parent else ())


@cache
def invariants_at(path: str) -> tuple[Invariant, ...]:
    """Return the rules that stand on one element beside those of its type; `path` as JSON has it, with a choice's type.

    >>> [rule.key for rule in invariants_at("Organization.telecom")]
    ['org-3']
    """
    type_, _, name = path.rpartition(".")
    element = next((each for each in elements_of(type_) if each.name == name), None)
    if element is None:
        return ()
    return tuple(_invariant(rule, element.type) for rule in rules_of(type_) if _stands_on(rule, type_, element))


def _stands_on(rule: RuleRow, type_: str, element: Element) -> bool:
    if rule.path not in (f"{type_}.{element.name}", f"{type_}.{element.choice}[x]") or rule.key in STRUCTURAL:
        return False
    return rule.key not in {each.key for each in invariants_of(element.type)}


def _invariant(rule: RuleRow, type_: str) -> Invariant:
    severity: Severity = "warning" if rule.severity == "warning" else "error"
    made = compile_invariant(rule.key, severity, rule.human, rule.expression, type_)
    return replace(made, is_best_practice=rule.is_best_practice)


def compile_invariant(key: str, severity: Severity, human: str, expression: str, type_: str) -> Invariant:
    """Return a rule for values of a type; a choice such as `value[x]` needs one for each type it may have.

    Raises:
        CannotCompile: the expression is no FHIRPath or asks for something unknown.
    """
    compiled = compile_path(corrected(expression), type_)
    plain = compiled.plain_test
    return Invariant(key, severity, _sentence(human), False, plain is not None, plain or compiled.test)


def _sentence(human: str) -> str:
    text = " ".join(human.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
