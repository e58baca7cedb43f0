"""From typed records to what the store keeps: persons, records, resources, consents, maps used, deliveries.

Everything is done in the caller's transaction and is the same each time it is done. All findings are collected; if
one is an error nothing is to be kept, so InvalidContent is raised and the transaction ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fhirbridge.auth.partners import Partner
from fhirbridge.delivery.routes import routes_for
from fhirbridge.errors import IdentityConflict, InvalidContent, Issue
from fhirbridge.formats import record_json
from fhirbridge.ids import key_system, stable_id
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.put.propose import with_complement
from fhirbridge.mapping.run import Item, Mapped, narrated, to_right
from fhirbridge.records import Consent, Transition
from fhirbridge.services import identity, patients, shelf
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.disclose import consent_id
from fhirbridge.services.outcome import Outcome
from fhirbridge.services.reading import ReadRecord, named_by_sender, nearest
from fhirbridge.store.base import ConsentRow, Delivery, Message, RecordRow, Transaction
from fhirbridge.times import first_day

FIRST_KINDS = ("person", "transition")
"""Kinds that may tie several numbers to one person; they are resolved before the others of a message."""


@dataclass(slots=True)
class Filing:
    """One message being filed: where it came from, and what was made of it so far."""

    bridge: Bridge
    tx: Transaction
    partner: Partner
    message: Message
    issues: list[Issue] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    resources: dict[str, None] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)
    """Versions that somebody saw and wants to replace, by "Type/id"."""

    @property
    def has_errors(self) -> bool:
        """Whether something was found that forbids keeping any of it."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


def file_records(filing: Filing, records: Iterable[ReadRecord]) -> Outcome:
    """Keep the records of one message and all that follows from them; return what became of it.

    Raises:
        InvalidContent: something was found that forbids it; its issues are all that was found.
        Unavailable: another message about the same person was stored at this moment.
    """
    records = tuple(records)
    persons = _resolve(filing, records)
    if not filing.has_errors:
        for record, person_id in zip(records, persons, strict=True):
            _file(filing, record, person_id)
        for person_id in dict.fromkeys(persons):
            _file_patient(filing, person_id)
    if filing.has_errors:
        raise InvalidContent(issues=filing.issues)
    return Outcome(
        tuple(filing.records), tuple(sorted(filing.resources)), tuple(filing.issues), _lead_time(filing, records)
    )


# -- who the records are about


def _resolve(filing: Filing, records: tuple[ReadRecord, ...]) -> list[str]:
    """Return the person of each record, in the records' order; conflicts become findings."""
    order = sorted(range(len(records)), key=lambda index: records[index].kind not in FIRST_KINDS)
    persons = [""] * len(records)
    for index in order:
        record = records[index]
        path = "identifiers" if record.kind == "person" else "client"
        try:
            numbers = identity.numbers_of(record.kind, record.tree)
            persons[index] = identity.resolve(filing.tx, numbers, path=path, secret=filing.bridge.id_secret)
        except IdentityConflict as error:
            filing.issues += [named_by_sender(issue, record.kind, record.trace) for issue in error.issues]
    return persons


# -- one record


def _file(filing: Filing, record: ReadRecord, person_id: str) -> None:
    before = filing.tx.find_record(record.kind, filing.partner.id, record.key)
    if before and before.person_id != person_id:
        filing.issues.append(named_by_sender(_other_person(), record.kind, record.trace))
        return
    if before and _came_after(filing, before):
        filing.issues.append(named_by_sender(_overtaken(), record.kind, record.trace))
        return
    row = filing.tx.put_record(_record_row(filing, record, person_id))
    filing.records.append(f"{row.kind}/{row.source}/{row.key}")
    mapped = map_record(filing.bridge, filing.tx, row)
    for item in mapped.items:
        _file_item(filing, record, item, person_id)
    filing.issues += [_named(issue, record, mapped.items) for issue in mapped.issues]
    if before and before.version != row.version:
        _retire(filing, before, mapped)
    if isinstance(record.record, Consent):
        _file_consent(filing, record, row)
    _file_deliveries(filing, row)


def _other_person() -> Issue:
    return Issue(
        IdentityConflict.code,
        "This key stands for another client's record already.",
        "id",
        rule="key-one-person",
        hint="Keys must be the source's own and never used twice; or the client's number is wrong.",
    )


def _came_after(filing: Filing, before: RecordRow) -> bool:
    """Say whether what is stored came with a message that arrived after this one: an older consent, tried again, must
    not undo a withdrawal.
    """
    stored = filing.tx.find_message(before.message_id)
    return stored is not None and stored.received_at > filing.message.received_at


def _overtaken() -> Issue:
    return Issue(
        InvalidContent.code,
        "A message that arrived later has been stored for this key; this one is kept and not applied.",
        "id",
        severity="warning",
        rule="newest-stays",
        hint="Hand the record in again if this one is right after all.",
    )


def _record_row(filing: Filing, record: ReadRecord, person_id: str) -> RecordRow:
    return RecordRow(
        kind=record.kind,
        source=filing.partner.id,
        key=record.key,
        person_id=person_id,
        body=record_json.format(record.tree),
        trace=json.dumps(record.trace).encode(),
        message_id=filing.message.id,
        stored_at=filing.bridge.clock(),
        complement=record_json.format(record.complement) if record.complement else b"",
    )


def map_record(bridge: Bridge, tx: Transaction, row: RecordRow) -> Mapped:
    """Return the FHIR resources of a record; none for a kind that has no record map."""
    if row.kind not in bridge.maps.names():
        return Mapped((), ())
    map_ = bridge.maps.get(row.kind)
    tx.put_map_version(map_.name, map_.version, map_.hash, map_.text)
    known = identity.known_resources(tx, row.person_id, row.source)
    mapped = to_right(map_, record_json.parse(row.body), Context(source=row.source, known=known))
    classes = identity.classes_of_numbers(tx, bridge.partners, row.person_id)
    theirs = key_system(row.source, "") if identity.is_justice_side(bridge.partners, row.source) else None

    def is_justice(number: identity.Number) -> bool:
        is_key = theirs is not None and number[0].startswith(theirs)
        return is_key or classes.get(number) == identity.JUSTICE_CLASS

    items, homeless = with_complement(mapped.items, record_json.parse(row.complement) if row.complement else {})
    items = narrated(map_, items)
    return Mapped(tuple(_traced(item, row, is_justice) for item in items), (*mapped.issues, *homeless))


def _traced(item: Item, row: RecordRow, is_justice: Callable[[identity.Number], bool]) -> Item:
    """Return the item with its record in the trace, and with each number that tells of the justice side marked so."""
    told = _iter_numbers(item.body) if item.data_class != shelf.DIRECTORY_CLASS else iter(())
    marks = {path: {"class": identity.JUSTICE_CLASS} for path, number in told if is_justice(number)}
    elements = {**item.trace["elements"], **marks}
    return replace(item, trace={**item.trace, "record": f"{row.kind}/{row.source}/{row.key}", "elements": elements})


_KEYED_BY = {"identifier": "value", "tag": "code"}
"""Elements that carry numbers and keys, and what of them is the number."""


def _iter_numbers(node: Any, at: str = "") -> Iterator[tuple[str, identity.Number]]:
    """Yield path and number of each identifier and tag, a resource's own and those that its references carry."""
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _iter_numbers(item, f"{at}[{position}]")
    elif isinstance(node, dict):
        name = at.rpartition(".")[2].partition("[")[0]
        if name in _KEYED_BY:
            yield at, (str(node.get("system")), str(node.get(_KEYED_BY[name])))
        for name, value in node.items():
            yield from _iter_numbers(value, f"{at}.{name}" if at else name)


def _file_item(filing: Filing, record: ReadRecord, item: Item, person_id: str) -> None:
    if item.type == patients.PATIENT:
        return  # made once, from all that is known of the person
    found = filing.bridge.check_write({"resourceType": item.type, "id": item.id, **item.body})
    filing.issues += [_named(issue, record, (item,)) for issue in found]
    if not filing.has_errors:
        expected = filing.expected.get(f"{item.type}/{item.id}")
        place = shelf.Place(person_id, filing.partner.jurisdiction, expected)
        shelf.put(filing.bridge, filing.tx, item, place)
        filing.resources[f"{item.type}/{item.id}"] = None


def _file_patient(filing: Filing, person_id: str) -> None:
    if filing.has_errors:
        return
    item = patients.build(filing.bridge, filing.tx, person_id)
    shelf.put(filing.bridge, filing.tx, item, shelf.Place(person_id, filing.partner.jurisdiction))
    filing.resources[f"{item.type}/{item.id}"] = None


def _retire(filing: Filing, before: RecordRow, mapped: Mapped) -> None:
    """Mark as deleted what the version before had and this one has not: a goal that was taken out of a plan."""
    kept = {(item.type, item.id) for item in mapped.items}
    for item in map_record(filing.bridge, filing.tx, before).items:
        is_own = item.type != patients.PATIENT and item.data_class != shelf.DIRECTORY_CLASS
        if is_own and (item.type, item.id) not in kept:
            shelf.retire(filing.tx, item.type, item.id)


def _file_consent(filing: Filing, record: ReadRecord, row: RecordRow) -> None:
    """Keep a consent, ready to be judged, under the id of its Consent resource."""
    consent = record.record
    if not isinstance(consent, Consent):
        return
    if consent.discloser.number != filing.partner.organisation:
        issue = Issue(
            InvalidContent.code,
            "A consent is handed in by the organisation that it lets tell.",
            "discloser.number",
            rule="consent:own-discloser",
            hint="The discloser must be the number by which this bridge knows the sender.",
        )
        filing.issues.append(named_by_sender(issue, record.kind, record.trace))
        return
    filing.tx.put_consent(
        ConsentRow(
            id=consent_id(row.source, row.key),
            person_id=row.person_id,
            source=row.source,
            body=row.body,
            recipients=tuple(recipient.number for recipient in consent.recipients),
            stored_at=filing.bridge.clock(),
        )
    )


def _file_deliveries(filing: Filing, row: RecordRow) -> None:
    """Queue one delivery for each partner that wants this kind; whether it may have it is decided when it is sent."""
    now = filing.bridge.clock()
    for destination in routes_for(filing.bridge.partners, row.kind):
        if destination.partner == row.source:
            continue
        subject = format_subject(row)
        id_ = stable_id("delivery", destination.partner, row.kind, subject)
        filing.tx.add_delivery(Delivery(id_, destination.partner, row.kind, subject, row.person_id, now, now))


def format_subject(row: RecordRow) -> str:
    """Return how a delivery names the record version it carries: kind/source/version/key."""
    return f"{row.kind}/{row.source}/{row.version}/{row.key}"


# -- findings in the sender's words


def _named(issue: Issue, record: ReadRecord, items: Iterable[Item]) -> Issue:
    """Return a finding about a resource with the path of the field it came from."""
    for item in items:
        path = issue.expression.removeprefix(f"{item.type}.")
        entry, _ = nearest(item.trace.get("elements") or {}, path)
        if entry and entry.get("from"):
            place = issue.location or f"{entry['file']}:{entry['line']}"
            hint = issue.hint or f"It became {item.type}.{path}."
            moved = replace(issue, expression=entry["from"].partition(".")[2], location=place, hint=hint)
            return named_by_sender(moved, record.kind, record.trace)
    return issue


def _lead_time(filing: Filing, records: Iterable[ReadRecord]) -> int | None:
    """Return the days between arrival and the event that a transition tells of; the smallest, if several."""
    arrived = filing.message.received_at.date()
    events = [record.record.event.on for record in records if isinstance(record.record, Transition)]
    return min(((first_day(event) - arrived).days for event in events), default=None)


def note_maps(bridge: Bridge, tx: Transaction, names: Iterable[str]) -> None:
    """Keep the text of the maps that read a message, so that its trace can be explained later."""
    for name in names:
        map_ = bridge.maps.get(name)
        tx.put_map_version(map_.name, map_.version, map_.hash, map_.text)
