"""Search parameters as they come in a URL: understood, or refused and named."""

from __future__ import annotations

import pytest

from fhirbridge.errors import UnsupportedSearch
from fhirbridge.services.bridge import Limits
from fhirbridge.services.search_query import Asked, Subject, iter_next, parse
from fhirbridge.store.base import Clause

BASE = "https://bridge.example/fhir"
NUMBER = "https://a.example/mrn|7"


def ask(type_: str, *params: tuple[str, str]) -> Asked:
    return parse(type_, params, limits=Limits(max_page=20, default_page=10), base_url=BASE)


def clause(type_: str, name: str, value: str) -> Clause:
    (found,) = ask(type_, (name, value)).clauses
    return found


@pytest.mark.parametrize(
    ("value", "alternatives"),
    [
        ("active", ((None, "active"),)),
        ("s|active", (("s", "active"),)),
        ("|active", (("", "active"),)),
        ("s|", (("s", None),)),
        ("a,b", ((None, "a"), (None, "b"))),
        (r"a\,b", ((None, "a,b"),)),
        (r"a\|b", ((None, "a|b"),)),
        (r"a\\,b", ((None, "a\\"), (None, "b"))),
    ],
)
def test_tokens(value: str, alternatives: object) -> None:
    assert clause("CarePlan", "status", value) == Clause("status", "token", alternatives)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["p1", "Patient/p1", f"{BASE}/Patient/p1"])
def test_a_patient_is_named_in_three_ways(value: str) -> None:
    asked = ask("CarePlan", ("patient", value))
    assert asked.clauses[0].alternatives == (("Patient/p1", None),)
    assert asked.subjects == (Subject(ids=("p1",)),)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        ("2026-02", ("2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z")),
        ("eq2026-02-03", ("2026-02-03T00:00:00Z", "2026-02-03T23:59:59Z")),
        ("ge2026", ("2026-01-01T00:00:00Z", None)),
        ("gt2026", ("2027-01-01T00:00:00Z", None)),
        ("le2026-02", (None, "2026-02-28T23:59:59Z")),
        ("lt2026-02", (None, "2026-01-31T23:59:59Z")),
    ],
)
def test_dates_have_prefixes(value: str, bounds: tuple[str | None, str | None]) -> None:
    assert clause("CarePlan", "date", value).alternatives == (bounds,)


def test_strings_are_compared_without_case_and_accents() -> None:
    assert clause("Patient", "family", "NÚÑEZ").alternatives == (("nunez", None),)


def test_a_chain_goes_to_the_patients_number() -> None:
    asked = ask("CarePlan", ("patient.identifier", NUMBER))
    assert asked.subjects == (Subject(numbers=(("https://a.example/mrn", "7"),), via="patient"),)


def test_a_number_needs_its_system() -> None:
    for type_, name in (("CarePlan", "patient.identifier"), ("Patient", "identifier")):
        for value in ("7", "|7", "https://a.example/mrn|"):
            with pytest.raises(UnsupportedSearch):
                ask(type_, (name, value))


def test_a_patient_search_narrows_by_id_and_number() -> None:
    assert ask("Patient", ("_id", "a,b")).subjects == (Subject(ids=("a", "b")),)
    assert ask("Patient", ("identifier", NUMBER)).subjects == (Subject(numbers=(("https://a.example/mrn", "7"),)),)


def test_includes_are_those_of_the_type() -> None:
    asked = ask("CarePlan", ("_include", "CarePlan:goal"), ("_include", "CarePlan:subject:Patient"))
    assert asked.includes == (("goal", ""), ("subject", "Patient"))


def test_a_page_is_never_larger_than_allowed() -> None:
    assert (ask("Goal").count, ask("Goal", ("_count", "5")).count, ask("Goal", ("_count", "999")).count) == (10, 5, 20)


@pytest.mark.parametrize(
    ("type_", "name", "value"),
    [
        ("CarePlan", "colour", "red"),
        ("CarePlan", "status:not", "active"),
        ("CarePlan", "status:missing", "true"),
        ("CarePlan", "status", ""),
        ("CarePlan", "date", "sa2026"),
        ("CarePlan", "date", "yesterday"),
        ("CarePlan", "date", "gt9999"),
        ("CarePlan", "patient.name", "x"),
        ("CarePlan", "goal.lifecycle-status", "active"),
        ("CarePlan", "subject.identifier.value", "x"),
        ("CarePlan", "_include", "CarePlan:*"),
        ("CarePlan", "_include", "Goal:subject"),
        ("CarePlan", "_include", "CarePlan:subject:Device"),
        ("CarePlan", "_include:iterate", "CarePlan:goal"),
        ("CarePlan", "_revinclude", "Provenance:target"),
        ("CarePlan", "_has:Provenance:target:agent", "x"),
        ("CarePlan", "_sort", "date"),
        ("CarePlan", "_summary", "count"),
        ("CarePlan", "_total", "none"),
        ("CarePlan", "_count", "0"),
        ("CarePlan", "_count", "ten"),
        ("CarePlan", "_page", "not an id"),
        ("CarePlan", "based-on", "12"),
        ("CarePlan", "_source-partner", "riverside"),
        ("CarePlan", "status", ",".join(["a"] * 51)),
    ],
)
def test_what_is_not_supported_is_refused(type_: str, name: str, value: str) -> None:
    if (name, value) == ("based-on", "12"):
        type_, name = "ServiceRequest", "requester"
    with pytest.raises(UnsupportedSearch):
        ask(type_, (name, value))


def test_a_refusal_names_what_is_supported_and_no_value() -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        ask("CarePlan", ("colour", "Vega"), ("_sort", "Marisol"), ("Jo Bloggs", "1"))
    told = " ".join(issue.message + issue.expression for issue in refused.value.issues)
    assert len(refused.value.issues) == 3 and "status" in told and "patient" in told
    assert not any(word in told for word in ("Vega", "Marisol", "Bloggs"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "a\x00b"),
        ("_id", "a\x1fb"),
        ("patient.identifier", "a|\x00"),
        ("status", "x" * 4001),
        ("_count", "9" * 5000),
    ],
)
def test_what_no_store_holds_is_refused_before_it_is_looked_for(name: str, value: str) -> None:
    with pytest.raises(UnsupportedSearch) as caught:
        ask("CarePlan", (name, value))
    assert value not in str(caught.value.issues)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(UnsupportedSearch):
        ask("CarePlan", *[("status", "active")] * 31)


def test_the_next_page_names_ids_instead_of_numbers() -> None:
    asked = ask("CarePlan", ("patient.identifier", NUMBER), ("status", "active"), ("_page", "a"))
    assert list(iter_next(asked, "b", ["p1"])) == [("patient", "Patient/p1"), ("status", "active"), ("_page", "b")]
    patients = ask("Patient", ("identifier", NUMBER))
    assert list(iter_next(patients, "b", ["p1"])) == [("_id", "p1"), ("_page", "b")]
