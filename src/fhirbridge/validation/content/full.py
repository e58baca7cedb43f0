"""The full check: the structure with all invariants, and what R4 says in words, in one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fhirbridge.fhir.elements import Element, is_resource
from fhirbridge.fhir.fhirpath import NotJudged
from fhirbridge.validation.content.bundle_index import BundleIndex
from fhirbridge.validation.content.bundles import bundle
from fhirbridge.validation.content.code_systems import code_system
from fhirbridge.validation.content.codings import bound, bound_of, coding, quantity
from fhirbridge.validation.content.concept_maps import concept_map
from fhirbridge.validation.content.datatypes import attachment, identifier
from fhirbridge.validation.content.definitions import capability_statement, search_parameter, structure_definition
from fhirbridge.validation.content.extensions import contexts_of, extensions
from fhirbridge.validation.content.profiled import profiled
from fhirbridge.validation.content.questionnaires import questionnaire, response
from fhirbridge.validation.content.references import Held, pointed, reference
from fhirbridge.validation.content.resources import element_id, every
from fhirbridge.validation.content.state import State
from fhirbridge.validation.content.texts import full_doubt, primitive, primitives
from fhirbridge.validation.content.value_sets import value_set
from fhirbridge.validation.invariants import Invariant, invariants_at, invariants_of
from fhirbridge.validation.structure.faults import Faults, Kind, note
from fhirbridge.validation.structure.gate import INLINE, kind_of
from fhirbridge.validation.structure.source import Hooks, Names, Primitives, Spot
from fhirbridge.validation.structure.walk import Walk

Tree = dict[str, Any]
Rule = Callable[[Faults | None, Tree, State], Faults | None]

UNREADABLE = Kind(
    "not-checked", "Not checked as a whole: the resource has not the shape it should have.", "information"
)

BY_DATATYPE: dict[str, Rule] = {
    "Attachment": attachment,
    "Identifier": identifier,
    "Coding": coding,
    "Reference": reference,
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration", "Money"), quantity),
}
"""What is asked of each value of a datatype."""
_OWN = INLINE | {"csd-1"}
"""Keys of rules that are held here, quicker than by their expressions."""
_WHERE = {
    "Identifier": 'if "system" in v and str(v["system"])[:4] != "http": ',
    "Reference": 'if s.bundle is not None or s.parameters is not None or "type" in v or "reference" not in v: ',
}
"""Tests in generated code that spare a call where the answer is plain."""
BY_RESOURCE: dict[str, Rule] = {
    "Bundle": bundle,
    "CapabilityStatement": capability_statement,
    "CodeSystem": code_system,
    "ConceptMap": concept_map,
    "Questionnaire": questionnaire,
    "QuestionnaireResponse": response,
    "SearchParameter": search_parameter,
    "StructureDefinition": structure_definition,
    "ValueSet": value_set,
}
"""What is asked of each resource of a type, beside what is asked of every one."""


def _at_end(type_: str, names: Names) -> Iterator[str]:
    yield from _tests(invariants_of(type_), "v", '""', names)
    if not is_resource(type_) and type_ != "ElementDefinition":  # whose ids sdf-16 and sdf-17 compare
        yield 'if "id" in v: e = element_id(e, v["id"], s)'
    if rule := BY_DATATYPE.get(type_):
        yield f"{_WHERE.get(type_, '')}e = {names.take('d', rule)}(e, v, s)"


def _after_item(spot: Spot, names: Names) -> Iterator[str]:
    element, name = spot.element, spot.value
    yield from _tests(invariants_at(f"{spot.holder}.{element.name}"), name, spot.piece, names)
    if element.type not in ("Extension", "Resource"):
        contexts = names.take("x", contexts_of(f"{spot.holder}.{element.choice or element.name}", element.type))
        yield f'if {name}.__class__ is dict and ("extension" in {name} or "modifierExtension" in {name}):'
        yield f" e = extensions(e, {spot.piece}, {name}, {contexts}, s)"
    if how := bound_of(element.binding, element.type):
        yield f"e = bound(e, {spot.piece}, {name}, {names.take('w', how)}, s)"


def _after_primitive(type_: str, element: Element, names: Names) -> Iterator[str]:
    rules = invariants_at(f"{type_}.{element.name}")
    how = bound_of(element.binding, element.type)
    piece, name, indent = f'".{element.name}"', "x", ""
    if element.is_list:
        piece, name, indent = f'f".{element.name}[{{j}}]"', "y", " "
    lines = list(_tests(rules, name, piece, names))
    if how:
        lines.append(f"e = bound(e, {piece}, {name}, {names.take('w', how)}, s)")
    if lines and element.is_list:
        yield "for j, y in enumerate(x if x.__class__ is list else ()):"
    yield from (indent + line for line in lines)


def _tests(rules: Iterable[Invariant], name: str, piece: str, names: Names) -> Iterator[str]:
    for rule in rules:
        if rule.key in _OWN:
            continue
        unknown = Kind("not-checked", f"Not checked: the rule {rule.key} needs what is not here.", "information")
        yield "try:"
        yield f" if not {names.take('h', rule.test)}({name}, s): "
        yield f"  e = note(e, {piece}, {names.take('q', kind_of(rule))})"
        yield f"except NotJudged: e = note(e, {piece}, {names.take('u', unknown)})"


class FullWalk(Walk):
    """Looks at whole resources, and keeps the state of where it stands."""

    def __init__(self) -> None:
        hooks = Hooks(full_doubt, _after_primitive, _after_item, _at_end)
        names = {
            "primitive": primitive,
            "primitives": primitives,
            "extensions": extensions,
            "bound": bound,
            "element_id": element_id,
            "pointed": pointed,
            "NotJudged": NotJudged,
        }
        super().__init__(hooks, names)

    def resource(self, value: Any, state: State) -> Faults | None:
        """Return the faults of a resource that stands by itself or as an entry."""
        before = (state.resource, state.root, state.base, state.bundle, state.parameters)
        if isinstance(value, dict):
            state.root = value
            if state.bundle is not None:
                state.base = state.bundle.base_of(value, state.base)
        faults = self._in(value, state, super().resource)
        state.resource, state.root, state.base, state.bundle, state.parameters = before
        return faults

    def contained(self, value: Any, state: State) -> Faults | None:
        """Return the faults of a contained resource."""
        before = (state.resource, state.base, state.bundle, state.parameters)
        faults = self._in(value, state, super().contained)
        state.resource, state.base, state.bundle, state.parameters = before
        return faults

    def other(self, faults: Faults | None, tree: Tree, key: Any, primitives: Primitives, state: Any) -> Faults | None:
        """Add what is wrong with a key that is no element, and with the extensions of a primitive."""
        faults = super().other(faults, tree, key, primitives, state)
        element = primitives.elements.get(key[1:]) if isinstance(key, str) else None
        if element is None:
            return faults
        contexts = contexts_of(f"{primitives.type}.{element.choice or element.name}", element.type)
        items = tree[key]
        if not element.is_list:
            return extensions(faults, f".{key}", items, contexts, state)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            faults = extensions(faults, f".{key}[{index}]", item, contexts, state)
        return faults

    def _in(self, value: Any, state: State, walk: Callable[[Any, Any], Faults | None]) -> Faults | None:
        """Walk a resource with the state set for it, then look at it as a whole."""
        before = (state.ids, state.links, state.languages)
        state.ids = state.links = state.languages = None
        state.resource = value
        type_ = value.get("resourceType") if isinstance(value, dict) else None
        if type_ == "Bundle":
            state.bundle, state.parameters = BundleIndex(value), None
        elif type_ == "Parameters":
            state.bundle, state.parameters = None, Held(value)
        faults = walk(value, state)
        if isinstance(type_, str):
            faults = _whole(faults, type_, value, state)
        state.ids, state.links, state.languages = before
        return faults


def _whole(faults: Faults | None, type_: str, value: Tree, state: State) -> Faults | None:
    faults = every(faults, value, state)
    if "extension" in value or "modifierExtension" in value:
        faults = extensions(faults, "", value, contexts_of(type_, type_), state)
    if rule := BY_RESOURCE.get(type_):
        faults = _guarded(rule, faults, value, state)
    return _guarded(profiled, faults, value, state) if state.has_claims or state.named else faults


def _guarded(rule: Rule, faults: Faults | None, value: Tree, state: State) -> Faults | None:
    """Apply a rule; where it stumbles over a shape that no resource has, the structure check has told of that."""
    try:
        return rule(faults, value, state)
    except (TypeError, AttributeError, KeyError, ValueError, ArithmeticError):
        return note(faults, "", UNREADABLE)


FULL = FullWalk()
"""The walk of the full check."""
