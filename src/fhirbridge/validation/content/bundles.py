"""The rules of Bundles: addresses of entries, links, search answers, and that a document or message hangs together.

Source: http://hl7.org/fhir/R4/bundle.html, http://hl7.org/fhir/R4/documents.html, http://hl7.org/fhir/R4/messaging.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.fhir.elements import is_resource
from fhirbridge.validation.content.bundle_index import (
    REQUESTS,
    RESPONSES,
    REST,
    BundleIndex,
    Entry,
    target_of,
)
from fhirbridge.validation.content.texts import is_absolute
from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

NEEDS_ENTRY = Kind("bundle-first", "A document or message has entries; the first is its Composition or MessageHeader.")
NO_URL = Kind("bundle-full-url", "An entry of this type of Bundle needs a fullUrl.")
RELATIVE_URL = Kind("bundle-full-url-absolute", "A fullUrl is an absolute URL.")
OTHER_URL = Kind("bundle-full-url-id", "A fullUrl that looks like a server's ends with type and id of its resource.")
LINK = Kind("bundle-link", "This relation may stand once only.")
PAGING = Kind("bundle-link-paging", "A Bundle of this type has no pages to link to.")
NO_SELF = Kind("search-self", "A search answer should have a link that says what the search was.", "warning")
NO_MODE = Kind("search-mode", "An entry of a search answer should say why it is there.", "warning")
NO_RESOURCE = Kind("search-resource", "An entry of a search answer holds a resource.")
NO_ID = Kind("search-id", "A resource in a search answer has an id.")
WRONG_TYPE = Kind("search-type", "The search is not for this type.")
NO_OUTCOME = Kind("search-outcome", "An entry with the mode outcome holds an OperationOutcome.")
ORPHAN = Kind("document-orphan", "Nothing leads from the Composition to this entry, or from it to one that does.")
STRAY = Kind("message-orphan", "Nothing leads from the MessageHeader to this entry; is it needed?", "warning")
BACKWARDS = Kind(
    "document-backwards", "This entry is reached only backwards, which only a Provenance should be.", "warning"
)
MISSING = Kind("document-missing", "What this names has to be in the Bundle.")

_PAGES = frozenset({"first", "previous", "prev", "next", "last"})
_PAGED = frozenset({"searchset", "history"})
_HEADS = {"document": "Composition", "message": "MessageHeader"}


def bundle(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a Bundle as a whole."""
    index: BundleIndex = state.bundle
    for piece, kind in (
        *_links(value, index),
        *_addresses(value, index),
        *_search(value, index),
        *_whole(value, index),
    ):
        faults = note(faults, piece, kind)
    return faults


def _items(value: Tree, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


# -- links and addresses


def _links(value: Tree, index: BundleIndex) -> Iterator[tuple[str, Kind]]:
    seen: set[Any] = set()
    for number, link in enumerate(_items(value, "link")):
        relation = link.get("relation")
        if not isinstance(relation, str) or (relation != "self" and relation not in _PAGES):
            continue
        if index.type not in _PAGED and relation != "self":
            yield f".link[{number}].relation", PAGING
        elif relation in seen:
            yield f".link[{number}]", LINK
        seen.add(relation)


def _addresses(value: Tree, index: BundleIndex) -> Iterator[tuple[str, Kind]]:
    is_needed = index.type not in REQUESTS | RESPONSES
    by_place = {each.index: each for each in index.entries}
    for number, item in enumerate(_items(value, "entry")):
        url = item.get("fullUrl")
        if isinstance(url, str):
            for kind in _address(url, by_place.get(number)):
                yield f".entry[{number}].fullUrl", kind
        elif is_needed:
            yield f".entry[{number}].fullUrl", NO_URL


def _address(url: str, entry: Entry | None) -> Iterator[Kind]:
    if not is_absolute(url):
        yield RELATIVE_URL
    elif entry is not None and (read := REST.fullmatch(url)) and is_resource(read["type"]):
        if "id" not in entry.resource or not url.endswith(f"/{entry.key}"):
            yield OTHER_URL
    elif entry is not None and entry.resource.get("url") == url and not _is_old(url):
        yield OTHER_URL


def _is_old(url: str) -> bool:
    """Say whether a canonical is one of the code systems that HL7 named before it named them by type."""
    return url.startswith(("http://hl7.org/fhir/v3/", "http://hl7.org/fhir/v2/"))


# -- search answers


def _search(value: Tree, index: BundleIndex) -> Iterator[tuple[str, Kind]]:
    if index.type != "searchset" or not (items := _items(value, "entry")):
        return
    self_url = next((each.get("url") for each in _items(value, "link") if each.get("relation") == "self"), None)
    types = _searched(self_url) if isinstance(self_url, str) else ()
    if self_url is None:
        yield "", NO_SELF
    modes = [item["search"].get("mode") if isinstance(item.get("search"), dict) else None for item in items]
    if not any(modes):
        yield "", NO_MODE
    for number, (item, mode) in enumerate(zip(items, modes, strict=True)):
        if mode is None and any(modes):
            yield f".entry[{number}]", NO_MODE
        if not isinstance(item.get("resource"), dict):
            yield f".entry[{number}]", NO_RESOURCE
        elif mode is not None:
            for kind in _found(item["resource"], mode, types):
                yield f".entry[{number}].resource", kind


def _searched(url: str) -> tuple[str, ...]:
    """Return the types that a search asked for, as its address tells; () where it does not."""
    path, _, query = url.partition("?")
    last = path.rstrip("/").rpartition("/")[2]
    if is_resource(last):
        return (last,)
    wanted = next((each.removeprefix("_type=") for each in query.split("&") if each.startswith("_type=")), "")
    return tuple(filter(None, wanted.split(",")))


def _found(resource: Tree, mode: Any, types: tuple[str, ...]) -> Iterator[Kind]:
    type_ = resource.get("resourceType")
    if mode == "outcome":
        if type_ != "OperationOutcome":
            yield NO_OUTCOME
        return
    if "id" not in resource:
        yield NO_ID
    if mode == "match" and types and type_ not in types:
        yield WRONG_TYPE


# -- documents and messages


def _whole(value: Tree, index: BundleIndex) -> Iterator[tuple[str, Kind]]:
    if index.type not in _HEADS:
        return
    if not index.entries or index.entries[0].index != 0:
        yield ".entry", NEEDS_ENTRY
        return
    head = index.entries[0]
    if index.type == "document" and head.resource.get("resourceType") == "Composition":
        for piece, text in _named_by(head.resource, ""):
            yield from _must_be_here(f".entry[0].resource{piece}", text, head, index)
    yield from _unreached(value, index, is_document=index.type == "document")


def _must_be_here(piece: str, text: str, head: Entry, index: BundleIndex) -> Iterator[tuple[str, Kind]]:
    if not index.matches(*target_of(text, head.full_url)):
        yield piece, MISSING


_SINGLE = ("subject", "encounter", "custodian", "focus")


def _named_by(tree: Tree, piece: str) -> Iterator[tuple[str, str]]:
    """Yield the references of a Composition, or of a section, to what a document has to hold."""
    for name in _SINGLE:
        yield from _reference(tree.get(name), f"{piece}.{name}")
    for name in ("author", "entry"):
        items = tree.get(name)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            yield from _reference(item, f"{piece}.{name}[{number}]")
    for number, attester in enumerate(_items(tree, "attester")):
        yield from _reference(attester.get("party"), f"{piece}.attester[{number}].party")
    for number, event in enumerate(_items(tree, "event")):
        for place, item in enumerate(_items(event, "detail")):
            yield from _reference(item, f"{piece}.event[{number}].detail[{place}]")
    for number, section in enumerate(_items(tree, "section")):
        yield from _named_by(section, f"{piece}.section[{number}]")


def _reference(value: Any, piece: str) -> Iterator[tuple[str, str]]:
    text = value.get("reference") if isinstance(value, dict) else None
    if isinstance(text, str) and text and not text.startswith("#"):
        yield f"{piece}.reference", text


def _unreached(value: Tree, index: BundleIndex, *, is_document: bool) -> Iterator[tuple[str, Kind]]:
    targets = {each.index: _targets(each, index) for each in index.entries}
    start = {0, *_styled(value, index)}
    forwards = _closure(start, targets)
    both = {number: set(found) for number, found in targets.items()}
    for number, found in targets.items():
        for target in found:
            both.setdefault(target, set()).add(number)
    joined = _closure(start, both)
    for each in index.entries:
        if each.index not in joined:
            yield f".entry[{each.index}]", ORPHAN if is_document else STRAY
        elif is_document and each.index not in forwards and each.resource.get("resourceType") != "Provenance":
            yield f".entry[{each.index}]", BACKWARDS


def _closure(start: set[int], targets: dict[int, set[int]]) -> set[int]:
    reached, waiting = set(start), list(start)
    while waiting:
        new = targets.get(waiting.pop(), set()) - reached
        reached |= new
        waiting.extend(new)
    return reached


def _targets(entry: Entry, index: BundleIndex) -> set[int]:
    """Return the entries that the texts of an entry's resource lead to."""
    found: set[int] = set()
    waiting: list[Any] = [entry.resource]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(item for key, item in node.items() if key not in _NO_LINKS)
            if isinstance(text := node.get("reference"), str):
                found.update(each.index for each in index.matches(*target_of(text, entry.full_url)))
        elif isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, str) and node in index.by_url:
            found.update(each.index for each in index.by_url[node])
    return found - {entry.index}


_NO_LINKS = frozenset({"system", "profile", "fullUrl", "div"})


def _styled(value: Tree, index: BundleIndex) -> Iterator[int]:
    """Yield the entries that a link names as style sheet."""
    for link in _items(value, "link"):
        if link.get("relation") == "stylesheet":
            yield from (each.index for each in index.by_key.get(str(link.get("url")), ()))
