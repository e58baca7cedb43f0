"""Bundles: the page a search answers with, what arrives in one, and what a map makes of its resources.

Source: http://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from fhirbridge.ids import CANONICAL


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


FIRST: Mapping[str, str] = {"document": "Composition", "message": "MessageHeader"}
"""Type of a Bundle -> the type of the resource that must stand first in it."""
REQUESTS = frozenset({"batch", "transaction"})
"""Types of Bundles whose entries say what to do with them."""


def bundle(resources: Sequence[dict[str, Any]], type_: str) -> dict[str, Any]:
    """Return a Bundle of resources that all have an id, in their order; entries are put where their id says.

    References to a resource of the same Bundle become its fullUrl, so that they can be followed without any server;
    in a batch, whose entries may not depend on each other, they stay. A document takes identifier and time from its
    Composition.

    Source: http://hl7.org/fhir/R4/bundle.html#references, #transaction; invariants bdl-3, bdl-7, bdl-9, bdl-10
    """
    urls = {} if type_ == "batch" else {f"{each['resourceType']}/{each['id']}": _urn(each) for each in resources}
    head: dict[str, Any] = {"resourceType": "Bundle", "type": type_}
    if type_ == "document" and resources:
        known = {"identifier": resources[0].get("identifier"), "timestamp": resources[0].get("date")}
        head |= {name: value for name, value in known.items() if value}
    entries = [{"fullUrl": _urn(each), "resource": _linked(each, urls), **_request(each, type_)} for each in resources]
    return {**head, "entry": entries} if entries else head


def _urn(resource: dict[str, Any]) -> str:
    return uuid5(NAMESPACE_URL, f"{CANONICAL}/{resource['resourceType']}/{resource['id']}").urn


def _request(resource: dict[str, Any], type_: str) -> dict[str, Any]:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"request": {"method": "PUT", "url": url}} if type_ in REQUESTS else {}


def _linked(node: Any, urls: Mapping[str, str]) -> Any:
    """Return a tree with each reference that the table knows replaced."""
    if isinstance(node, list):
        return [_linked(item, urls) for item in node]
    if not isinstance(node, dict):
        return node
    linked = {name: _linked(value, urls) for name, value in node.items()}
    reference = linked.get("reference")
    if isinstance(reference, str) and reference in urls:
        linked["reference"] = urls[reference]
    return linked


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
