"""The rules of ValueSet: what it takes its codes from, that they exist, and what its filters may say.

Source: http://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fhirbridge.validation.content.codings import NOT_CHECKED, VALUE_SET
from fhirbridge.validation.content.snomed import IS_FORMED, SNOMED, is_constraint
from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

RELATIVE = Kind("valueset-system", "The system is an absolute URI; of what is contained, it is the CodeSystem's url.")
VERSION = Kind("valueset-version", "The version of a code system stands in version, not behind its URL.")
CODE = Kind("valueset-code", "The code system has no such code.")
DISPLAY = Kind("valueset-display", "This is not the display that the code system has for the code.", "warning")
NO_SYSTEM = Kind("valueset-system", "Concepts and filters need a system to be codes of.", "warning")
CONSTRAINT = Kind("valueset-filter", "The filter's value is no SNOMED CT expression constraint.")
NO_VALUE = Kind("valueset-filter", "A filter needs a value, or an expression that gives one.")
LANGUAGE = Kind("valueset-filter", "The expression of a filter is in FHIRPath.")
PARAMETER = Kind("valueset-parameter", "The expression names a parameter that the value set does not declare.")
UNUSED = Kind("valueset-parameter", "No filter uses this parameter.", "warning")

_PARAMETER = "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter"
_EXPRESSION = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
_CONSTANT = re.compile(r"'(?:[^'\\]|\\.)*'|%`([^`]*)`|%([A-Za-z][A-Za-z0-9_-]*)")
_BUILT_IN = frozenset({"resource", "rootResource", "context", "ucum", "sct", "loinc"})


def value_set(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a ValueSet as a whole."""
    compose = value.get("compose")
    if not isinstance(compose, dict):
        return faults
    declared, used = _declared(value), set[str]()
    for name in ("include", "exclude"):
        for index, part in enumerate(_items(compose, name)):
            for piece, kind in (*_part(part, state), *_filters(part, set(declared.values()), used)):
                faults = note(faults, f".compose.{name}[{index}]{piece}", kind)
    for index, parameter in declared.items():
        if parameter not in used:
            faults = note(faults, f".extension[{index}]", UNUSED)
    return faults


def _items(value: Any, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


def _declared(value: Tree) -> dict[int, str]:
    """Return the parameters that a value set declares, by the place of the extension."""
    parts = {i: each for i, each in enumerate(_items(value, "extension")) if each.get("url") == _PARAMETER}
    return {
        index: name
        for index, each in parts.items()
        for part in _items(each, "extension")
        if part.get("url") == "name" and isinstance(name := _value_of(part), str)
    }


def _value_of(extension: Tree) -> Any:
    return next((item for key, item in extension.items() if str(key).startswith("value")), None)


# -- systems and codes


def _part(part: Tree, state: Any) -> Iterator[tuple[str, Kind]]:
    system = part.get("system")
    if not isinstance(system, str):
        if "concept" in part or "filter" in part:
            yield "", NO_SYSTEM
        return
    system, bar, version = system.partition("|")
    if bar and version:
        yield ".system", VERSION
    if not is_absolute(system):
        yield ".system", RELATIVE
    elif "/ValueSet/" in system and state.codes.terminology.is_known(system):
        yield ".system", VALUE_SET
    else:
        yield from _concepts(part, system, state)


def _concepts(part: Tree, system: str, state: Any) -> Iterator[tuple[str, Kind]]:
    version = part.get("version")
    is_formed = IS_FORMED.get(system)
    is_unknown = False
    for index, concept in enumerate(_items(part, "concept")):
        code, display = concept.get("code"), concept.get("display")
        if not isinstance(code, str):
            continue
        said = state.codes.ask("", system, code, _text(display), _text(version))
        if said.outcome == "out" or (is_formed and not is_formed(code)):
            yield f".concept[{index}].code", CODE
        elif said.outcome == "not-checked":
            is_unknown = True
        elif said.display == "wrong":
            yield f".concept[{index}].display", DISPLAY
    if is_unknown:
        yield "", NOT_CHECKED


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


# -- filters


def _filters(part: Tree, declared: set[str], used: set[str]) -> Iterator[tuple[str, Kind]]:
    for index, each in enumerate(_items(part, "filter")):
        text = each.get("value")
        if isinstance(text, str):
            if part.get("system") == SNOMED and each.get("property") == "constraint" and not is_constraint(text):
                yield f".filter[{index}].value", CONSTRAINT
        else:
            for kind in _computed(each, declared, used):
                yield f".filter[{index}]", kind


def _computed(each: Tree, declared: set[str], used: set[str]) -> Iterator[Kind]:
    sibling = each.get("_value")
    extensions = _items(sibling, "extension") if isinstance(sibling, dict) else []
    if not extensions:
        yield NO_VALUE
    for extension in extensions:
        expression = _value_of(extension)
        if extension.get("url") != _EXPRESSION or not isinstance(expression, dict):
            continue
        if expression.get("language") != "text/fhirpath":
            yield LANGUAGE
        named = {a or b for a, b in _CONSTANT.findall(_text(expression.get("expression")))} - {""} - _BUILT_IN
        used |= named
        if named - declared:
            yield PARAMETER
