"""A record as a document, without a server: through its map, with all that the map made of it, in one Bundle.

Nothing is stored and no consent is asked: what comes out is what the record holds. Laws of this file: what the
Composition reaches is in the Bundle, and it lists nothing that is not; of whom only a number is known is a Patient with
that number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import InvalidContent, Issue
from fhirbridge.fhir.documents import COMPOSITION, beside, document, reach, with_empty_sections, without
from fhirbridge.fhir.references import find_literal
from fhirbridge.formats import fhir_json, fhir_xml
from fhirbridge.ids import fingerprint
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.narrative.tell import told_together
from fhirbridge.mapping.run import Item
from fhirbridge.services import sides
from fhirbridge.services.maps import trying

Resource = dict[str, Any]

PERSON = "person"
PATIENT = "Patient"
DIRECTORY = "D0"


@dataclass(frozen=True, slots=True)
class Documented:
    """A document Bundle, None where the record does not make one, and what was found on the way."""

    bundle: Resource | None
    issues: tuple[Issue, ...]

    def to_json(self) -> bytes:
        """Return the Bundle as FHIR JSON, empty where there is none."""
        return msgspec.json.format(fhir_json.format(self.bundle), indent=2) if self.bundle else b""

    def to_xml(self) -> bytes:
        """Return the Bundle as FHIR XML, empty where there is none."""
        return fhir_xml.format(self.bundle) if self.bundle else b""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose record it is: the name under which keys and ids are made, and the client's person record, if at hand."""

    name: str = "local"
    person: bytes = b""


@dataclass(slots=True)
class _Run:
    """What was made so far, and what was found."""

    items: list[Item] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


def document_of(folder: Path, name: str, body: bytes, *, moment: str, source: Source = Source()) -> Documented:
    """Return the document that a map makes of a record.

    Args:
        moment: when it is put together, a FHIR instant.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
        MalformedInput: a record cannot be read.
        InvalidContent: the map makes no Composition.
    """
    map_, run = trying.get_map(folder, name), _Run()
    if not any(block.type == COMPOSITION for block in map_.blocks):
        raise InvalidContent(f"The map {map_.name} makes no {COMPOSITION}, and a document begins with one.")
    known: dict[tuple[str, str, str], str] = {}
    if source.person:
        _map(run, trying.get_map(folder, PERSON), source.person, Context(source.name))
        known = dict(_numbers(run.items))
    _map(run, map_, body, Context(source.name, known))
    head = next((item for item in run.items if item.type == COMPOSITION), None)
    if head is None or run.is_refused:
        return Documented(None, tuple(run.issues))
    resources = list(_resources(map_, head, run.items))
    mark = fingerprint(b"\n".join(fhir_json.format(each) for each in resources))
    return Documented(document(resources, base_url="", identifier=mark, moment=moment), tuple(run.issues))


def _map(run: _Run, map_: Map, body: bytes, context: Context) -> None:
    read = sides.read(sides.left_of(map_), body)[0]
    made, issues = trying.run_document(map_, read, context)
    run.items += made.mapped.items
    run.issues += issues


def _numbers(items: Sequence[Item]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield the numbers by which records name a client, with the id of the Patient that has them."""
    for item in items:
        for each in item.body.get("identifier", []) if item.type == PATIENT else ():
            yield (PATIENT, str(each.get("system")), str(each.get("value"))), item.id


def _resources(map_: Map, head: Item, items: Sequence[Item]) -> Iterator[Resource]:
    """Yield the Composition, told by what it reaches, and what that is."""
    by_key: dict[str, Item] = {f"{item.type}/{item.id}": item for item in items}

    def find(key: str) -> Resource | None:
        return by_key[key].body if key in by_key else None

    seen = reach(head.body, find).resources
    left = [key for key, item in by_key.items() if key not in seen and item.data_class != DIRECTORY]
    body = beside(head.body, [key for key in left if by_key[key].trace["map"] == map_.name])
    reached = reach(body, find)
    clients = {key: each for key, each in _clients(reached.resources) if key in reached.missing}
    closed = replace(head, body=with_empty_sections(without(body, reached.missing - clients.keys())))
    told = told_together(map_, [closed, *(by_key[key] for key in list(reached.resources)[1:])])
    yield from (item.body for item in told)
    yield from clients.values()


def _clients(resources: Mapping[str, Resource]) -> Iterator[tuple[str, Resource]]:
    """Yield a Patient with a number and nothing else for each that is referred to by its number."""
    for reference in _references(list(resources.values())):
        literal = find_literal(str(reference.get("reference", "")))
        number = reference.get("identifier")
        if literal and literal.type == PATIENT and number:
            yield literal.key, {"resourceType": PATIENT, "id": literal.id, "identifier": [number]}


def _references(node: Any) -> Iterator[Resource]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
