"""The small functions under a search, and that SQLite looks values up instead of reading tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.store_rows import make_resource

from fhirbridge.store.base import STRING_CHARS, Clause, IndexRow, Query
from fhirbridge.store.schema import index_token
from fhirbridge.store.schema import resource as head
from fhirbridge.store.sql.engine import open_engines
from fhirbridge.store.sql.search import LAST, Search, behind, index_values, short


@pytest.mark.parametrize("prefix", ["a", "ab", "z\U0010ffff", "\ud7ff", "ß"])
def test_behind_is_the_end_of_a_prefix(prefix: str) -> None:
    assert prefix < prefix + "\U0010ffff" * 50 < behind(prefix)
    assert not behind(prefix).startswith(prefix)
    behind(prefix).encode()


@pytest.mark.parametrize("prefix", ["", "\U0010ffff"])
def test_behind_the_last_prefix_is_the_end_of_all(prefix: str) -> None:
    assert behind(prefix) == LAST


def test_short_text_is_itself_and_long_ones_stay_different() -> None:
    assert short("x" * STRING_CHARS) == "x" * STRING_CHARS
    assert short("x" * 201) != short("x" * 202)
    assert len(short("x" * 10_000)) < STRING_CHARS


def test_index_values_are_unique() -> None:
    rows = [IndexRow("status", "token", "", "active")] * 2
    assert index_values("CarePlan", "c1", rows) == {
        index_token: [{"type": "CarePlan", "param": "status", "id": "c1", "system": "", "code": "active"}]
    }


TOKEN = Clause("identifier", "token", (("urn:riverside", "A-1"), (None, "A-2")))
CLAUSES = [
    TOKEN,
    Clause("identifier", "token", ((None, "A-1"),), via="subject", target="Patient"),
    Clause("subject", "reference", (("Patient/amira", None),)),
    Clause("name", "string", (("ole", None),)),
    Clause("date", "date", (("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),)),
    Clause("_id", "id", (("c1", None),)),
]


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: f"{clause.via}.{clause.kind}")
def test_sqlite_looks_up_the_value_and_reads_no_table_from_end_to_end(sqlite_template: Path, clause: Clause) -> None:
    query = Query("CarePlan", (clause,), persons=frozenset({"amira"}), data_classes=frozenset({"D3"}))
    engines = open_engines(f"sqlite:///{sqlite_template}")
    with engines.reader.begin() as connection:
        statement = select(head.c.id).where(*Search("sqlite").conditions(query))
        compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    engines.dispose()
    tables = ("resource", "target", "index_")
    assert [step for step in plan if step.startswith("SCAN") and step.split()[1].startswith(tables)] == []
    assert [step for step in plan if step.startswith("SEARCH index_") and "param=?)" in step] == []


def test_index_kinds_that_nobody_knows_are_refused() -> None:
    with pytest.raises(KeyError):
        index_values("CarePlan", make_resource().id, [IndexRow("x", "quantity", "1")])
