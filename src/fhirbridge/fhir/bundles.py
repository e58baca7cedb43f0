"""Bundles: the page a search answers with, and what arrives in one.

Source: http://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of a search answer: why it is there, and the resource."""

    resource: dict[str, Any]
    mode: Literal["match", "include", "outcome"] = "match"


def searchset(
    found: Iterable[Found], *, base_url: str, total: int | None, self_url: str, next_url: str = ""
) -> dict[str, Any]:
    """Return a searchset Bundle (tree).

    Args:
        found: matches first, then includes and the outcome, in the order of the page.
        base_url: where the resources are served, without a slash at its end; makes each fullUrl.
        total: how many resources match in all, or None where that is not told.

    Source: http://hl7.org/fhir/R4/bundle.html#searchset
    """
    links = [{"relation": "self", "url": self_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = links
    entries = [_entry(each, base_url) for each in found]
    if entries:
        bundle["entry"] = entries
    return bundle


def iter_resources(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the resources that a Bundle's entries hold, in order."""
    return (entry["resource"] for entry in bundle.get("entry", []) if "resource" in entry)


def full_url(resource: dict[str, Any], base_url: str) -> str:
    """Return the address of a resource on this server."""
    return f"{base_url}/{resource['resourceType']}/{resource['id']}"


def _entry(found: Found, base_url: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"resource": found.resource, "search": {"mode": found.mode}}
    if "id" in found.resource:
        entry = {"fullUrl": full_url(found.resource, base_url), **entry}
    return entry
