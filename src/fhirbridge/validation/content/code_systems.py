"""The rules of CodeSystem: counts, supplements, properties that are what they are declared to be.

Source: http://hl7.org/fhir/R4/codesystem.html, http://hl7.org/fhir/R4/codesystem-concept-properties.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

NOT_SUPPLEMENT = Kind("codesystem-supplement", "What supplements another code system has the content supplement.")
NO_SUPPLEMENTED = Kind("codesystem-supplement", "A supplement says which code system it supplements.")
NOT_ITS_OWN = Kind("codesystem-supplement", "A supplement does not set this: the code system that it supplements does.")
COUNT = Kind("codesystem-count", "The code system is complete, and count is not the number of its concepts.")
SMALL = Kind("codesystem-count", "A fragment has fewer concepts than count says.", "warning")
HELD = Kind("codesystem-content", "The content is said to be not present, and there are concepts.")
SENSITIVE = Kind("codesystem-case", "It should say whether case matters in its codes.", "information")
CODE_TWICE = Kind("csd-1", "This code stands twice in the code system.")
URI = Kind("codesystem-property-uri", "The URI of a property is absolute.")
URI_TWICE = Kind("codesystem-property-twice", "Another property has this URI.")
PROPERTY_TWICE = Kind("codesystem-property-twice", "Another property has this code.")
HL7_URI = Kind("codesystem-property-uri", "HL7 defines no property with this URI.")
HL7_CODE = Kind("codesystem-property-code", "The code is that of another property than the URI.")
HL7_TYPE = Kind("codesystem-property-type", "The property that the URI names has another type.")
SUGGESTIVE = Kind("codesystem-property-uri", "The code is one of HL7's; without its URI it means nothing.", "warning")
MAYBE_TYPE = Kind("codesystem-property-type", "HL7's property of this code has another type.", "warning")
UNDECLARED = Kind("codesystem-property-undeclared", "The code system declares no property of this code.", "warning")
NO_VALUE = Kind("codesystem-property-value", "A property of a concept needs a value.")
VALUE_TYPE = Kind("codesystem-property-value", "The value is not of the type that the property is declared with.")
DANGLING = Kind("codesystem-property-value", "The property names a code that the code system does not have.")

_BASE = "http://hl7.org/fhir/concept-properties#"
_TYPES = {
    "status": "code", "inactive": "boolean", "effectiveDate": "dateTime", "deprecationDate": "dateTime",
    "retirementDate": "dateTime", "notSelectable": "boolean", "parent": "code", "child": "code", "partOf": "code",
    "synonym": "code", "comment": "string", "itemWeight": "decimal", "alternateCode": "code", "order": "decimal",
    "definition": "string", "label": "string",
}  # fmt: skip
"""The properties that HL7 defines, with their types."""
_INTERNAL = frozenset({"parent", "child", "partOf", "synonym"})
"""Those whose values are codes of the same code system."""
_ORDER = ("caseSensitive", "hierarchyMeaning")


def code_system(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a CodeSystem as a whole."""
    concepts = list(_iter_concepts(value, ""))
    properties = _Properties(value, {code for _, each in concepts if isinstance(code := each.get("code"), str)})
    for found in (_head(value, len(concepts)), properties.declared(), _twice(concepts)):
        for piece, kind in found:
            faults = note(faults, piece, kind)
    for piece, concept in concepts:
        for part, kind in properties.values(concept):
            faults = note(faults, piece + part, kind)
    return faults


def _items(value: Any, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


def _iter_concepts(tree: Tree, piece: str) -> Iterator[tuple[str, Tree]]:
    for index, each in enumerate(_items(tree, "concept")):
        at = f"{piece}.concept[{index}]"
        yield at, each
        yield from _iter_concepts(each, at)


def _head(value: Tree, count: int) -> Iterator[tuple[str, Kind]]:
    content = value.get("content")
    if "supplements" in value:
        if content != "supplement":
            yield ".content", NOT_SUPPLEMENT
        yield from ((f".{name}", NOT_ITS_OWN) for name in _ORDER if name in value)
    elif content == "supplement":
        yield ".supplements", NO_SUPPLEMENTED
    elif "caseSensitive" not in value:
        yield "", SENSITIVE
    if content == "not-present" and count:
        yield ".concept", HELD
    stated = value.get("count")
    if isinstance(stated, int):
        if content == "complete" and stated != count:
            yield ".count", COUNT
        elif content in ("fragment", "example") and count >= stated:
            yield ".count", SMALL


def _twice(concepts: list[tuple[str, Tree]]) -> Iterator[tuple[str, Kind]]:
    """Yield concepts whose code another one before them has."""
    seen: set[str] = set()
    for piece, concept in concepts:
        code = concept.get("code")
        if isinstance(code, str):
            if code in seen:
                yield f"{piece}.code", CODE_TWICE
            seen.add(code)


class _Properties:
    """The properties that a code system declares: code -> (type, whether its values are codes of this system)."""

    def __init__(self, value: Tree, codes: set[str]) -> None:
        self._value = value
        self._codes = codes
        self._known: dict[str, tuple[Any, bool]] = {}

    def declared(self) -> Iterator[tuple[str, Kind]]:
        """Yield what is wrong with the declarations."""
        uris: set[str] = set()
        for index, each in enumerate(_items(self._value, "property")):
            code, uri = each.get("code"), each.get("uri")
            for kind in _declaration(each, code, uri, self._value.get("url")):
                yield f".property[{index}]", kind
            if isinstance(uri, str):
                if uri in uris:
                    yield f".property[{index}].uri", URI_TWICE
                uris.add(uri)
            if isinstance(code, str):
                if code in self._known:
                    yield f".property[{index}].code", PROPERTY_TWICE
                name = uri.removeprefix(_BASE) if isinstance(uri, str) else ""
                self._known.setdefault(code, (each.get("type"), name in _INTERNAL))

    def values(self, concept: Tree) -> Iterator[tuple[str, Kind]]:
        """Yield what is wrong with the properties of a concept."""
        for index, each in enumerate(_items(concept, "property")):
            key = next((key for key in each if isinstance(key, str) and key.startswith("value")), "")
            code = each.get("code")
            if not key and not any(str(name).startswith("_value") for name in each):
                yield f".property[{index}]", NO_VALUE
            if not isinstance(code, str):
                continue
            if code not in self._known:
                yield f".property[{index}]", UNDECLARED
            elif key:
                yield from ((f".property[{index}].{key}", kind) for kind in self._value_faults(code, key, each[key]))

    def _value_faults(self, code: str, key: str, value: Any) -> Iterator[Kind]:
        type_, is_internal = self._known[code]
        actual = key.removeprefix("value")
        if isinstance(type_, str) and actual.lower() != type_.lower():
            yield VALUE_TYPE
        elif is_internal and value not in self._codes and "supplements" not in self._value:
            yield DANGLING


def _declaration(each: Tree, code: Any, uri: Any, system: Any) -> Iterator[Kind]:
    type_ = each.get("type")
    if not isinstance(uri, str):
        if isinstance(code, str) and code in _TYPES:
            yield SUGGESTIVE
            if type_ != _TYPES[code]:
                yield MAYBE_TYPE
    elif not is_absolute(uri):
        yield URI
    elif uri.startswith(_BASE) and uri.removeprefix(_BASE) in _TYPES:
        name = uri.removeprefix(_BASE)
        if isinstance(code, str) and code in _TYPES and code != name:
            yield HL7_CODE
        if isinstance(type_, str) and type_ != _TYPES[name]:
            yield HL7_TYPE
    elif uri.startswith("http://hl7.org/fhir") and not _is_own(uri, system):
        yield HL7_URI


def _is_own(uri: str, system: Any) -> bool:
    """Say whether a URI belongs to the code system itself, or that is part of the base specification."""
    if not isinstance(system, str):
        return False
    rest = system.removeprefix("http://hl7.org/fhir/")
    return uri.startswith(system) or (rest != system and "/" not in rest)
