"""Documents: what a Composition reaches, and the Bundle that holds it. Knows nobody who asks and no store.

Laws of this file: the Composition stands first and each resource once, in the order in which it is reached; nothing in
the Bundle points to what was looked for and is not there; a section without entries says so in one way, whyever it has
none.
Source: http://hl7.org/fhir/R4/documents.html, http://hl7.org/fhir/R4/operation-composition-document.html;
invariants bdl-9, bdl-10, bdl-11, cmp-1, cmp-2
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhirbridge.fhir.bundles import bundle, full_url
from fhirbridge.fhir.elements import Element, find_element
from fhirbridge.fhir.narrative.xhtml import SECTION_SYSTEM
from fhirbridge.fhir.references import find_local
from fhirbridge.ids import CANONICAL

Resource = dict[str, Any]
Find = Callable[[str], Resource | None]
"""Returns the resource at "Type/id", or None where it must look as if it were not there."""

COMPOSITION = "Composition"
MAX_LEVELS = 3
"""What the Composition refers to, what that refers to, and once more: a goal's problem, a worker's agency."""
MAX_ENTRIES = 1_000
NOT_FOLLOWED = frozenset({"replaces", "relatesTo"})
"""Elements that lead to other documents, such as the plan before this one."""
EMPTY_REASON = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
            "code": "unavailable",
            "display": "Unavailable",
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Reached:
    """What a Composition reaches: each resource by "Type/id", itself first, and what was looked for in vain."""

    resources: Mapping[str, Resource]
    missing: frozenset[str]


def reach(composition: Resource, find: Find, base_url: str = "") -> Reached:
    """Return what a Composition refers to, level by level.

    Args:
        base_url: of this server, without a slash at its end; references below it are followed like relative ones.
    """
    found: dict[str, Resource] = {_key(composition): composition}
    missing: dict[str, None] = {}
    level = [composition]
    for _ in range(MAX_LEVELS):
        wanted = dict.fromkeys(key for each in level for key in iter_references(each, base_url))
        level = []
        for key in wanted:
            if key not in found and key not in missing and len(found) < MAX_ENTRIES:
                resource = find(key)
                if resource is None:
                    missing[key] = None
                else:
                    found[key] = resource
                    level.append(resource)
    return Reached(found, frozenset(missing))


def _key(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def iter_references(node: Any, base_url: str = "") -> Iterator[str]:
    """Yield "Type/id" of each resource of this server that a tree refers to, in order, repeats left in."""
    if isinstance(node, list):
        for item in node:
            yield from iter_references(item, base_url)
    elif isinstance(node, dict):
        key = _target(node, base_url)
        if key:
            yield key
        for name, value in node.items():
            if name not in NOT_FOLLOWED:
                yield from iter_references(value, base_url)


def _target(node: Mapping[str, Any], base_url: str) -> str:
    """Return "Type/id" of what an object refers to as a Reference, "" where it is none or points elsewhere."""
    written = node.get("reference")
    literal = find_local(written, base_url) if isinstance(written, str) else None
    return literal.key if literal else ""


# -- what is not there


def without(resource: Resource, keys: Collection[str], base_url: str = "") -> Resource:
    """Return a resource without its references to these. One that must be there loses its target and keeps its name."""
    if not keys:
        return resource
    return _Cut(frozenset(keys), base_url).fields(resource, str(resource.get("resourceType")))


@dataclass(frozen=True, slots=True)
class _Cut:
    keys: frozenset[str]
    base_url: str

    def fields(self, node: Resource, type_: str) -> Resource:
        """Return an object without what points to one of the keys, or nothing where little but extensions is left."""
        left: Resource = {}
        for name, value in node.items():
            element = find_element(type_, name)
            kept = self.value(value, element) if element else value
            if kept is not None:
                left[name] = kept
        is_bare = left.keys() <= {"id", "url", "extension", "modifierExtension"}
        return {} if is_bare and len(left) < len(node) else left

    def value(self, value: Any, element: Element) -> Any:
        """Return what is left of an element, None for nothing."""
        if isinstance(value, list):
            items = [kept for each in value if (kept := self.value(each, element)) is not None]
            if not items and element.min:
                items = [_unnamed(each) for each in value if isinstance(each, dict)]
            return items or None
        if not isinstance(value, dict):
            return value
        if _target(value, self.base_url) in self.keys:
            return _unnamed(value) if element.min and not element.is_list else None
        type_ = str(value.get("resourceType", element.type)) if element.type == "Resource" else element.type
        return self.fields(value, type_) or None


def _unnamed(reference: Resource) -> Resource:
    """Return a reference that must be there without its target: its type, and what it calls it."""
    type_ = str(reference.get("reference", "")).rpartition("/")[0].rpartition("/")[2]
    told = {name: value for name, value in reference.items() if name != "reference"}
    return {**({"type": type_} if type_ else {}), **told}


def section(code: str, title: str, keys: Sequence[str] = ()) -> Resource:
    """Return a section that a document is given beside those of its record, with entries for "Type/id"."""
    head = {"title": title, "code": {"coding": [{"system": SECTION_SYSTEM, "code": code, "display": title}]}}
    return {**head, "entry": [{"reference": key} for key in keys]} if keys else head


def beside(composition: Resource, keys: Sequence[str]) -> Resource:
    """Return a Composition that also lists what was recorded beside it: who signed, who got a copy, who is to act.

    Such resources refer to what is in a document and are not referred to; only what is may be in it.
    """
    if not keys:
        return composition
    return {**composition, "section": [*composition.get("section", []), section("beside", "Also recorded", keys)]}


def with_empty_sections(composition: Resource) -> Resource:
    """Return a Composition in which each section without entries says that nothing is available."""
    sections = composition.get("section")
    if not isinstance(sections, list):
        return composition
    return {**composition, "section": [_closed(each) for each in sections]}


def _closed(section: Any) -> Any:
    if not isinstance(section, dict) or section.get("entry") or "emptyReason" in section:
        return section
    if section.get("section"):
        return with_empty_sections(section)
    return {**section, "emptyReason": EMPTY_REASON}


# -- the Bundle


def document(
    resources: Sequence[Resource], *, base_url: str, identifier: str, moment: str, labels: Sequence[Any] = ()
) -> Resource:
    """Return the document Bundle of a Composition and what it reaches.

    Args:
        resources: the Composition first; each has an id.
        base_url: of the server that has them: each fullUrl is below it, so that relative references find their entries.
            Without one each entry is a `urn:uuid:`, and so are the references to it.
        identifier: what tells this document from any other, such as a fingerprint; it becomes a UUID.
        moment: when it was put together, a FHIR instant.
        labels: the security labels of all that is in it.
    """
    uuid = uuid5(NAMESPACE_URL, f"{CANONICAL}/document/{identifier}")
    entries = (
        [{"fullUrl": full_url(each, base_url), "resource": each} for each in resources]
        if base_url
        else bundle(resources, "document")["entry"]
    )
    return {
        "resourceType": "Bundle",
        "id": str(uuid),
        **({"meta": {"security": list(labels)}} if labels else {}),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": uuid.urn},
        "type": "document",
        "timestamp": moment,
        "entry": entries,
    }
