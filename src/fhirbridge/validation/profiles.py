"""Profiles: constraint sets written as differential StructureDefinitions, compiled to rules when they are loaded.

What a rule can say: cardinality of an element, of the items that match a pattern (a slice) or of an extension by URL,
a fixed or pattern value, the types a choice may have, required codes. A differential that says more does not load:
a profile is never checked in part without a word.
Source: http://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import BadSettings
from fhirbridge.fhir.elements import Element, elements_of, is_resource
from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.findings import Findings
from fhirbridge.validation.matching import contains, is_same

Tree = dict[str, Any]

_BASE = "http://hl7.org/fhir/StructureDefinition/"
_SAYS_NOTHING = frozenset(("id", "path", "short", "definition", "comment", "requirements", "mustSupport", "slicing"))
_UNDERSTOOD = _SAYS_NOTHING | {"min", "max", "sliceName", "type"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One element of a differential: how often it stands in each parent, and what each item must be.

    keys: JSON names it may stand under; forbidden: names of the choice that the profile rules out; pattern and
    fixed: a tree or None; url: of the extension meant. With `is_slice` only matching items are counted.
    """

    parent: tuple[str, ...]
    name: str
    keys: tuple[str, ...]
    min: int
    max: int | None
    forbidden: tuple[str, ...] = ()
    pattern: Any = None
    fixed: Any = None
    url: str = ""
    targets: frozenset[str] = frozenset()
    is_slice: bool = False
    must_support: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: its canonical URL, the resource type it constrains, its rules in the order of the differential."""

    id: str
    url: str
    type: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of a site, by canonical URL."""

    by_url: Mapping[str, Profile]

    def find(self, canonical: str) -> Profile | None:
        """Return the profile that a canonical names, its |version not looked at; None when it is not loaded."""
        return self.by_url.get(canonical.partition("|")[0])


NO_PROFILES = Profiles({})


def load_profiles(folder: Path) -> Profiles:
    """Return the profiles in a folder's `*.json` files; files with other resources are passed over.

    Raises:
        BadSettings: a file is no JSON, or its differential says what this checker does not understand; names both.
    """
    found = (profile for file in sorted(folder.glob("*.json")) if (profile := _find_profile(file)) is not None)
    return Profiles({profile.url: profile for profile in found})


def _find_profile(file: Path) -> Profile | None:
    try:
        definition = msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        raise BadSettings(f"{file.name} is not valid JSON.") from error
    if not isinstance(definition, dict) or definition.get("resourceType") != "StructureDefinition":
        return None
    if not is_resource(str(definition.get("type"))):
        return None
    try:
        return compile_profile(definition)
    except (KeyError, TypeError, ValueError) as error:
        raise BadSettings(f"{file.name} cannot be used as a profile: {error}.") from error


def compile_profile(definition: Tree) -> Profile:
    """Return the profile that a StructureDefinition's differential describes.

    Raises:
        ValueError: the differential says what this checker does not understand, or names no such element.
        KeyError: the definition lacks what every StructureDefinition has.
    """
    elements = definition["differential"]["element"]
    rules = tuple(_rule(element) for element in elements if "." in element["path"])
    return Profile(definition["id"], definition["url"], definition["type"], rules)


def _rule(element: Tree) -> Rule:
    path, name = element["path"], element["path"].rpartition(".")[2]
    values = [key for key in element if key.startswith(("fixed", "pattern"))]
    if unknown := element.keys() - _UNDERSTOOD - set(values):
        raise ValueError(f"{path} uses {', '.join(sorted(unknown))}, which is not understood")
    parent, group = _find_elements(path)
    types = [type_["code"] for type_ in element.get("type", [])]
    kept = [each for each in group if not types or each.type in types]
    limit = element.get("max")
    rule = Rule(
        parent=parent,
        name=name,
        keys=tuple(each.name for each in kept),
        min=element.get("min", 0),
        max=int(limit) if limit not in (None, "*") else None,
        forbidden=tuple(each.name for each in group if each not in kept),
        pattern=next((element[key] for key in values if key.startswith("pattern")), None),
        fixed=next((element[key] for key in values if key.startswith("fixed")), None),
        url=_extension_url(element),
        targets=frozenset(_iter_targets(element)),
        is_slice="sliceName" in element,
        must_support=bool(element.get("mustSupport")),
    )
    if rule.is_slice and rule.pattern is None and rule.fixed is None and not rule.url:
        raise ValueError(
            f"{path}:{element['sliceName']} has no pattern, fixed value or extension URL to tell its items"
        )
    return rule


def _extension_url(element: Tree) -> str:
    """Return the URL of the extension a slice is for.

    Raises:
        ValueError: a profile on anything but an extension, which is not understood.
    """
    urls = [url for type_ in element.get("type", []) for url in type_.get("profile", [])]
    if urls and not element["path"].endswith((".extension", ".modifierExtension")):
        raise ValueError(f"{element['path']} names a profile for its type, which is not understood")
    return urls[0] if urls else ""


def _iter_targets(element: Tree) -> Iterator[str]:
    """Yield the resource types a reference may name.

    Raises:
        ValueError: a target is a profile of its own: what it demands would need the resource.
    """
    for type_ in element.get("type", []):
        for profile in type_.get("targetProfile", []):
            name = profile.removeprefix(_BASE)
            if not is_resource(name):
                raise ValueError(f"{element['path']} has a target that is no R4 resource type")
            yield name


def _find_elements(path: str) -> tuple[tuple[str, ...], list[Element]]:
    """Return the JSON names above an element and the elements its name stands for.

    Raises:
        ValueError: R4 has no such element, or a choice stands above it.
    """
    root, *steps, name = path.split(".")
    type_ = root
    for step in steps:
        found = next((each for each in elements_of(type_) if each.name == step), None)
        if found is None:
            raise ValueError(f"{path} names no element of R4")
        type_ = found.type
    wanted = name.removesuffix("[x]")
    group = [each for each in elements_of(type_) if wanted in (each.name, each.choice)]
    if not group:
        raise ValueError(f"{path} names no element of R4")
    return tuple(steps), group


# -- applying a profile to a resource


def apply_profile(profile: Profile, resource: Tree, path: str, findings: Findings) -> None:
    """Note where a resource breaks a profile; the rule of each issue is the profile's id."""
    if resource.get("resourceType") != profile.type:
        findings.note(path, f"The profile {profile.id} is for {profile.type}.", profile.id)
        return
    for rule in profile.rules:
        for where, parent in _iter_parents(resource, rule.parent, path):
            _apply(rule, parent, where, profile.id, findings)


def _iter_parents(tree: Any, steps: tuple[str, ...], path: str) -> Iterator[tuple[str, Tree]]:
    if not isinstance(tree, dict):
        return
    if not steps:
        yield path, tree
        return
    value = tree.get(steps[0])
    for place, item in _indexed(value, f"{path}.{steps[0]}"):
        yield from _iter_parents(item, steps[1:], place)


def _indexed(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    return [] if value is None else [(path, value)]


def _apply(rule: Rule, parent: Tree, path: str, name: str, findings: Findings) -> None:
    items = [each for key in rule.keys for each in _indexed(parent.get(key), f"{path}.{key}")]
    chosen = [(place, item) for place, item in items if not rule.is_slice or _matches(rule, item)]
    where = f"{path}.{rule.name}"
    if len(chosen) < rule.min and not _has_sibling(rule, parent):
        findings.note(where, _too_few(rule, name), name)
    if rule.max is not None and len(chosen) > rule.max:
        findings.note(where, f"The profile {name} allows at most {rule.max} here.", name)
    for key in rule.forbidden:
        if key in parent or f"_{key}" in parent:
            findings.note(f"{path}.{key}", f"The profile {name} does not allow this type here.", name)
    for place, item in chosen:
        if not rule.is_slice and not _matches(rule, item):
            findings.note(place, f"The profile {name} demands another value here.", name)
        if rule.targets and _type_of(item) not in (None, *rule.targets):
            findings.note(place, f"The profile {name} does not allow a reference to this type.", name)


def _type_of(reference: Any) -> str | None:
    """Return the resource type a reference names, None where its text does not tell."""
    text = reference.get("reference") if isinstance(reference, dict) else None
    literal = find_literal(text) if isinstance(text, str) else None
    return literal.type if literal else None


def _too_few(rule: Rule, name: str) -> str:
    what = "items with the pattern it names" if rule.is_slice else "of this element"
    return f"The profile {name} demands at least {rule.min} {what}."


def _has_sibling(rule: Rule, parent: Tree) -> bool:
    """Say whether a primitive without a value says by an extension why it has none."""
    return not rule.is_slice and any(f"_{key}" in parent for key in rule.keys)


def _matches(rule: Rule, item: Any) -> bool:
    if rule.url and (not isinstance(item, dict) or item.get("url") != rule.url):
        return False
    if rule.fixed is not None and not is_same(item, rule.fixed):
        return False
    return rule.pattern is None or contains(item, rule.pattern)
