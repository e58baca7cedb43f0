"""Documents: a Composition and all that it reaches, as one Bundle that stands by itself.

Laws of this file: everything in a document came through the one door out, in one transaction and under one entry of the
ledger; what may not be seen is in no list, no reference and no word of it; the statement that the law wants beside what
leaves stands in the document too, for a document is passed on without the headers it came with.
Source: http://hl7.org/fhir/R4/operation-composition-document.html; 42 CFR 2.32; docs/adr/0025-narrative-from-the-map.md
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.auth.scopes import covers
from fhirbridge.errors import NotFound, UnsupportedSearch
from fhirbridge.fhir.documents import (
    COMPOSITION,
    Reached,
    beside,
    document,
    iter_references,
    reach,
    section,
    with_empty_sections,
    without,
)
from fhirbridge.fhir.narrative.xhtml import narrative, paragraph
from fhirbridge.formats import fhir_json
from fhirbridge.ids import fingerprint
from fhirbridge.mapping.narrative.tell import entries_told
from fhirbridge.services import disclose
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.services.disclose import Ask, Shown, View
from fhirbridge.services.interactions import guard, served_types
from fhirbridge.services.narrative import find_plan_of, told_anew
from fhirbridge.services.resources import find_version
from fhirbridge.store.base import Query, ResourceRow, Transaction
from fhirbridge.times import format_instant

Resource = dict[str, Any]

NOTICE_TITLE = "Conditions of disclosure"
MAX_OF_A_TYPE = 1_000
"""Among so many resources of one type and person is looked for what belongs to a document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document Bundle, and the statements that must go with it."""

    bundle: Resource
    notices: tuple[str, ...]


def make_document(
    bridge: Bridge, caller: Caller, type_: str, id_: str, params: Iterable[tuple[str, str]] = ()
) -> Document:
    """Return the document of a Composition as this caller may see it.

    For a resource of another type it is the newest document of it, or else the newest that speaks of it.

    Raises:
        Forbidden: the token does not cover reading the type, or Compositions.
        NotFound: unknown, deleted, not covered by a consent, or there is no document of it: the same answer.
        UnsupportedSearch: a parameter other than `persist=false`.
    """
    _check(params)
    for each in dict.fromkeys((type_, COMPOSITION)):
        guard(bridge, caller, each, "read")
    with bridge.store.transaction() as tx:
        row = find_version(tx, type_, id_)
        ask = Ask(caller.partner, caller.partner.purpose, "document", f"{type_}/{id_}" if row else type_)
        view = disclose.look(bridge, tx, ask, (row.person_id or disclose.NOBODY) if row else disclose.NOBODY)
        gathering = Gathering(bridge, tx, ask, view, caller.scopes)
        head = gathering.find_head(row) if row else None
        resources = gathering.gather(head) if head else []
        disclose.write_down(bridge, tx, ask, view, gathering.keys if head else None)
    if not resources:
        raise NotFound
    return Document(_bundle(bridge, resources), disclose.notices_of(ask, [view]))


def _check(params: Iterable[tuple[str, str]]) -> None:
    for name, value in params:
        if name != "persist":
            raise UnsupportedSearch("$document takes the parameter persist, and no other.")
        if value != "false":
            raise UnsupportedSearch(
                "Only persist=false is supported: a document is made for one recipient under the consents of the "
                "moment, and a stored one would outlive them."
            )


@dataclass(slots=True)
class Gathering:
    """One document being put together: what was shown so far, by "Type/id"."""

    bridge: Bridge
    tx: Transaction
    ask: Ask
    view: View
    scopes: tuple[str, ...]
    shown: dict[str, Shown] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """What of the person leaves, for the ledger."""
        return [key for key, each in self.shown.items() if each.row.person_id]

    @property
    def _base(self) -> str:
        return f"{self.bridge.base_url}/fhir"

    # -- what goes into it

    def find_head(self, row: ResourceRow) -> Shown | None:
        """Return the Composition of a document: the row itself, or one that documents it (`event.detail`), or else one
        that speaks of it; of several the newest.
        """
        first = self._show(row) if row.person_id else None
        if first is None or row.type == COMPOSITION:
            return first
        query = Query(COMPOSITION, persons=frozenset({self.view.person_id}), count=MAX_OF_A_TYPE)
        found = [each for each in map(self._show, self.tx.search(query)) if each]
        speaking = [each for each in found if first.key in iter_references(each.resource, self._base)]
        return max(speaking, key=lambda each: self._nearness(each, first.key), default=None)

    def _nearness(self, composition: Shown, key: str) -> tuple[bool, str, str]:
        is_about = key in iter_references(composition.resource.get("event"), self._base)
        return is_about, str(composition.row.last_updated), composition.row.id

    def gather(self, head: Shown) -> list[Resource]:
        """Return the resources of the document, the Composition first, each as it may leave."""
        self.shown[head.key] = head
        seen = reach(head.resource, self._find, self._base).resources
        reached = reach(beside(head.resource, self._beside(head, seen)), self._find, self._base)
        consents = [self.shown[key].resource for key in self._consents()]
        composition, *others = self._without_missing(reached)
        known = {f"{each['resourceType']}/{each['id']}": each for each in (*others, *consents)}
        return [self._told(head, composition, known), *known.values()]

    def _beside(self, head: Shown, seen: Collection[str]) -> list[str]:
        """Return what else was made of the Composition's record and may be seen, in the order of the map's blocks."""
        record, found = self._trace(head.key).get("record"), []
        for type_ in served_types(self.bridge) if record else ():
            for row in self.tx.search(Query(type_, persons=frozenset({self.view.person_id}), count=MAX_OF_A_TYPE)):
                trace, key = json.loads(row.trace), f"{row.type}/{row.id}"
                if trace.get("record") == record and key not in seen and self._find(key):
                    found.append((self._order(trace), key))
        return [key for _, key in sorted(found)]

    def _order(self, trace: Mapping[str, Any]) -> int:
        map_ = self.view.maps.maps.get(str(trace.get("map", "")))
        names = [block.name for block in map_.blocks] if map_ else []
        return names.index(str(trace.get("block"))) if trace.get("block") in names else len(names)

    def _find(self, key: str) -> Resource | None:
        type_, _, id_ = key.partition("/")
        row = self.tx.find_resource(type_, id_) if covers(self.scopes, type_, "read") else None
        shown = self._show(row) if row else None
        if shown:
            self.shown[key] = shown
        return shown.resource if shown else None

    def _show(self, row: ResourceRow) -> Shown | None:
        if row.deleted:
            return None
        if row.person_id is None:
            return disclose.show_directory(row)
        return disclose.show(self.ask, self.view, row) if row.person_id == self.view.person_id else None

    def _consents(self) -> Iterator[str]:
        """Yield the consents that an obligation sends along, whatever the token covers."""
        wanted = {id_ for each in self.view.permits if "CONSENT-COPY" in each.obligations for id_, _ in each.consents}
        for id_ in sorted(wanted):
            row = self.tx.find_resource(disclose.CONSENT, id_)
            shown = self._show(row) if row else None
            if shown:
                self.shown[shown.key] = shown
                yield shown.key

    # -- what it says

    def _without_missing(self, reached: Reached) -> Iterator[Resource]:
        """Yield each resource without what points to something that is not there; such a one is told anew."""
        for key, resource in reached.resources.items():
            left = without(resource, reached.missing, self._base)
            yield left if left == resource else told_anew(self.view.maps, self._trace(key), left)

    def _trace(self, key: str) -> Mapping[str, Any]:
        trace: Mapping[str, Any] = json.loads(self.shown[key].row.trace)
        return trace

    def _told(self, head: Shown, composition: Resource, known: Mapping[str, Resource]) -> Resource:
        """Return the Composition with the conditions it goes under, each section told by what its entries hold."""
        plans = {key: find_plan_of(self.view.maps, self._trace(key)) for key in known}
        resources = {key: (plan, known[key]) for key, plan in plans.items() if plan}
        whole = with_empty_sections(composition)
        bare = told_anew(self.view.maps, self._trace(head.key), whole, entries_told(resources, self._base))
        conditions = self._conditions([key for key in known if key.startswith(f"{disclose.CONSENT}/")])
        return {**bare, "section": [*bare.get("section", []), *conditions]} if conditions else bare

    def _conditions(self, consents: Sequence[str]) -> list[Resource]:
        """Return the section that says under what conditions the document may be used; none where there are none."""
        notices = disclose.notices_of(self.ask, [self.view])
        if not notices and not consents:
            return []
        text = "".join(paragraph(each) for each in notices or ("The consent goes with this document.",))
        return [{**section("conditions", NOTICE_TITLE, consents), "text": narrative(text)}]


def _bundle(bridge: Bridge, resources: Sequence[Resource]) -> Resource:
    """Return the Bundle; the same content is the same document, however often it is asked for."""
    return document(
        resources,
        base_url=f"{bridge.base_url}/fhir",
        identifier=fingerprint(b"\n".join(fhir_json.format(each) for each in resources)),
        moment=format_instant(bridge.clock()),
        labels=disclose.labels_of(resources),
    )
