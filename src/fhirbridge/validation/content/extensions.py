"""Extensions: whether they are known, may stand where they stand, and hold what their definition says.

Laws: one that changes meaning and is not known is an error, for the resource cannot be understood; so is one whose
URL claims HL7's space; any other may be what a partner agreed on, and is only said to be unknown.
Source: http://hl7.org/fhir/R4/extensibility.html, http://hl7.org/fhir/R4/extensibility.html#modifierExtension
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from fhirbridge.fhir.core_definitions import CORE, CoreExtension, Part, find_extension
from fhirbridge.fhir.elements import is_primitive, is_resource
from fhirbridge.validation.content.codings import Bound, bound
from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

VERSIONED = Kind("extension-version", "The URL of an extension names no version.")
RELATIVE = Kind("extension-url", "The URL of an extension is absolute, unless it stands inside another.")
MODIFIER = Kind("extension-modifier", "This extension changes the meaning and is not known, so the rest is not safe.")
NO_MODIFIER = Kind("extension-modifier", "This extension is not one that changes the meaning.")
IS_MODIFIER = Kind("extension-modifier", "This extension changes the meaning and stands as a modifierExtension.")
UNKNOWN_HL7 = Kind("extension-unknown", "HL7 defines no extension with this URL, as far as is loaded here.")
UNKNOWN = Kind("extension-unknown", "Not checked: this extension is not known here.", "information")
CONTEXT = Kind("extension-context", "The extension may not stand on this element.")
TYPE = Kind("extension-type", "The extension does not have a value of this type.")
NO_VALUE = Kind("extension-value", "The extension needs a value.")
NO_PARTS = Kind("extension-parts", "The extension has a value, not parts.")
PART = Kind("extension-part", "The extension has no part of this name.")
PART_MIN = Kind("extension-part-min", "A part that the extension needs is not there.")
PART_MAX = Kind("extension-part-max", "This part stands too often in the extension.")

_HL7 = "http://hl7.org/fhir/"
_FREE = re.compile(
    r"http://hl7\.org/fhir/(?:tools/StructureDefinition/|\d\.\d/StructureDefinition/extension-"
    r"|StructureDefinition/target(?:Element|Path)$)"
)
"""URLs in HL7's space that R4 does not list: of tools, of elements of other FHIR versions, and two that came later and
that US Core uses in Provenance."""
_BASES = {
    "Age": "Quantity", "Count": "Quantity", "Distance": "Quantity", "Duration": "Quantity", "MoneyQuantity": "Quantity",
    "SimpleQuantity": "Quantity", "canonical": "uri", "url": "uri", "oid": "uri", "uuid": "uri", "code": "string",
    "id": "string", "markdown": "string", "positiveInt": "integer", "unsignedInt": "integer",
}  # fmt: skip
_ALSO = {
    f"{CORE}structuredefinition-fhir-type": {"ElementDefinition.type"},
    f"{CORE}regex": {"ElementDefinition", "ElementDefinition.type"},
    f"{CORE}structuredefinition-normative-version": {"DomainResource"},
    f"{CORE}structuredefinition-standards-status": {"DomainResource", "Element"},
    f"{CORE}structuredefinition-fmm": {"DomainResource"},
    f"{CORE}structuredefinition-wg": {"DomainResource"},
    f"{CORE}valueset-concept-comments": {"CodeSystem.concept"},
}
"""Places where R4's own definitions have extensions that their definitions do not name."""
_ANYWHERE = ("ElementDefinition",)
"""Types in whose fixed, pattern and example values any extension may stand."""


@cache
def contexts_of(path: str, type_: str) -> frozenset[str]:
    """Return what the definition of an extension may call an element by: its path, its type, what these derive from.

    >>> sorted(contexts_of("Patient.birthDate", "date"))
    ['Element', 'Patient.birthDate', 'date']
    """
    if is_resource(type_):
        return frozenset((type_, "DomainResource", "Resource", "Element"))
    names = [path, type_, "Element"]
    if type_ in _BASES:
        names.append(_BASES[type_])
    if "." in type_:
        names.append("BackboneElement")
    return frozenset(names)


class _Place(NamedTuple):
    """Where an extension stands: under which key, on what, in which walk."""

    key: str
    contexts: frozenset[str]
    state: Any


def extensions(faults: Faults | None, piece: str, holder: Any, contexts: frozenset[str], state: Any) -> Faults | None:
    """Add what is wrong with the extensions of an element, which the contexts name."""
    for key in _KEYS if isinstance(holder, dict) else ():
        items = holder.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if not isinstance(item, dict):
                continue
            url = item.get("url")
            told = (url, key, contexts, *item) if url.__class__ is str else ()
            if told in state.codes.fine:
                continue
            place = _Place(key, contexts, state)
            found = _extension(item, place)
            if found is not None:
                faults = note(faults, f"{piece}.{key}[{index}]", found)
            elif told and _is_plain(str(url), place):
                state.codes.pass_(told)
    return faults


_KEYS = ("extension", "modifierExtension")


def _extension(item: Tree, place: _Place) -> Faults | None:
    url = item.get("url")
    if not isinstance(url, str):
        return None
    faults: Faults | None = None
    if "|" in url:
        faults, url = note(None, ".url", VERSIONED), url.partition("|")[0]
    elif not is_absolute(url):
        return note(None, ".url", RELATIVE)
    if known := find_extension(url):
        return _known(faults, item, place, known)
    profiles = place.state.profiles
    profile = profiles.find(url) if profiles is not None else None
    if profile is not None:
        return _profiled(faults, item, place, profile)
    return _unknown(faults, url, place.key)


def _is_plain(url: str, place: _Place) -> bool:
    """Say whether an extension that is in order stays so, whatever its value: no codes or parts are looked at."""
    known = find_extension(url)
    profile = None if known else place.state.profiles.find(url)
    part = known.part if known else _facts(profile).part if profile is not None else None
    return part is not None and not part.parts and not part.value_set


def _unknown(faults: Faults | None, url: str, key: str) -> Faults | None:
    if key == "modifierExtension":
        return note(faults, "", MODIFIER)
    if url.startswith(_HL7):
        return faults if _FREE.match(url) else note(faults, ".url", UNKNOWN_HL7)
    return note(faults, "", UNKNOWN)


def _known(faults: Faults | None, item: Tree, place: _Place, known: CoreExtension) -> Faults | None:
    allowed = known.contexts | _ALSO.get(str(item.get("url")), set())
    for kind in _misplaced(place, allowed, is_modifier=known.is_modifier):
        faults = note(faults, "", kind)
    return _held(faults, item, known.part, place.state)


def _misplaced(place: _Place, allowed: frozenset[str], *, is_modifier: bool) -> Iterator[Kind]:
    if is_modifier != (place.key == "modifierExtension"):
        yield IS_MODIFIER if is_modifier else NO_MODIFIER
    if place.contexts.isdisjoint(allowed) and not any(name in place.contexts for name in _ANYWHERE):
        yield CONTEXT


def _held(faults: Faults | None, item: Tree, part: Part, state: Any) -> Faults | None:
    """Add where an extension does not hold what its definition says."""
    value = next((key for key in item if isinstance(key, str) and key.startswith("value")), None)
    if value is not None:
        type_ = _type_of(value)
        if type_ not in part.types:
            return note(faults, f".{value}", TYPE)
        if part.value_set:
            return bound(faults, f".{value}", item[value], Bound(part.value_set, True, type_), state)
        return faults
    if part.types:
        is_told = any(str(key).startswith("_value") for key in item)
        return faults if is_told else note(faults, "", NO_PARTS if "extension" in item else NO_VALUE)
    return _parts(faults, item, part, state)


def _type_of(key: str) -> str:
    name = key.removeprefix("value")
    lower = name[:1].lower() + name[1:]
    return lower if is_primitive(lower) else name


def _parts(faults: Faults | None, item: Tree, part: Part, state: Any) -> Faults | None:
    counts = dict.fromkeys(part.parts, 0)
    items = item.get("extension")
    for index, each in enumerate(items if isinstance(items, list) else ()):
        name = each.get("url") if isinstance(each, dict) else None
        if not isinstance(name, str) or is_absolute(name):
            continue
        if name not in counts:
            faults = note(faults, f".extension[{index}]", PART)
            continue
        counts[name] += 1
        found = _held(None, each, part.parts[name].part, state)
        faults = note(faults, f".extension[{index}]", found) if found is not None else faults
    for name, count in counts.items():
        named = part.parts[name]
        if count < named.min:
            faults = note(faults, "", PART_MIN)
        elif named.max is not None and count > named.max:
            faults = note(faults, "", PART_MAX)
    return faults


# -- extensions that a loaded package defines


class _Facts(NamedTuple):
    """What is read of a definition once: its contexts (none where elements do not tell them), and a plain value."""

    allowed: frozenset[str]
    is_modifier: bool
    part: Part | None


def _profiled(faults: Faults | None, item: Tree, place: _Place, profile: Any) -> Faults | None:
    facts = _facts(profile)
    for kind in _misplaced(place, facts.allowed or place.contexts, is_modifier=facts.is_modifier):
        faults = note(faults, "", kind)
    if facts.part is not None:
        return _held(faults, item, facts.part, place.state)
    for issue in profile.faults_of(item, place.state.scene):
        kind = Kind(issue.rule, issue.message, issue.severity, issue.profile)
        faults = note(faults, issue.expression.removeprefix("Extension"), kind)
    return faults


@lru_cache(maxsize=1024)
def _facts(profile: Any) -> _Facts:
    tree = profile.definition.tree
    elements = tree.get("differential", {}).get("element") or tree.get("snapshot", {}).get("element") or [{}]
    is_modifier = elements[0].get("isModifier") is True and elements[0].get("path") == "Extension"
    contexts = tree.get("context") or ()
    allowed = frozenset(each["expression"] for each in contexts if each.get("type") == "element")
    return _Facts(allowed if len(allowed) == len(contexts) else frozenset(), is_modifier, _plain_part(elements))


_WORDS = frozenset({"id", "path", "short", "definition", "comment", "isModifier", "isModifierReason"})
_SAYS = {
    "Extension": _WORDS | {"min", "max"},
    "Extension.id": _WORDS,
    "Extension.extension": _WORDS | {"max"},
    "Extension.url": _WORDS | {"fixedUri"},
    "Extension.value[x]": _WORDS | {"min", "type"},
}
"""What the elements of a definition say of an extension that has one plain value and no more."""


def _plain_part(elements: list[Tree]) -> Part | None:
    """Return what an extension with one plain value holds; None where its profile says more than that."""
    by_id = {str(each.get("id")): each for each in elements}
    if any(each.keys() - _SAYS.get(id_, frozenset()) for id_, each in by_id.items()):
        return None
    value = by_id.get("Extension.value[x]", {})
    types = value.get("type", [])
    if by_id.get("Extension.extension", {}).get("max") != "0" or value.get("min") != 1 or not types:
        return None
    return Part(frozenset(each["code"] for each in types), {}, "") if all(len(each) == 1 for each in types) else None
