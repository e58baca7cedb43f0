"""The structure of a resource, compiled once per type from the R4 table into closures.

Laws: every fault is reported, in the order of the tree; nothing is raised whatever the tree holds; a message names
path and rule, never the value.
Source: http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/references.html#contained
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from fhirbridge.fhir.elements import Element, concepts_of, elements_of, is_primitive, is_resource
from fhirbridge.fhir.references import find_literal, is_contained, is_urn
from fhirbridge.validation.findings import Findings, shown
from fhirbridge.validation.invariants import Invariant, invariants_of
from fhirbridge.validation.narrative import find_fault
from fhirbridge.validation.predicates import Test, dicts
from fhirbridge.validation.primitives import PRIMITIVES

Tree = dict[str, Any]
Check = Callable[[Any, str, Findings], None]
"""Looks at a value at a path."""
Handler = Callable[[Any, Tree, str, Findings], None]
"""Looks at the value of one JSON key, with the object it stands in and the path of the element."""


def check_resource(value: Any, path: str, findings: Findings) -> None:
    """Check a resource that stands by itself or as an entry of a Bundle; path "" means by itself."""
    outer = findings.contained
    findings.contained = _contained(value)
    type_ = _resource_type(value, path, findings)
    if type_:
        _check_object(type_, value, path or type_, findings)
        _check_unused(value, path or type_, findings)
    findings.contained = outer


def _resource_type(value: Any, path: str, findings: Findings) -> str | None:
    name = value.get("resourceType") if isinstance(value, dict) else None
    if isinstance(name, str) and is_resource(name):
        return name
    findings.note(path, "resourceType is missing or names no FHIR R4 resource type.", "resource-type")
    return None


# -- objects


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is looked at in an object of one type."""

    handlers: dict[str, Handler]
    required: tuple[str, ...]
    choices: tuple[tuple[str, frozenset[str], int], ...]
    rules: tuple[tuple[Invariant, Test], ...]


@cache
def _plan(type_: str) -> _Plan:
    elements = elements_of(type_)
    handlers = {key: handler for element in elements for key, handler in _handlers(element)}
    if is_resource(type_):
        handlers["resourceType"] = _accept
    required = tuple(e.name for e in elements if e.min and not e.choice)
    return _Plan(handlers, required, _choices(elements), invariants_of(type_))


def _accept(item: Any, tree: Tree, path: str, findings: Findings) -> None:
    """Say nothing: the value has been looked at already."""


def _check_datatype(type_: str, value: Any, path: str, findings: Findings) -> None:
    """Check an element that is no resource: it needs more than an id."""
    if isinstance(value, dict) and value.keys() <= {"id"}:
        findings.note(path, "An element needs a value or children.", "ele-1")
    _check_object(type_, value, path, findings)


def _check_object(type_: str, value: Any, path: str, findings: Findings) -> None:
    if not isinstance(value, dict):
        findings.note(path, "Expected an object.", "json-type")
        return
    plan = _plan(type_)
    for key, item in value.items():
        if handler := plan.handlers.get(key):
            handler(item, value, f"{path}.{key}", findings)
        else:
            findings.note(f"{path}.{shown(key)}", "Unknown element.", "element-unknown")
    _check_present(plan, value, path, findings)
    for rule, holds in plan.rules:
        if not holds(value):
            findings.note(path, rule.message, rule.key, rule.severity)


def _check_present(plan: _Plan, value: Tree, path: str, findings: Findings) -> None:
    for name in plan.required:
        if name not in value and f"_{name}" not in value:
            findings.note(f"{path}.{name}", "This element is required.", "cardinality-min")
    for name, keys, minimum in plan.choices:
        found = value.keys() & keys  # as many steps as the object has keys: an extension may have one of 50 types
        count = len({key.removeprefix("_") for key in found}) if len(found) > 1 else len(found)
        if count > 1:
            findings.note(f"{path}.{name}", "Only one type of this element may be present.", "choice")
        elif count < minimum:
            findings.note(f"{path}.{name}", "This element is required.", "cardinality-min")


def _choices(elements: Iterable[Element]) -> tuple[tuple[str, frozenset[str], int], ...]:
    """Return each choice: its name, the keys that its types have, with and without `_`, and how many must be there."""
    groups: dict[str, list[Element]] = {}
    for element in elements:
        if element.choice:
            groups.setdefault(element.choice, []).append(element)
    return tuple(
        (f"{name}[x]", frozenset(key for e in group for key in (e.name, f"_{e.name}")), group[0].min)
        for name, group in groups.items()
    )


def _handlers(element: Element) -> list[tuple[str, Handler]]:
    """Return the JSON keys of an element with what looks at each."""
    if not is_primitive(element.type):
        item = _check_complex(element)
        return [(element.name, _in_list(item) if element.is_list else _single(item))]
    item = _check_primitive(element)
    if element.is_list:
        return [(element.name, _primitive_list(element.name, item)), (f"_{element.name}", _sibling_list(element.name))]
    return [(element.name, _single(item)), (f"_{element.name}", _sibling(element.name))]


def _single(check: Check) -> Handler:
    def handle(item: Any, tree: Tree, path: str, findings: Findings) -> None:
        if isinstance(item, list):
            findings.note(path, "Expected one value, not a list.", "cardinality-max")
        elif item is None:
            findings.note(path, "null is not a value; leave the element out.", "json-null")
        else:
            check(item, path, findings)

    return handle


def _in_list(check: Check) -> Handler:
    def handle(items: Any, tree: Tree, path: str, findings: Findings) -> None:
        if not _is_filled_list(items, path, findings):
            return
        for index, item in enumerate(items):
            if item is None:
                findings.note(f"{path}[{index}]", "null is not a value; leave the item out.", "json-null")
            else:
                check(item, f"{path}[{index}]", findings)

    return handle


def _is_filled_list(items: Any, path: str, findings: Findings) -> bool:
    if not isinstance(items, list):
        findings.note(path, "Expected a list.", "json-type")
    elif not items:
        findings.note(path, "An empty list is not allowed; leave the element out.", "json-empty")
    return isinstance(items, list) and bool(items)


# -- primitives and their siblings with `_`


def _check_primitive(element: Element) -> Check:
    is_valid, message = PRIMITIVES[element.type]
    codes = element.binding.codes if element.binding else frozenset()

    def check(item: Any, path: str, findings: Findings) -> None:
        if not is_valid(item):
            findings.note(path, message, f"type-{element.type}")
        elif codes and item not in codes:
            findings.note(path, "The code is not in the value set this element is bound to.", "binding-required")
        elif element.type == "xhtml" and (fault := find_fault(item)):
            findings.note(path, fault, "narrative")

    return check


def _primitive_list(name: str, check: Check) -> Handler:
    def handle(items: Any, tree: Tree, path: str, findings: Findings) -> None:
        if not _is_filled_list(items, path, findings):
            return
        siblings = tree.get(f"_{name}")
        for index, item in enumerate(items):
            if item is not None:
                check(item, f"{path}[{index}]", findings)
            elif not (isinstance(siblings, list) and index < len(siblings) and siblings[index] is not None):
                findings.note(f"{path}[{index}]", "null needs an extension beside it.", "json-null")

    return handle


def _sibling(name: str) -> Handler:
    def handle(item: Any, tree: Tree, path: str, findings: Findings) -> None:
        _check_sibling(item, tree.get(name) is not None, path, findings)

    return handle


def _sibling_list(name: str) -> Handler:
    def handle(items: Any, tree: Tree, path: str, findings: Findings) -> None:
        if not _is_filled_list(items, path, findings):
            return
        values = tree.get(name, [])
        if isinstance(values, list) and values and len(values) != len(items):
            findings.note(path, "The list is not as long as the list of values it belongs to.", "json-siblings")
        for index, item in enumerate(items):
            has_value = isinstance(values, list) and index < len(values) and values[index] is not None
            if item is not None:
                _check_sibling(item, has_value, f"{path}[{index}]", findings)
            elif not has_value:
                findings.note(f"{path}[{index}]", "null needs a value beside it.", "json-null")

    return handle


def _check_sibling(item: Any, has_value: bool, path: str, findings: Findings) -> None:
    """Check the id and extensions of a primitive; without a value there must be an extension."""
    if has_value and item != {}:
        _check_object("Element", item, path, findings)
    else:
        _check_datatype("Element", item, path, findings)


# -- what a complex element adds to its type


def _check_complex(element: Element) -> Check:
    if element.type == "Resource":
        return _check_contained if element.name == "contained" else check_resource
    if element.type == "Reference":
        return _check_reference(element.targets)
    if element.binding and element.binding.codes:
        return _check_bound(element)
    return partial(_check_datatype, element.type)


def _check_bound(element: Element) -> Check:
    """A required binding: one coding at least is of the value set; for a Quantity its own code."""
    concepts = concepts_of(element.binding.value_set) if element.binding else {}

    def check(item: Any, path: str, findings: Findings) -> None:
        _check_datatype(element.type, item, path, findings)
        if isinstance(item, dict) and not any(_is_of(concepts, coding) for coding in _codings(element.type, item)):
            findings.note(path, "No coding is from the value set this element is bound to.", "binding-required")

    return check


def _codings(type_: str, item: Tree) -> list[Tree]:
    return dicts(item.get("coding")) if type_ == "CodeableConcept" else [item]


def _is_of(concepts: Mapping[str, frozenset[str]], coding: Tree) -> bool:
    system, code = coding.get("system"), coding.get("code")
    return isinstance(system, str) and isinstance(code, str) and code in concepts.get(system, ())


def _check_reference(targets: tuple[str, ...]) -> Check:
    def check(item: Any, path: str, findings: Findings) -> None:
        _check_datatype("Reference", item, path, findings)
        text = item.get("reference") if isinstance(item, dict) else None
        if not isinstance(text, str):
            return
        type_ = _pointed_at(text, f"{path}.reference", findings)
        if targets and type_ and type_ not in targets:
            findings.note(path, "The reference points at a resource type that is not allowed here.", "reference-target")

    return check


def _pointed_at(text: str, path: str, findings: Findings) -> str | None:
    """Return the resource type a reference names, None where the text does not tell."""
    if is_contained(text):
        if text != "#" and text[1:] not in findings.contained:
            findings.note(path, "The contained resource it names is not there.", "ref-1")
        return findings.contained.get(text[1:])
    literal = find_literal(text)
    if literal is None and "?" not in text and not (is_urn(text) or text.startswith(_ABSOLUTE)):
        findings.note(path, "Expected Type/id, an absolute URL, urn:uuid:…, urn:oid:… or #id.", "reference-format")
    return literal.type if literal else None


_ABSOLUTE = ("http://", "https://")


# -- contained resources


def _contained(value: Any) -> dict[str, str]:
    items = dicts(value.get("contained")) if isinstance(value, dict) else []
    return {str(item["id"]): str(item.get("resourceType")) for item in items if "id" in item}


def _check_contained(value: Any, path: str, findings: Findings) -> None:
    """Check a contained resource; it sees what the resource around it contains."""
    type_ = _resource_type(value, path, findings)
    if type_ is None:
        return
    _check_object(type_, value, path, findings)
    if "id" not in value:
        findings.note(f"{path}.id", "A contained resource needs an id.", "contained-id")
    if "contained" in value:
        findings.note(f"{path}.contained", "A contained resource contains no others.", "dom-2")
    meta = value.get("meta")
    for key, rule in (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5")):
        if isinstance(meta, dict) and key in meta:
            findings.note(f"{path}.meta.{key}", "Not allowed in a contained resource.", rule)


def _check_unused(value: Tree, path: str, findings: Findings) -> None:
    """Report contained resources that nothing in the resource points at and that do not point at it."""
    if not findings.contained:
        return
    local = {text for text in _iter_texts(value) if text.startswith("#")}
    for index, item in enumerate(dicts(value.get("contained"))):
        is_used = f"#{item.get('id')}" in local or "#" in set(_iter_texts(item))
        if "id" in item and not is_used:
            findings.note(f"{path}.contained[{index}]", "Nothing points at this contained resource.", "dom-3")


def _iter_texts(tree: Any) -> Iterable[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
