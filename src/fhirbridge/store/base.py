"""What a store keeps and what it promises; memory twin and SQL adapter both keep these promises.

Laws of every adapter: a transaction is whole or not at all; what `transaction()` returned from is durable;
versions of one resource count 1, 2, 3 without a gap; an old version is never changed; the ledger only grows;
moments come back aware and in UTC, to the microsecond. Instants handed in must be aware.

A store raises `Unavailable` when the database cannot be reached, is locked for too long, or undid the transaction in
favour of another one: nothing was kept, and the caller may run the whole transaction again. Only when the connection
broke during the commit itself may everything have been kept; running it again is harmless where keys make it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fhirbridge.delivery.states import DeliveryState as DeliveryState  # the states are a table of delivery
from fhirbridge.store.releases import ReleaseTransaction


class MessageState(StrEnum):
    """Where an arrived message stands."""

    RECEIVED = "received"
    STORED = "stored"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that arrived, kept as it came until someone dealt with it."""

    id: str
    partner: str
    kind: str
    media_type: str
    body: bytes
    idempotency_key: str
    fingerprint: str
    received_at: datetime
    state: MessageState = MessageState.RECEIVED
    outcome: bytes = b""
    attempts: int = 0
    run_at: datetime | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One version of an internal record.

    `trace` tells, as JSON, where each element came from; `complement` holds, as JSON, what its sender added that no
    row of the record's map understands ("" for nothing).
    """

    kind: str
    source: str
    key: str
    person_id: str
    body: bytes
    trace: bytes
    message_id: str
    version: int = 0
    stored_at: datetime | None = None
    complement: bytes = b""


def has_same_content(one: RecordRow, other: RecordRow) -> bool:
    """Say whether two versions of a record are about the same person and hold the same."""
    return (one.body, one.person_id, one.complement) == (other.body, other.person_id, other.complement)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One search value of a resource.

    kind `token`: a = system or "", b = code; `reference`: a = "Type/id", b = ""; `string`: a = folded text, b = "";
    `date`: a = first instant covered, b = last instant covered, both as 20-character UTC texts that sort.
    """

    param: str
    kind: str
    a: str
    b: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One version of a FHIR resource: the bytes that are served, who it is about, how sensitive it is.

    `data_class` is the class needed to know that the resource exists at all; `trace` holds, as JSON, the class and
    origin of each element. `person_id` is None for directory resources (Practitioner, Organization).
    """

    type: str
    id: str
    body: bytes
    content_hash: str
    data_class: str
    person_id: str | None = None
    trace: bytes = b"{}"
    deleted: bool = False
    version: int = 0
    last_updated: datetime | None = None


STRING_CHARS = 200
"""So many characters of a text are indexed: the rest would not fit an index page of every database."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One search condition: any of the alternatives holds.

    kind `token`: alternatives are (system or None, code or None), None = any, a system of "" = none;
    `reference`: ("Type/id", None); `string`: (folded prefix, None), compared on the first STRING_CHARS characters;
    `date`: (low, high) where the indexed range lies within, (low, None) where it ends at low or later, (None, high)
    where it begins at high or before; `id`: (resource id, None). No alternatives: nothing is found. A chained clause
    names the reference parameter in `via` and the target type in `target`; the rest then speaks of the target.
    """

    param: str
    kind: str
    alternatives: tuple[tuple[str | None, str | None], ...]
    via: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A search on one type. Only resources about `persons` (None: no limit) and of `data_classes` are seen.

    With `persons` named, a resource about nobody (person_id None) is not found. The target of a chained clause must be
    one that may be seen, too, or be about nobody: a search must not tell what a read would hide. Deleted resources
    are not found and lead nowhere. Ordered by id; `after` is the last id of the page before; at most `count` rows
    come back.
    """

    type: str
    clauses: tuple[Clause, ...] = ()
    persons: frozenset[str] | None = None
    data_classes: frozenset[str] | None = None
    count: int = 50
    after: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record's monitoring or aftercare set on its way to one partner. Unique by (partner, action, subject)."""

    id: str
    partner: str
    action: str
    subject: str
    person_id: str
    created_at: datetime
    run_at: datetime
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    lease_until: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One disclosure made or refused. `details` holds classes, resource ids and reason as JSON, no content."""

    id: str
    at: datetime
    person_id: str
    recipient: str
    purpose: str
    channel: str
    outcome: str
    table_row: str
    consent_id: str = ""
    consent_version: int = 0
    details: Mapping[str, object] = field(default_factory=dict)
    sequence: int = 0
    chain: str = ""


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One version of a consent record, ready to be judged; `recipients` are the organisation numbers it names."""

    id: str
    person_id: str
    source: str
    body: bytes
    recipients: tuple[str, ...] = ()
    version: int = 0
    stored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An access token. Only its hash is kept."""

    token_hash: str
    client: str
    scopes: tuple[str, ...]
    expires_at: datetime


class Transaction(ReleaseTransaction, Protocol):
    """Everything one can do inside a transaction. `find_` returns None, `iter_` is ordered; use it up inside.

    `version` of a row that is handed in is not looked at: the store counts. `stored_at` and `last_updated` are kept as
    given; None means the store's clock.
    """

    # -- messages that arrive
    def add_message(self, message: Message) -> Message:
        """Keep a message. The same partner and key again returns the first one, unchanged.

        Raises:
            IdempotencyConflict: the key is known with another fingerprint.
        """
        ...

    def find_message(self, message_id: str) -> Message | None: ...
    def claim_message(self, now: datetime, lease_s: float) -> Message | None:
        """Lease the oldest message that is received, due, and under no live lease; attempts grows by one."""
        ...

    def hold_message(self, message: Message) -> bool:
        """Say whether the claim that returned this message still stands; if so, nobody else can claim or finish the
        message before the transaction ends. False: the lease ran out and somebody else took it over.
        """
        ...

    def finish_message(self, message_id: str, state: MessageState, outcome: bytes) -> None:
        """Set the end state and outcome of a message and release its lease.

        Raises:
            NotFound: no message has this id.
        """
        ...

    def postpone_message(self, message_id: str, run_at: datetime) -> None:
        """Release the lease and let nobody claim the message before run_at.

        Raises:
            NotFound: no message has this id.
        """
        ...

    def reopen_message(self, message_id: str, now: datetime) -> None:
        """Set a parked message back to received, due now; its outcome and attempts start afresh.

        Raises:
            NotFound: no parked message has this id.
        """
        ...

    def iter_messages(self, state: MessageState | None = None) -> Iterator[Message]:
        """All messages, oldest first, in one state or in any."""
        ...

    def latest_messages(self, count: int) -> list[Message]:
        """Return the messages that arrived last, in any state, newest first; at most `count`."""
        ...

    # -- who is who
    def find_person(self, system: str, value: str) -> str | None: ...
    def link_identifier(self, system: str, value: str, person_id: str) -> None:
        """Say that this identifier belongs to this person; saying it again changes nothing.

        Raises:
            IdentityConflict: it belongs to somebody else.
        """
        ...

    def iter_identifiers(self, person_id: str) -> Iterator[tuple[str, str]]:
        """(system, value) of each identifier of a person, in order."""
        ...

    # -- internal records
    def put_record(self, record: RecordRow) -> RecordRow:
        """Keep a new version; an equal body about the same person keeps the present version and returns it.

        The trace and message of a version that is kept become the new ones: the trace says how sensitive each element
        is, and the newest map knows best; the message says how recent the record is.
        """
        ...

    def find_record(self, kind: str, source: str, key: str) -> RecordRow | None:
        """Return the newest version."""
        ...

    def iter_records(self, person_id: str, kind: str | None = None) -> Iterator[RecordRow]:
        """The newest version of each record of a person, by kind, source and key."""
        ...

    def iter_record_versions(self, kind: str, source: str | None = None, key: str | None = None) -> Iterator[RecordRow]:
        """Every version of each record of a kind, of one source or key or of all, by source, key and version."""
        ...

    # -- FHIR resources
    def put_resource(
        self, resource: ResourceRow, index: Iterable[IndexRow], *, expected_version: int | None = None
    ) -> ResourceRow:
        """Keep a new version with its index rows; an equal content_hash keeps the present version.

        The trace, data class and person of a version that is kept become the new ones (see put_record). A deleted
        resource has no index rows. expected_version: the version the caller saw; 0 means "must not exist yet"; it is
        looked at first.

        Raises:
            VersionConflict: the present version is another one.
        """
        ...

    def find_resource(self, type_: str, id_: str) -> ResourceRow | None:
        """Return the newest version, deleted or not."""
        ...

    def find_resource_version(self, type_: str, id_: str, version: int) -> ResourceRow | None: ...
    def search(self, query: Query) -> list[ResourceRow]: ...
    def count(self, query: Query) -> int:
        """How many resources the query finds in all; `count` and `after` are not looked at."""
        ...

    # -- what has to leave
    def add_delivery(self, delivery: Delivery) -> Delivery:
        """Queue a delivery. The same (partner, action, subject) again returns the first one, unchanged."""
        ...

    def find_delivery(self, delivery_id: str) -> Delivery | None: ...
    def claim_delivery(self, now: datetime, lease_s: float) -> Delivery | None:
        """Lease the oldest delivery that is queued or waiting and due, or sending under a lease that ran out.

        It comes back in state sending, with attempts grown by one: a try that kills its worker is a try.
        """
        ...

    def hold_delivery(self, delivery: Delivery) -> bool:
        """Say whether the claim that returned this delivery still stands; see hold_message."""
        ...

    def update_delivery(self, delivery: Delivery) -> None:
        """Put this delivery in the place of the one with its id; partner, action and subject stay.

        Raises:
            NotFound: no delivery has this id.
        """
        ...

    def iter_deliveries(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """All deliveries, oldest first, in one state or in any."""
        ...

    # -- consent and the ledger
    def put_consent(self, consent: ConsentRow) -> ConsentRow:
        """Keep a new version; nothing changed keeps the present version and returns it."""
        ...

    def iter_consents(self, person_id: str) -> Iterator[ConsentRow]:
        """The newest version of each consent of a person, oldest consent first."""
        ...

    def find_persons_consenting_to(self, recipient: str) -> frozenset[str]:
        """Persons with at least one consent, in any state, whose newest version names this recipient."""
        ...

    def append_ledger(self, entry: LedgerEntry) -> LedgerEntry:
        """Add an entry and chain it: chain = SHA-256 of the entry before and this one (store.chain).

        An id that is in the ledger already returns that entry: writing the same disclosure down twice is one entry.
        """
        ...

    def iter_ledger(self, person_id: str | None = None) -> Iterator[LedgerEntry]:
        """All entries or those about a person, in the order they were written."""
        ...

    # -- tokens
    def remember_assertion(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        """Keep a client assertion's id until it expires by the store's clock; False when it is known already."""
        ...

    def put_token(self, token: TokenRow) -> None: ...
    def find_token(self, token_hash: str) -> TokenRow | None:
        """Return the token; None when it is unknown or, by the store's clock, expired."""
        ...

    # -- maps that were used
    def put_map_version(self, name: str, version: str, content_hash: str, text: str) -> None:
        """Keep the text of a map that was used; a hash that is known already changes nothing."""
        ...

    def find_map_version(self, content_hash: str) -> str | None:
        """Return the text of the map with this hash."""
        ...


class Store(Protocol):
    """A place that keeps things. `transaction()` writes; `snapshot()` reads one moment's state and refuses to write.

    Neither stands inside another `transaction()` of the same thread: it would wait for itself.
    """

    def transaction(self) -> AbstractContextManager[Transaction]: ...
    def snapshot(self) -> AbstractContextManager[Transaction]: ...
    def close(self) -> None: ...
