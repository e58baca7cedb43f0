"""The entries of one Bundle, found by fullUrl and by type and id, and what a reference between them leads to.

Laws: built once, in one pass; a reference is answered without looking at the other entries.
Source: http://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

SEVERAL = Kind("bundle-several", "Several entries have the fullUrl that this reference leads to.")
OTHER_TYPE = Kind("bundle-type", "The entry that this reference leads to holds another type.")
NOT_HERE = Kind("bundle-urn", "The Bundle has no entry with this URN as its fullUrl.", "warning")
NEAR = Kind("bundle-near", "An entry has this type and id, but not the fullUrl that the reference leads to.", "warning")
NO_BASE = Kind("bundle-base", "A relative reference needs the fullUrl of its own entry, which has none.")
NO_PARTS = Kind("bundle-relative", "A relative reference in a Bundle is Type/id.")
APART = Kind("bundle-apart", "An entry has this type and id, but the reference does not lead to its fullUrl.")

REST = re.compile(
    r"(?:https?://[A-Za-z0-9.:%$/_-]*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?"
)
RESPONSES = frozenset({"batch-response", "transaction-response"})
REQUESTS = frozenset({"batch", "transaction"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with a resource: where it stands, and how it is found."""

    index: int
    full_url: str
    resource: Tree

    @property
    def key(self) -> str:
        """Type and id: `Patient/1`."""
        return f"{self.resource.get('resourceType')}/{self.resource.get('id')}"

    @property
    def version(self) -> str:
        """The version that the resource states, or ""."""
        meta = self.resource.get("meta")
        return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


class BundleIndex:
    """The entries of a Bundle."""

    def __init__(self, bundle: Tree) -> None:
        type_ = bundle.get("type")
        self.type = type_ if isinstance(type_, str) else ""
        self.entries = list(_iter_entries(bundle))
        self.by_url: dict[str, list[Entry]] = {}
        self.by_key: dict[str, list[Entry]] = {}
        self._base_of: dict[int, str] = {}
        for each in self.entries:
            self._base_of[id(each.resource)] = each.full_url
            if each.full_url:
                self.by_url.setdefault(each.full_url, []).append(each)
            if "id" in each.resource:
                self.by_key.setdefault(each.key, []).append(each)

    @property
    def ids(self) -> set[Any]:
        """The ids of the resources that the Bundle holds."""
        return {each.resource.get("id") for each in self.entries if isinstance(each.resource.get("id"), str)}

    def base_of(self, resource: Tree, default: str) -> str:
        """Return the fullUrl of the entry that holds a resource."""
        return self._base_of.get(id(resource), default)

    def find(self, reference: str, base: str) -> Tree | None:
        """Return the resource that a reference leads to, None where it is not here or is not clear."""
        matches = self.matches(*target_of(reference, base))
        return matches[0].resource if len(matches) == 1 else None

    def matches(self, url: str, version: str) -> list[Entry]:
        """Return the entries with a fullUrl, of one version where it is named."""
        found = self.by_url.get(url, [])
        return [each for each in found if each.version == version] if version else found

    def reference(self, faults: Faults | None, text: str, base: str) -> Faults | None:
        """Add what is wrong with a reference that stands in an entry with the fullUrl `base`."""
        is_relative = not is_absolute(text)
        if is_relative and not base:
            return faults if self.type in RESPONSES | REQUESTS else note(faults, ".reference", NO_BASE)
        if is_relative and text.count("/") not in (1, 3):
            return faults if self.type in REQUESTS and "?" in text else note(faults, ".reference", NO_PARTS)
        matches = self.matches(*target_of(text, base))
        if not matches:
            return self._unmatched(faults, text, is_relative=is_relative)
        if len(matches) > 1:
            return note(faults, ".reference", SEVERAL)
        literal = find_literal(text)
        if is_relative and literal and matches[0].resource.get("resourceType") != literal.type:
            return note(faults, ".reference", OTHER_TYPE)
        return faults

    def _unmatched(self, faults: Faults | None, text: str, *, is_relative: bool) -> Faults | None:
        if text.startswith("urn:"):
            return note(faults, ".reference", NOT_HERE)
        literal = find_literal(text) if is_relative else None
        if literal and literal.key in self.by_key:
            is_strict = self.type in ("document", "message")
            return note(faults, ".reference", APART if is_strict else NEAR)
        return faults


def target_of(reference: str, base: str) -> tuple[str, str]:
    """Return the fullUrl and the version that a reference leads to from an entry with the fullUrl `base`.

    >>> target_of("Patient/1", "https://a.example/fhir/Task/7")
    ('https://a.example/fhir/Patient/1', '')
    >>> target_of("Patient/1", "urn:uuid:7")
    ('urn:uuid:1', '')
    """
    path, _, version = reference.partition("/_history/")
    if is_absolute(reference):
        return path, version
    if base.startswith("urn:"):
        return f"{base.rpartition(':')[0]}:{path.rpartition('/')[2]}", version
    root = "/".join(base.split("/")[:-2])
    return (f"{root}/{path}" if root else path), version


def _iter_entries(bundle: Tree) -> Iterator[Entry]:
    items = bundle.get("entry")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        resource = item.get("resource") if isinstance(item, dict) else None
        if isinstance(resource, dict):
            url = item.get("fullUrl")
            yield Entry(index, url if isinstance(url, str) else "", resource)
