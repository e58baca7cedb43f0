"""Search by type: parameters, consent per person before the query, one page, what it includes, the notice.

Laws of this file: the query sees only persons and classes that were decided about in this transaction, so that total,
pages and links tell of nothing else; who is not covered and who is unknown give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from fhirbridge.auth.scopes import covers
from fhirbridge.fhir.bundles import Found, searchset
from fhirbridge.fhir.search_parameters import COLUMNS, index_values
from fhirbridge.services import disclose, identity
from fhirbridge.services.bridge import Bridge, Caller
from fhirbridge.services.disclose import Ask, Shown, View
from fhirbridge.services.interactions import guard, is_directory
from fhirbridge.services.search_query import Asked, Subject, iter_next, parse
from fhirbridge.services.shelf import SOURCE_PARAMETER
from fhirbridge.store.base import Clause, IndexRow, Query, ResourceRow, Transaction
from fhirbridge.store.matching import Finder

MAX_INCLUDES = 1_000
PATIENT = "Patient"
OBLIGED_TO_COPY = "CONSENT-COPY"


def search(bridge: Bridge, caller: Caller, type_: str, params: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return a searchset Bundle (tree) of what this caller may see.

    Args:
        params: decoded name-value pairs in the order they came, from the query string or the POST _search body;
            without `_format` and `_pretty`, which belong to the web layer.

    Raises:
        Forbidden: the token does not cover `system/<type>.s`.
        UnsupportedSearch: a parameter, modifier, prefix or include that is not supported (HTTP 400).

    Source: http://hl7.org/fhir/R4/search.html
    """
    guard(bridge, caller, type_, "search-type")
    fhir_base = f"{bridge.base_url}/fhir"
    asked = parse(type_, params, limits=bridge.limits, base_url=fhir_base)
    ask = Ask(caller.partner, caller.partner.purpose, "search", type_)
    with bridge.store.transaction() as tx:
        hunt = _Hunt(bridge, tx, ask, asked, caller.scopes)
        page = hunt.directory_page() if is_directory(bridge, type_) else hunt.page()
        hunt.write_down(page)
    return _bundle(hunt, page, fhir_base)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what matched, what it includes, how many match in all, and whether there are more."""

    matches: tuple[Shown, ...]
    includes: tuple[Shown, ...]
    total: int
    has_more: bool


@dataclass(slots=True)
class _Hunt:
    """One search under way: whom it may see (`views`), which persons it names (`named`), what must hold (`clauses`)."""

    bridge: Bridge
    tx: Transaction
    ask: Ask
    asked: Asked
    scopes: tuple[str, ...]
    views: dict[str, View] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    clauses: tuple[Clause, ...] = ()

    def __post_init__(self) -> None:
        self.clauses = self.asked.clauses

    # -- who

    def view(self, person_id: str) -> View:
        """Return what may be seen of a person, decided once in this search."""
        if person_id not in self.views:
            self.views[person_id] = disclose.look(self.bridge, self.tx, self.ask, person_id)
        return self.views[person_id]

    def persons(self) -> list[str]:
        """Return the persons that the search speaks of: those it names, or all who consent to this recipient."""
        if not self.asked.subjects:
            return sorted(self.tx.find_persons_consenting_to(self.ask.partner.organisation))
        found = [self._persons_of(subject) for subject in self.asked.subjects]
        self.clauses += tuple(
            Clause(subject.via, "reference", tuple((f"{PATIENT}/{person_id}", None) for person_id in sorted(persons)))
            for subject, persons in zip(self.asked.subjects, found, strict=True)
            if subject.via and persons
        )
        self.named = sorted(set.intersection(*found)) or [disclose.NOBODY]
        return self.named

    def _persons_of(self, subject: Subject) -> set[str]:
        ids = {id_ for id_ in subject.ids if self.tx.find_resource(PATIENT, id_)}
        owners = {number: self.tx.find_person(*number) for number in subject.numbers}
        return ids | {owner for number, owner in owners.items() if owner and self._may_know(owner, number)}

    def _may_know(self, person_id: str, number: identity.Number) -> bool:
        """Say whether the caller may be told that this number is this person's.

        It may when it handed the number in itself, or would see it in the Patient; when it sees nothing of the person
        in any case, the refusal is to be written down under the person.
        """
        view = self.view(person_id)
        own = (row for row in self.tx.iter_records(person_id) if row.source == self.ask.partner.id)
        if not view.is_open or any(number in identity.numbers_in(row) for row in own):
            return True
        return number in disclose.numbers_shown(self.tx, self.ask, view)

    # -- what

    def page(self) -> Page:
        """Return the page of matches about persons."""
        queries = self._queries(self.persons())
        found = islice(merge(*(self.tx.search(query) for query in queries), key=_id), self.asked.count + 1)
        rows = list(found)
        total = sum(self.tx.count(query) for query in queries)
        shown = [disclose.show(self.ask, self.view(row.person_id or ""), row) for row in rows[: self.asked.count]]
        matches = tuple(each for each in shown if each)
        return Page(matches, self._includes(matches), total, len(rows) > self.asked.count)

    def directory_page(self) -> Page:
        """Return the page of matches in the directory."""
        query = Query(
            self.asked.type,
            self.asked.clauses,
            data_classes=frozenset({disclose.DIRECTORY_CLASS}),
            count=self.asked.count + 1,
            after=self.asked.after,
        )
        rows = self.tx.search(query)
        matches = tuple(disclose.show_directory(row) for row in rows[: self.asked.count])
        return Page(matches, self._includes(matches), self.tx.count(query), len(rows) > self.asked.count)

    def _queries(self, persons: Iterable[str]) -> list[Query]:
        """Return one query for each set of classes and sources; no resource is found by two of them."""
        groups: dict[tuple[frozenset[str], frozenset[str]], set[str]] = {}
        for person_id in persons:
            for classes, sources in self._grants(self.view(person_id)).items():
                groups.setdefault((classes, sources), set()).add(person_id)
        queries = [self._query(*group, frozenset(persons)) for group, persons in groups.items()]
        if self.asked.type != PATIENT:
            return queries
        return [replace(query, persons=self._found_as_shown(query)) for query in queries]

    def _found_as_shown(self, query: Query) -> frozenset[str]:
        """Return the persons whose Patient is found by what the caller sees of it: a Patient is made of all sources,
        and a search that finds what another agency told would tell it.
        """
        clauses = tuple(clause for clause in query.clauses if clause.param not in COLUMNS)
        persons = query.persons or frozenset()
        if not clauses:
            return persons
        rows = self.tx.search(replace(query, count=len(persons), after=""))
        return frozenset(row.id for row in rows if self._is_found(row, clauses))

    def _is_found(self, row: ResourceRow, clauses: tuple[Clause, ...]) -> bool:
        view = self.view(row.person_id or "")
        if not disclose.is_withheld_in_part(view, row):
            return True
        shown = disclose.show(self.ask, view, row)
        index = frozenset(IndexRow(*value) for value in index_values(shown.resource)) if shown else frozenset()
        return bool(Finder([row], {(row.type, row.id): index}).find(Query(row.type, clauses)))

    def _grants(self, view: View) -> Mapping[frozenset[str], frozenset[str]]:
        """Return sources by the classes that may be seen of them; a Patient is made of all sources."""
        sources = [""] if self.asked.type == PATIENT else list(self.bridge.partners)
        grants: dict[frozenset[str], frozenset[str]] = {}
        for source in sources if view.is_open else ():
            classes = view.classes(source)
            if classes:
                grants[classes] = grants.get(classes, frozenset()) | {source}
        return grants

    def _query(self, classes: frozenset[str], sources: frozenset[str], persons: frozenset[str]) -> Query:
        is_from = Clause(SOURCE_PARAMETER, "token", tuple(("", source) for source in sorted(sources)))
        clauses = self.clauses if sources == {""} else (*self.clauses, is_from)
        if self.asked.type == disclose.CONSENT:
            relied_on = sorted(id_ for person_id in persons for id_ in self.view(person_id).relied_on)
            clauses = (*clauses, Clause("_id", "id", tuple((id_, None) for id_ in relied_on)))
        return Query(self.asked.type, clauses, persons, classes, self.asked.count + 1, self.asked.after)

    # -- what goes with it

    def _includes(self, matches: tuple[Shown, ...]) -> tuple[Shown, ...]:
        """Return what the matches refer to as asked for, and what an obligation sends along."""
        keys = dict.fromkeys(key for shown in matches for key in self._included_keys(shown))
        for shown in matches:
            keys.pop(shown.key, None)
        found = (self._included(*key.split("/", 1)) for key in islice(keys, MAX_INCLUDES))
        return tuple(each for each in found if each)

    def _included_keys(self, shown: Shown) -> Iterable[str]:
        values = [value for value in index_values(shown.resource) if value.kind == "reference"]
        for name, target in self.asked.includes:
            found = (v.a for v in values if v.param == name and v.a.startswith(f"{target}/" if target else ""))
            yield from (key for key in found if covers(self.scopes, key.partition("/")[0], "read"))
        view = self.views.get(shown.row.person_id or "")
        for decision in view.permits if view else ():
            if OBLIGED_TO_COPY in decision.obligations:
                yield from (f"Consent/{id_}" for id_, _ in decision.consents)

    def _included(self, type_: str, id_: str) -> Shown | None:
        row = self.tx.find_resource(type_, id_)
        if row is None or row.deleted:
            return None
        if row.person_id is None:
            return disclose.show_directory(row)
        return disclose.show(self.ask, self.view(row.person_id), row)

    # -- write down

    def write_down(self, page: Page) -> None:
        """Add one ledger entry for each person of whom something is shown, or whom the search named."""
        shown: dict[str, list[str]] = {person_id: [] for person_id in self.named}
        for each in (*page.matches, *page.includes):
            if each.row.person_id:
                shown.setdefault(each.row.person_id, []).append(each.key)
        for person_id, keys in shown.items():
            disclose.write_down(self.bridge, self.tx, self.ask, self.view(person_id), keys)


def _id(row: ResourceRow) -> str:
    return row.id


def _bundle(hunt: _Hunt, page: Page, fhir_base: str) -> dict[str, Any]:
    asked = hunt.asked
    found = [Found(shown.resource) for shown in page.matches]
    found += [Found(shown.resource, "include") for shown in page.includes]
    persons = dict.fromkeys(each.row.person_id for each in (*page.matches, *page.includes) if each.row.person_id)
    if persons:
        views = [hunt.view(person_id) for person_id in persons]
        found.append(Found(disclose.outcome_of(hunt.ask, views), "outcome"))
    labels = disclose.labels_of(each.resource for each in found)
    address = f"{fhir_base}/{asked.type}"
    next_url = ""
    if page.has_more:
        last = page.matches[-1].row.id
        named = [person_id for person_id in hunt.named if person_id != disclose.NOBODY]
        next_url = _url(address, iter_next(asked, last, named))
    bundle = searchset(
        found, base_url=fhir_base, total=page.total, self_url=_url(address, asked.params), next_url=next_url
    )
    return {"resourceType": "Bundle", **({"meta": {"security": labels}} if labels else {}), **bundle}


def _url(address: str, params: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(params), safe="/:,|")
    return f"{address}?{query}" if query else address
