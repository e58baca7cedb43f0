"""What each kind of clause finds, what the limits hide, how pages follow each other."""

from __future__ import annotations

import pytest
from tests.support.store_rows import keep, make_resource

from fhirbridge.store.base import STRING_CHARS, Clause, IndexRow, Query, Store

LOINC = "http://loinc.org"


def ids(store: Store, *clauses: Clause, type_: str = "CarePlan", **limits: object) -> list[str]:
    query = Query(type_, clauses, **limits)  # type: ignore[arg-type]  # the limits of Query
    with store.snapshot() as tx:
        found = [row.id for row in tx.search(query)]
        assert tx.count(query) == len(found)
    return found


def plan(store: Store, id_: str, *index: IndexRow, **changes: object) -> None:
    keep(store, (make_resource(id=id_, **changes), index))


@pytest.fixture
def coded(store: Store) -> Store:
    plan(store, "a", IndexRow("category", "token", LOINC, "734163000"))
    plan(store, "b", IndexRow("category", "token", "", "734163000"))
    plan(store, "c", IndexRow("category", "token", LOINC, "other"), IndexRow("status", "token", "", "active"))
    plan(store, "d", IndexRow("status", "token", LOINC, "734163000"))
    return store


@pytest.mark.parametrize(
    ("alternatives", "found"),
    [
        (((LOINC, "734163000"),), ["a"]),
        (((None, "734163000"),), ["a", "b"]),
        ((("", "734163000"),), ["b"]),
        (((LOINC, None),), ["a", "c"]),
        (((None, None),), ["a", "b", "c"]),
        (((LOINC, "734163000"), ("", "734163000")), ["a", "b"]),
        (((LOINC, "734163000"), (None, "other"), (LOINC, None)), ["a", "c"]),
        (((None, "OTHER"),), []),
        ((("", ""),), []),
        ((), []),
    ],
)
def test_token(coded: Store, alternatives: tuple[tuple[str | None, str | None], ...], found: list[str]) -> None:
    assert ids(coded, Clause("category", "token", alternatives)) == found


def test_clauses_must_all_hold(coded: Store) -> None:
    category = Clause("category", "token", ((LOINC, None),))
    assert ids(coded, category, Clause("status", "token", ((None, "active"),))) == ["c"]
    assert ids(coded, category, Clause("status", "token", ((None, "draft"),))) == []


def test_no_clause_finds_all_of_the_type(coded: Store) -> None:
    plan(coded, "goal", type="Goal")
    assert ids(coded) == ["a", "b", "c", "d"]


def test_value_of_another_type_is_not_found(store: Store) -> None:
    plan(store, "a", IndexRow("status", "token", "", "active"), type="Goal")
    plan(store, "a")
    assert ids(store, Clause("status", "token", ((None, "active"),))) == []


def test_reference(store: Store) -> None:
    plan(store, "a", IndexRow("subject", "reference", "Patient/amira"))
    plan(store, "b", IndexRow("subject", "reference", "Patient/bela"), IndexRow("subject", "reference", "Group/1"))
    assert ids(store, Clause("subject", "reference", (("Patient/bela", None),))) == ["b"]
    assert ids(store, Clause("subject", "reference", (("Patient/amira", None), ("Group/1", None)))) == ["a", "b"]
    assert ids(store, Clause("subject", "reference", (("Patient/ami", None),))) == []


@pytest.mark.parametrize(
    ("prefixes", "found"),
    [
        (["ole"], ["a", "b"]),
        (["olena"], ["b"]),
        (["o%"], []),
        (["o_e"], []),
        (["ole", "ruth"], ["a", "b", "c"]),
        (["\ud7ff"], ["d"]),
        (["\U0010ffff"], ["e"]),
        ([""], ["a", "b", "c", "d", "e"]),
    ],
)
def test_string_finds_by_prefix(store: Store, prefixes: list[str], found: list[str]) -> None:
    texts = {"a": "oleg", "b": "olena", "c": "ruth", "d": "\ud7ffx", "e": "\U0010ffff\U0010ffff"}
    for id_, text in texts.items():
        plan(store, id_, IndexRow("name", "string", text))
    assert ids(store, Clause("name", "string", tuple((prefix, None) for prefix in prefixes))) == found


def test_string_is_compared_on_its_first_characters(store: Store) -> None:
    plan(store, "a", IndexRow("name", "string", "é" * 5000))
    plan(store, "b", IndexRow("name", "string", "é" * (STRING_CHARS - 1)))
    assert ids(store, Clause("name", "string", (("é" * (STRING_CHARS + 9), None),))) == ["a"]
    assert ids(store, Clause("name", "string", (("é" * 9, None),))) == ["a", "b"]


def test_long_token_and_reference_are_compared_whole(store: Store) -> None:
    long = "urn:" + "x" * 5000
    plan(store, "a", IndexRow("code", "token", long, long + "1"), IndexRow("r", "reference", long + "1"))
    plan(store, "b", IndexRow("code", "token", long, long + "2"), IndexRow("r", "reference", long + "2"))
    assert ids(store, Clause("code", "token", ((long, long + "2"),))) == ["b"]
    assert ids(store, Clause("code", "token", ((long, None),))) == ["a", "b"]
    assert ids(store, Clause("r", "reference", ((long + "1", None),))) == ["a"]


JANUARY = ("2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z")


@pytest.mark.parametrize(
    ("low", "high", "is_found"),
    [
        ("2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z", False),
        ("2025-01-01T00:00:00Z", "2026-12-31T00:00:00Z", True),
        ("2026-01-31T23:59:59Z", None, True),
        (None, "2026-01-01T00:00:00Z", True),
        (None, None, True),
        ("2026-02-01T00:00:00Z", None, False),
        (None, "2025-12-31T23:59:59Z", False),
    ],
)
def test_date_is_within_two_bounds_or_reaches_one(
    store: Store, low: str | None, high: str | None, is_found: bool
) -> None:
    plan(store, "a", IndexRow("date", "date", *JANUARY))
    assert ids(store, Clause("date", "date", ((low, high),))) == (["a"] if is_found else [])


def test_any_of_several_date_ranges(store: Store) -> None:
    plan(store, "a", IndexRow("date", "date", *JANUARY))
    plan(store, "b", IndexRow("date", "date", "2026-03-01T00:00:00Z", "2026-03-01T23:59:59Z"))
    ranges = (("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"), (None, "2026-01-01T00:00:00Z"))
    assert ids(store, Clause("date", "date", ranges)) == ["a", "b"]


def test_id(store: Store) -> None:
    for id_ in ("a", "b", "c"):
        plan(store, id_)
    assert ids(store, Clause("_id", "id", (("b", None), ("c", None), ("z", None)))) == ["b", "c"]
    assert ids(store, Clause("_id", "id", ())) == []


# -- chains


PATIENT = Clause("identifier", "token", (("urn:riverside", "A-1"),), via="subject", target="Patient")


@pytest.fixture
def chained(store: Store) -> Store:
    for person, number in (("amira", "A-1"), ("bela", "A-2")):
        keep(
            store,
            (
                make_resource(type="Patient", id=person, person_id=person, data_class="D1"),
                [IndexRow("identifier", "token", "urn:riverside", number), IndexRow("name", "string", person)],
            ),
            (
                make_resource(id=f"plan-{person}", person_id=person),
                [
                    IndexRow("subject", "reference", f"Patient/{person}"),
                    IndexRow("author", "reference", "Organization/agency"),
                ],
            ),
        )
    agency = make_resource(type="Organization", id="agency", person_id=None, data_class="D0")
    keep(store, (agency, [IndexRow("name", "string", "agency")]))
    return store


def test_chain_leads_over_a_reference(chained: Store) -> None:
    assert ids(chained, PATIENT) == ["plan-amira"]
    assert ids(chained, Clause("name", "string", (("bel", None),), "subject", "Patient")) == ["plan-bela"]
    assert ids(chained, Clause("_id", "id", (("bela", None),), "subject", "Patient")) == ["plan-bela"]
    assert ids(chained, Clause("name", "string", (("bel", None),), "subject", "Group")) == []
    assert ids(chained, Clause("name", "string", (("bel", None),), "author", "Patient")) == []


def test_chain_with_several_alternatives(chained: Store) -> None:
    alternatives = (("urn:riverside", "A-1"), (None, "A-2"))
    clause = Clause("identifier", "token", alternatives, "subject", "Patient")
    assert ids(chained, clause) == ["plan-amira", "plan-bela"]


def test_chain_does_not_lead_over_a_person_who_may_not_be_seen(chained: Store) -> None:
    keep(
        chained,
        (make_resource(id="shared", person_id="bela"), [IndexRow("subject", "reference", "Patient/amira")]),
    )
    assert ids(chained, PATIENT) == ["plan-amira", "shared"]
    assert ids(chained, PATIENT, persons=frozenset({"bela"})) == []


def test_chain_does_not_lead_over_a_class_that_may_not_be_seen(chained: Store) -> None:
    assert ids(chained, PATIENT, data_classes=frozenset({"D1", "D3"})) == ["plan-amira"]
    assert ids(chained, PATIENT, data_classes=frozenset({"D3"})) == []


def test_chain_leads_over_a_directory_resource(chained: Store) -> None:
    author = Clause("name", "string", (("agency", None),), via="author", target="Organization")
    assert ids(chained, author, persons=frozenset({"bela"})) == ["plan-bela"]


def test_chain_does_not_lead_over_a_deleted_resource(chained: Store) -> None:
    keep(chained, (make_resource(type="Patient", id="amira", person_id="amira", data_class="D1", deleted=True), []))
    assert ids(chained, PATIENT) == []


# -- limits and pages


@pytest.fixture
def several(store: Store) -> Store:
    rows = [("a", "amira", "D3"), ("b", "bela", "D3"), ("c", "amira", "D5"), ("d", None, "D0"), ("e", "chidi", "D3")]
    keep(store, *((make_resource(id=id_, person_id=person, data_class=class_), []) for id_, person, class_ in rows))
    return store


def test_persons_limit_what_is_found(several: Store) -> None:
    assert ids(several, persons=frozenset({"amira", "chidi"})) == ["a", "c", "e"]
    assert ids(several, persons=frozenset({"nobody"})) == []
    assert ids(several, persons=frozenset()) == []
    assert ids(several, persons=None) == ["a", "b", "c", "d", "e"]


def test_data_classes_limit_what_is_found(several: Store) -> None:
    assert ids(several, data_classes=frozenset({"D5", "D0"})) == ["c", "d"]
    assert ids(several, data_classes=frozenset()) == []
    assert ids(several, persons=frozenset({"amira"}), data_classes=frozenset({"D3"})) == ["a"]


def test_a_hundred_thousand_persons_are_no_matter(several: Store) -> None:
    persons = frozenset(f"person-{number}" for number in range(100_000)) | {"bela"}
    assert ids(several, persons=persons) == ["b"]


def test_thousands_of_alternatives_are_no_matter(several: Store) -> None:
    wanted = tuple((f"id-{number}", None) for number in range(5_000))
    assert ids(several, Clause("_id", "id", (*wanted, ("b", None)))) == ["b"]
    tokens = tuple((None if number % 2 else "s", f"code-{number}") for number in range(5_000))
    assert ids(several, Clause("category", "token", tokens)) == []


def test_pages_follow_each_other_without_gap_or_overlap(store: Store) -> None:
    names = ["a", "B", "ä", "Z", "z", "a-1", "a.1", "10", "9", "_"]
    keep(store, *((make_resource(id=name), []) for name in names))
    seen: list[str] = []
    with store.snapshot() as tx:
        while page := tx.search(Query("CarePlan", count=3, after=seen[-1] if seen else "")):
            seen += [row.id for row in page]
        assert tx.count(Query("CarePlan", count=3, after="a")) == len(names)
    assert seen == sorted(names)


def test_page_of_no_rows_still_counts(several: Store) -> None:
    with several.snapshot() as tx:
        assert tx.search(Query("CarePlan", count=0)) == []
        assert tx.count(Query("CarePlan", count=0)) == 5
