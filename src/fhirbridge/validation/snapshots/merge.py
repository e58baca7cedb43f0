"""One element of a differential laid over a node: what it says replaces, what it leaves out stays.

Source: http://hl7.org/fhir/R4/profiling.html, http://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.validation.snapshots.node import Binding, Discriminator, Node, Rule, Slicing, TypeRef

Tree = Mapping[str, Any]

_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
_MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_SYSTEM = "http://hl7.org/fhirpath/System."
_INLINE = frozenset(("BackboneElement", "Element"))


def merge(node: Node, element: Tree) -> None:
    """Lay an ElementDefinition over a node.

    Raises:
        BadPackage: a part of it is not what an ElementDefinition has there.
    """
    try:
        _merge(node, element)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadPackage(f"{element.get('path', 'an element')} is not written as an ElementDefinition.") from error


def _merge(node: Node, element: Tree) -> None:
    node.stated = True
    node.min = int(element.get("min", node.min))
    if "max" in element:
        node.max = None if element["max"] == "*" else int(element["max"])
    if "type" in element:
        node.types = _types(node, element["type"])
    if "binding" in element:
        node.binding = _binding(element["binding"], node.binding)
    if "slicing" in element:
        node.slicing = _slicing(element["slicing"])
    node.fixed = _value(element, "fixed", node.fixed)
    node.pattern = _value(element, "pattern", node.pattern)
    node.limits = (_limit(element, "minValue", node.limits[0]), _limit(element, "maxValue", node.limits[1]))
    node.max_length = element.get("maxLength", node.max_length)
    node.must_support = bool(element.get("mustSupport", node.must_support))
    node.note = str(element.get("comment") or element.get("short") or node.note)
    known = {rule.key for rule in node.rules}
    node.rules += tuple(_rule(each) for each in element.get("constraint", ()) if each["key"] not in known)


def _types(node: Node, types: list[Tree]) -> tuple[TypeRef, ...]:
    found = tuple(type_of(each) for each in types)
    if len(node.types) == 1 and all(each.code in _INLINE for each in found):
        return node.types  # an element with children of its own keeps them
    if len(node.types) == 1 and len(types) == 1 and str(types[0].get("code", "")).startswith(_SYSTEM):
        return node.types
    return found


def type_of(type_: Tree) -> TypeRef:
    """Return a type as ElementDefinition.type has it."""
    said = next(
        (e.get("valueUrl") or e.get("valueUri") for e in type_.get("extension", ()) if e["url"] == _FHIR_TYPE), ""
    )
    return TypeRef(str(said or type_["code"]), tuple(type_.get("profile", ())), tuple(type_.get("targetProfile", ())))


def _binding(binding: Tree, before: Binding | None) -> Binding:
    value_set = binding.get("valueSet") or (before.value_set if before else "")
    limit = next((e["valueCanonical"] for e in binding.get("extension", ()) if e["url"] == _MAX_VALUE_SET), "")
    return Binding(str(binding["strength"]), str(value_set), str(limit or (before.max_value_set if before else "")))


def _slicing(slicing: Tree) -> Slicing:
    found = tuple(Discriminator(each["type"], each["path"]) for each in slicing.get("discriminator", ()))
    return Slicing(found, slicing.get("rules", "open"), bool(slicing.get("ordered")))


def _rule(constraint: Tree) -> Rule:
    return Rule(
        str(constraint["key"]),
        str(constraint.get("severity", "error")),
        str(constraint.get("human", "")),
        str(constraint.get("expression", "")),
    )


def _value(element: Tree, prefix: str, before: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the value of `fixed[x]` or `pattern[x]`."""
    found = [value for key, value in element.items() if key.startswith(prefix) and key[len(prefix) :][:1].isupper()]
    return tuple(found[:1]) or before


def _limit(element: Tree, prefix: str, before: Any) -> Any:
    return next(iter(_value(element, prefix, ())), before)
