"""The slow, obvious twin: dictionaries, one lock, a copy of everything for each transaction. It judges the SQL adapter.

Laws of this file: a transaction works on a copy that takes the place of the state when it ends well; nothing is clever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from fhirbridge.errors import (
    BridgeError,
    IdempotencyConflict,
    IdentityConflict,
    NotFound,
    Unavailable,
    VersionConflict,
)
from fhirbridge.store.base import (
    ConsentRow,
    Delivery,
    DeliveryState,
    IndexRow,
    LedgerEntry,
    Message,
    MessageState,
    Query,
    RecordRow,
    ResourceRow,
    TokenRow,
    has_same_content,
)
from fhirbridge.store.chain import decode_details, encode_details, next_entry
from fhirbridge.store.matching import Finder
from fhirbridge.store.memory_releases import MemoryReleases, ReleaseState
from fhirbridge.times import Clock, utc_now

LOCK_WAIT_S = 10.0

Row = TypeVar("Row", Message, RecordRow, ResourceRow, Delivery, ConsentRow, LedgerEntry, TokenRow)


@dataclass(slots=True)
class State:
    """All that is kept. Versions stand in a tuple, oldest first."""

    messages: dict[str, Message] = field(default_factory=dict)
    identifiers: dict[tuple[str, str], str] = field(default_factory=dict)
    records: dict[tuple[str, str, str], tuple[RecordRow, ...]] = field(default_factory=dict)
    resources: dict[tuple[str, str], tuple[ResourceRow, ...]] = field(default_factory=dict)
    index: dict[tuple[str, str], frozenset[IndexRow]] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    consents: dict[str, tuple[ConsentRow, ...]] = field(default_factory=dict)
    ledger: dict[str, LedgerEntry] = field(default_factory=dict)
    assertions: dict[tuple[str, str], datetime] = field(default_factory=dict)
    tokens: dict[str, TokenRow] = field(default_factory=dict)
    maps: dict[str, str] = field(default_factory=dict)
    releases: ReleaseState = field(default_factory=ReleaseState)

    def copied(self) -> State:
        """Return a state that can be changed without changing this one; the rows themselves never change."""
        copies = {each.name: copy(getattr(self, each.name)) for each in fields(self)}
        return State(**{**copies, "releases": self.releases.copied()})


def utc(moment: datetime) -> datetime:
    """Return the moment in UTC.

    Raises:
        ValueError: it has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment to keep needs a zone")
    return moment.astimezone(UTC)


def in_utc(row: Row) -> Row:
    """Return the row with every moment in UTC."""
    values = {each.name: getattr(row, each.name) for each in fields(row)}
    moments: dict[str, Any] = {name: utc(value) for name, value in values.items() if isinstance(value, datetime)}
    return replace(row, **moments)


class MemoryTransaction(MemoryReleases):
    """Keeps the promises of `store.base.Transaction` on one state."""

    def __init__(self, state: State, clock: Clock, *, writes: bool) -> None:
        self._state = state
        self._held = state.releases
        self._clock = clock
        self._writes = writes

    @property
    def _writable(self) -> State:
        if not self._writes:
            raise BridgeError("A snapshot only reads.")
        return self._state

    # -- messages that arrive
    def add_message(self, message: Message) -> Message:
        for known in self._state.messages.values():
            if (known.partner, known.idempotency_key) == (message.partner, message.idempotency_key):
                if known.fingerprint != message.fingerprint:
                    raise IdempotencyConflict
                return known
        self._writable.messages[message.id] = in_utc(message)
        return self._state.messages[message.id]

    def find_message(self, message_id: str) -> Message | None:
        return self._state.messages.get(message_id)

    def claim_message(self, now: datetime, lease_s: float) -> Message | None:
        for message in self.iter_messages(MessageState.RECEIVED):
            is_due = message.run_at is None or message.run_at <= now
            if is_due and (message.lease_until is None or message.lease_until <= now):
                return self._change(message, attempts=message.attempts + 1, lease_until=_later(now, lease_s))
        return None

    def hold_message(self, message: Message) -> bool:
        known = self._state.messages.get(message.id)
        claim = MessageState.RECEIVED, message.attempts, message.lease_until
        return known is not None and (known.state, known.attempts, known.lease_until) == claim

    def finish_message(self, message_id: str, state: MessageState, outcome: bytes) -> None:
        self._change(self._message(message_id), state=state, outcome=outcome, lease_until=None)

    def postpone_message(self, message_id: str, run_at: datetime) -> None:
        self._change(self._message(message_id), run_at=run_at, lease_until=None)

    def reopen_message(self, message_id: str, now: datetime) -> None:
        message = self._message(message_id)
        if message.state is not MessageState.PARKED:
            raise NotFound("No parked message has this id.")
        state = MessageState.RECEIVED
        self._change(message, state=state, outcome=b"", attempts=0, run_at=now, lease_until=None)

    def iter_messages(self, state: MessageState | None = None) -> Iterator[Message]:
        rows = [row for row in self._state.messages.values() if state in (None, row.state)]
        return iter(sorted(rows, key=lambda row: (row.received_at, row.id)))

    def latest_messages(self, count: int) -> list[Message]:
        return list(self.iter_messages())[::-1][:count]

    def _message(self, message_id: str) -> Message:
        if message_id not in self._state.messages:
            raise NotFound("No message has this id.")
        return self._state.messages[message_id]

    def _change(self, message: Message, **changes: Any) -> Message:
        changed = in_utc(replace(message, **changes))
        self._writable.messages[message.id] = changed
        return changed

    # -- who is who
    def find_person(self, system: str, value: str) -> str | None:
        return self._state.identifiers.get((system, value))

    def link_identifier(self, system: str, value: str, person_id: str) -> None:
        if self._state.identifiers.get((system, value), person_id) != person_id:
            raise IdentityConflict
        self._writable.identifiers[system, value] = person_id

    def iter_identifiers(self, person_id: str) -> Iterator[tuple[str, str]]:
        return iter(sorted(key for key, owner in self._state.identifiers.items() if owner == person_id))

    # -- internal records
    def put_record(self, record: RecordRow) -> RecordRow:
        key = record.kind, record.source, record.key
        versions = self._state.records.get(key, ())
        present = versions[-1] if versions else None
        if present and has_same_content(present, record):
            kept = replace(present, trace=record.trace, message_id=record.message_id)
            self._writable.records[key] = (*versions[:-1], kept)
            return kept
        stored_at = record.stored_at or self._clock()
        new = in_utc(replace(record, version=len(versions) + 1, stored_at=stored_at))
        self._writable.records[key] = (*versions, new)
        return new

    def find_record(self, kind: str, source: str, key: str) -> RecordRow | None:
        versions = self._state.records.get((kind, source, key), ())
        return versions[-1] if versions else None

    def iter_records(self, person_id: str, kind: str | None = None) -> Iterator[RecordRow]:
        heads = (versions[-1] for _, versions in sorted(self._state.records.items()))
        return iter([row for row in heads if row.person_id == person_id and kind in (None, row.kind)])

    def iter_record_versions(self, kind: str, source: str | None = None, key: str | None = None) -> Iterator[RecordRow]:
        records = [versions for name, versions in sorted(self._state.records.items()) if name[0] == kind]
        rows = (row for versions in records for row in versions)
        return iter([row for row in rows if source in (None, row.source) and key in (None, row.key)])

    # -- FHIR resources
    def put_resource(
        self, resource: ResourceRow, index: Iterable[IndexRow], *, expected_version: int | None = None
    ) -> ResourceRow:
        key = resource.type, resource.id
        versions = self._state.resources.get(key, ())
        if expected_version not in (None, len(versions)):
            raise VersionConflict
        present = versions[-1] if versions else None
        if present and (present.content_hash, present.deleted) == (resource.content_hash, resource.deleted):
            kept = replace(present, trace=resource.trace, data_class=resource.data_class, person_id=resource.person_id)
            self._writable.resources[key] = (*versions[:-1], kept)
            return kept
        last_updated = resource.last_updated or self._clock()
        new = in_utc(replace(resource, version=len(versions) + 1, last_updated=last_updated))
        self._writable.resources[key] = (*versions, new)
        self._writable.index[key] = frozenset(() if resource.deleted else index)
        return new

    def find_resource(self, type_: str, id_: str) -> ResourceRow | None:
        versions = self._state.resources.get((type_, id_), ())
        return versions[-1] if versions else None

    def find_resource_version(self, type_: str, id_: str, version: int) -> ResourceRow | None:
        versions = self._state.resources.get((type_, id_), ())
        return versions[version - 1] if 1 <= version <= len(versions) else None

    def search(self, query: Query) -> list[ResourceRow]:
        return [row for row in self._finder().find(query) if row.id > query.after][: query.count]

    def count(self, query: Query) -> int:
        return len(self._finder().find(query))

    def _finder(self) -> Finder:
        return Finder((versions[-1] for versions in self._state.resources.values()), self._state.index)

    # -- what has to leave
    def add_delivery(self, delivery: Delivery) -> Delivery:
        for known in self._state.deliveries.values():
            if _lane(known) == _lane(delivery):
                return known
        self._writable.deliveries[delivery.id] = in_utc(delivery)
        return self._state.deliveries[delivery.id]

    def find_delivery(self, delivery_id: str) -> Delivery | None:
        return self._state.deliveries.get(delivery_id)

    def claim_delivery(self, now: datetime, lease_s: float) -> Delivery | None:
        for delivery in self.iter_deliveries():
            if _is_claimable(delivery, now):
                claimed = replace(
                    delivery,
                    state=DeliveryState.SENDING,
                    attempts=delivery.attempts + 1,
                    lease_until=_later(now, lease_s),
                )
                self._writable.deliveries[delivery.id] = in_utc(claimed)
                return self._state.deliveries[delivery.id]
        return None

    def hold_delivery(self, delivery: Delivery) -> bool:
        known = self._state.deliveries.get(delivery.id)
        claim = DeliveryState.SENDING, delivery.attempts, delivery.lease_until
        return known is not None and (known.state, known.attempts, known.lease_until) == claim

    def update_delivery(self, delivery: Delivery) -> None:
        known = self._state.deliveries.get(delivery.id)
        if known is None:
            raise NotFound("No delivery has this id.")
        kept = replace(delivery, partner=known.partner, action=known.action, subject=known.subject)
        self._writable.deliveries[delivery.id] = in_utc(kept)

    def iter_deliveries(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        rows = [row for row in self._state.deliveries.values() if state in (None, row.state)]
        return iter(sorted(rows, key=lambda row: (row.created_at, row.id)))

    # -- consent and the ledger
    def put_consent(self, consent: ConsentRow) -> ConsentRow:
        versions = self._state.consents.get(consent.id, ())
        present = versions[-1] if versions else None
        new = in_utc(replace(consent, version=len(versions) + 1, stored_at=consent.stored_at or self._clock()))
        if present and replace(new, version=present.version, stored_at=present.stored_at) == present:
            return present
        self._writable.consents[consent.id] = (*versions, new)
        return new

    def iter_consents(self, person_id: str) -> Iterator[ConsentRow]:
        mine = [versions for versions in self._state.consents.values() if versions[-1].person_id == person_id]
        return iter([versions[-1] for versions in sorted(mine, key=lambda each: (each[0].stored_at, each[0].id))])

    def find_persons_consenting_to(self, recipient: str) -> frozenset[str]:
        heads = (versions[-1] for versions in self._state.consents.values())
        return frozenset(row.person_id for row in heads if recipient in row.recipients)

    def append_ledger(self, entry: LedgerEntry) -> LedgerEntry:
        known = self._state.ledger.get(entry.id)
        if known:
            return known
        last = next(reversed(self._state.ledger.values()), None)
        details = decode_details(encode_details(entry.details))
        self._writable.ledger[entry.id] = next_entry(last, in_utc(replace(entry, details=details)))
        return self._state.ledger[entry.id]

    def iter_ledger(self, person_id: str | None = None) -> Iterator[LedgerEntry]:
        return iter([row for row in self._state.ledger.values() if person_id in (None, row.person_id)])

    # -- tokens
    def remember_assertion(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        until = self._state.assertions.get((issuer, jti))
        if until is not None and until > self._clock():
            return False
        self._writable.assertions[issuer, jti] = utc(expires_at)
        return True

    def put_token(self, token: TokenRow) -> None:
        self._writable.tokens[token.token_hash] = in_utc(token)

    def find_token(self, token_hash: str) -> TokenRow | None:
        token = self._state.tokens.get(token_hash)
        return token if token and token.expires_at > self._clock() else None

    # -- maps that were used
    def put_map_version(self, name: str, version: str, content_hash: str, text: str) -> None:
        self._writable.maps.setdefault(content_hash, text)

    def find_map_version(self, content_hash: str) -> str | None:
        return self._state.maps.get(content_hash)


def _later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def _lane(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.partner, delivery.action, delivery.subject


def _is_claimable(delivery: Delivery, now: datetime) -> bool:
    if delivery.state in (DeliveryState.QUEUED, DeliveryState.WAITING):
        return delivery.run_at <= now
    lease_over = delivery.lease_until is None or delivery.lease_until <= now
    return delivery.state is DeliveryState.SENDING and lease_over


class MemoryStore:
    """Keeps the promises of `store.base.Store` as long as the process lives."""

    def __init__(self, *, clock: Clock = utc_now, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self._state = State()
        self._clock = clock
        self._lock_wait_s = lock_wait_s
        self._lock = Lock()

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """Work on a copy; it takes the place of the state when the block ends without an error."""
        if not self._lock.acquire(timeout=self._lock_wait_s):
            raise Unavailable
        try:
            working = self._state.copied()
            yield MemoryTransaction(working, self._clock, writes=True)
            self._state = working
        finally:
            self._lock.release()

    @contextmanager
    def snapshot(self) -> Iterator[MemoryTransaction]:
        """Read the state as it is now; later transactions put another one in its place."""
        yield MemoryTransaction(self._state, self._clock, writes=False)

    def close(self) -> None:
        """Nothing to let go of."""
