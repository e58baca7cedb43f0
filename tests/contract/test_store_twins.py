"""The memory twin and each SQL store are given the same things to do, at random, and must answer the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import methodcaller
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.support.clock import START, FixedClock
from tests.support.store_rows import (
    make_consent,
    make_delivery,
    make_entry,
    make_message,
    make_record,
    make_resource,
    make_token,
)
from tests.support.stores import open_postgres, open_sqlite

from fhirbridge.errors import BridgeError
from fhirbridge.store.base import Clause, DeliveryState, IndexRow, MessageState, Query, Store, Transaction
from fhirbridge.store.chain import find_break
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.releases import Activation, PreviewRow, ReleaseRow, ShadowRow

Operation = Callable[[Transaction], object]

NUMBERS = st.integers(1, 3)
IDS = st.sampled_from(["a", "B", "ä"])
PEOPLE = st.sampled_from(["amira", "bela"])
BODIES = st.sampled_from([b"", b"1", b"\xff"])
CLASSES = st.sampled_from(["D1", "D3", "D5"])
TYPES = st.sampled_from(["CarePlan", "Patient"])
MOMENTS = st.integers(0, 5).map(lambda minutes: START + timedelta(minutes=minutes))
PLACES = st.none() | MOMENTS
TEXTS = st.sampled_from(["", "x", "xy", "é"])
DAYS = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"])
REFERENCES = st.builds("{}/{}".format, TYPES, IDS)

INDEX_ROWS = st.lists(
    st.one_of(
        st.builds(IndexRow, st.just("code"), st.just("token"), TEXTS, TEXTS),
        st.builds(IndexRow, st.just("subject"), st.just("reference"), REFERENCES),
        st.builds(IndexRow, st.just("name"), st.just("string"), TEXTS),
        st.builds(IndexRow, st.just("date"), st.just("date"), DAYS, DAYS),
    ),
    max_size=4,
)


def alternatives(first: st.SearchStrategy[Any], second: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(first, second), max_size=3).map(tuple)


def clauses(**chain: st.SearchStrategy[str]) -> st.SearchStrategy[Clause]:
    maybe_text, maybe_day, none = st.none() | TEXTS, st.none() | DAYS, st.none()
    return st.one_of(
        st.builds(Clause, st.just("code"), st.just("token"), alternatives(maybe_text, maybe_text), **chain),
        st.builds(Clause, st.just("subject"), st.just("reference"), alternatives(REFERENCES, none), **chain),
        st.builds(Clause, st.just("name"), st.just("string"), alternatives(TEXTS, none), **chain),
        st.builds(Clause, st.just("date"), st.just("date"), alternatives(maybe_day, maybe_day), **chain),
        st.builds(Clause, st.just("_id"), st.just("id"), alternatives(IDS, none), **chain),
    )


QUERIES = st.builds(
    Query,
    TYPES,
    st.lists(clauses() | clauses(via=st.just("subject"), target=TYPES), max_size=2).map(tuple),
    persons=st.none() | st.frozensets(PEOPLE),
    data_classes=st.none() | st.frozensets(CLASSES),
    count=st.integers(0, 3),
    after=st.sampled_from(["", "B", "a"]),
)


def call(name: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(methodcaller, st.just(name), *arguments, **named)


# an id goes with its key: two messages never share the one without the other
MESSAGES = st.builds(make_message, NUMBERS, fingerprint=st.sampled_from("fg"), received_at=MOMENTS, run_at=PLACES)
DELIVERIES = st.builds(
    make_delivery,
    NUMBERS,
    created_at=MOMENTS,
    run_at=MOMENTS,
    state=st.sampled_from(DeliveryState),
    lease_until=PLACES,
)
RESOURCES = st.builds(
    make_resource, type=TYPES, id=IDS, body=BODIES, person_id=st.none() | PEOPLE, data_class=CLASSES, trace=BODIES,
    deleted=st.booleans(),
)  # fmt: skip
RECORDS = st.builds(make_record, key=IDS, kind=TEXTS, person_id=PEOPLE, body=BODIES, trace=BODIES)
CONSENTS = st.builds(make_consent, id=IDS, person_id=PEOPLE, body=BODIES, recipients=st.lists(TEXTS).map(tuple))
ENTRIES = st.builds(make_entry, st.integers(1, 6), person_id=PEOPLE, at=MOMENTS, details=st.dictionaries(TEXTS, TEXTS))
TOKENS = st.builds(make_token, token_hash=IDS, expires_at=MOMENTS)
RELEASES = st.builds(ReleaseRow, IDS, BODIES, MOMENTS)
ACTIVATIONS = st.builds(Activation, IDS, st.sampled_from(["activate", "rollback"]), TEXTS, TEXTS, MOMENTS)
PREVIEWS = st.builds(PreviewRow, IDS, IDS, IDS, BODIES, MOMENTS)
SHADOWS = st.builds(ShadowRow, IDS, TEXTS, TEXTS, MOMENTS)
MESSAGE_IDS = NUMBERS.map("m{:04}".format)

OPERATIONS = st.one_of(
    call("add_message", MESSAGES),
    call("claim_message", MOMENTS, st.just(60)),
    call("finish_message", MESSAGE_IDS, st.sampled_from(MessageState), BODIES),
    call("postpone_message", MESSAGE_IDS, MOMENTS),
    call("reopen_message", MESSAGE_IDS, MOMENTS),
    call("link_identifier", TEXTS, TEXTS, PEOPLE),
    call("put_record", RECORDS),
    call("put_resource", RESOURCES, INDEX_ROWS),
    call("put_resource", RESOURCES, INDEX_ROWS, expected_version=st.integers(0, 3)),
    call("add_delivery", DELIVERIES),
    call("claim_delivery", MOMENTS, st.just(60)),
    call("update_delivery", DELIVERIES),
    call("put_consent", CONSENTS),
    call("append_ledger", ENTRIES),
    call("remember_assertion", TEXTS, TEXTS, MOMENTS),
    call("put_token", TOKENS),
    call("put_map_version", TEXTS, TEXTS, IDS, TEXTS),
    call("put_release", RELEASES),
    call("add_activation", ACTIVATIONS, after=st.integers(0, 2)),
    call("put_preview", PREVIEWS),
    call("start_shadow", SHADOWS),
    call("end_shadow", MOMENTS),
)


def see(tx: Transaction) -> list[object]:
    """Everything there is to see, but for searches."""
    ids, types, people, texts = ("a", "B", "ä"), ("CarePlan", "Patient"), ("amira", "bela"), ("", "x", "xy", "é")
    return [
        list(tx.iter_messages()),
        [list(tx.iter_messages(state)) for state in MessageState],
        [list(tx.iter_identifiers(person)) for person in people],
        [list(tx.iter_records(person)) for person in people],
        [tx.find_resource(type_, id_) for type_ in types for id_ in ids],
        [tx.find_resource_version(type_, id_, 1) for type_ in types for id_ in ids],
        list(tx.iter_deliveries()),
        [list(tx.iter_consents(person)) for person in people],
        [tx.find_persons_consenting_to(recipient) for recipient in texts],
        list(tx.iter_ledger()),
        [tx.find_token(id_) for id_ in ids],
        [tx.find_map_version(id_) for id_ in ids],
        [tx.latest_messages(count) for count in (0, 2)],
        [list(tx.iter_releases()), [tx.find_release(id_) for id_ in ids]],
        [tx.find_activation(), list(tx.iter_activations())],
        [tx.find_preview(id_) for id_ in ids],
        tx.find_shadow(),
    ]


class Twins(RuleBasedStateMachine):
    """Does everything twice."""

    def __init__(self, open_other: Callable[[FixedClock], Store]) -> None:
        super().__init__()
        self.clock = FixedClock()
        self.stores = MemoryStore(clock=self.clock), open_other(self.clock)

    def teardown(self) -> None:
        for store in self.stores:
            store.close()

    @rule(operations=st.lists(OPERATIONS, min_size=1, max_size=5), fails=st.sampled_from([False, False, True]))
    def transact(self, operations: list[Operation], fails: bool) -> None:
        one, other = ([*run(store, operations, fails=fails)] for store in self.stores)
        assert one == other
        one, other = (look(store) for store in self.stores)
        assert one == other

    @rule(seconds=st.sampled_from([0.000001, 1, 60]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(queries=st.lists(QUERIES, min_size=1, max_size=4))
    def search(self, queries: list[Query]) -> None:
        one, other = ([*answers(store, queries)] for store in self.stores)
        assert one == other


def run(store: Store, operations: list[Operation], *, fails: bool) -> Iterator[object]:
    """What each operation of a transaction returned, up to the error that ended it."""
    try:
        with store.transaction() as tx:
            for operation in operations:
                yield operation(tx)
            if fails:
                raise BridgeError
    except BridgeError as error:
        yield type(error)


def answers(store: Store, queries: list[Query]) -> Iterator[object]:
    with store.snapshot() as tx:
        for query in queries:
            yield tx.search(query), tx.count(query)


def look(store: Store) -> list[object]:
    with store.snapshot() as tx:
        assert find_break(tx.iter_ledger()) is None
        return see(tx)


def compare(open_other: Callable[[FixedClock], Store], *, examples: int) -> None:
    run_state_machine_as_test(
        lambda: Twins(open_other),  # type: ignore[arg-type]  # any factory will do, as its documentation says
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_memory_and_sqlite_answer_the_same(sqlite_template: Path, tmp_path: Path) -> None:
    def open_other(clock: FixedClock) -> Store:
        for leftover in tmp_path.iterdir():
            leftover.unlink()
        return open_sqlite(sqlite_template, tmp_path / "store.db", clock)

    compare(open_other, examples=25)


def test_memory_and_postgresql_answer_the_same(postgres_url: str) -> None:
    compare(lambda clock: open_postgres(postgres_url, clock), examples=8)
