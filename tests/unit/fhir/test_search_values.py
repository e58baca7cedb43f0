"""How elements become search values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.fhir.search_values import CONVERTERS, EARLIEST, LATEST, find_date_range, fold


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"),
        ("2026-02", "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"),
        ("2026-02-03", "2026-02-03T00:00:00Z", "2026-02-03T23:59:59Z"),
        ("2026-02-03T10:20", "2026-02-03T10:20:00Z", "2026-02-03T10:20:59Z"),
        ("2026-02-03T10:20:30.5Z", "2026-02-03T10:20:30Z", "2026-02-03T10:20:30Z"),
        ("2026-02-03T00:20:30+02:00", "2026-02-02T22:20:30Z", "2026-02-02T22:20:30Z"),
        ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59Z", "2026-06-30T23:59:59Z"),
    ],
)
def test_a_date_covers_a_range_in_utc(text: str, first: str, last: str) -> None:
    assert find_date_range(text) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "26-1-1", "2026-13", "2026-02-30", "0000", "2026-01-01T25:00", "yesterday", "2026-1"]
)
def test_no_date_covers_nothing(text: str) -> None:
    assert find_date_range(text) is None


def test_a_moment_before_the_first_year_covers_nothing() -> None:
    assert find_date_range("0001-01-01T00:00:00+14:00") is None


@given(st.text(max_size=30))
def test_any_text_has_a_range_or_none(text: str) -> None:
    covered = find_date_range(text)
    assert covered is None or covered[0] <= covered[1]


@given(st.dates(), st.dates())
def test_ranges_sort_like_their_days(one: object, other: object) -> None:
    first, second = find_date_range(str(one)), find_date_range(str(other))
    assert first is not None and second is not None
    assert (first < second) == (str(one) < str(other))


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_takes_case_accents_and_spaces_away() -> None:
    assert fold("  Żaneta \t Ångström-ß ") == "zaneta angstrom-ss"


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("Period", {"start": "2026"}, ("2026-01-01T00:00:00Z", LATEST)),
        ("Period", {"end": "2026"}, (EARLIEST, "2026-12-31T23:59:59Z")),
        ("Timing", {"event": ["2026-03-01", "2026-01-01"]}, ("2026-01-01T00:00:00Z", "2026-03-01T23:59:59Z")),
        (
            "Timing",
            {"repeat": {"boundsPeriod": {"start": "2026", "end": "2026"}}},
            ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"),
        ),
    ],
)
def test_periods_and_timings_cover_a_range(type_: str, value: object, expected: tuple[str, str]) -> None:
    (found,) = CONVERTERS["date"]("date", type_, value)
    assert (found.a, found.b) == expected


@pytest.mark.parametrize(
    ("type_", "value"), [("Period", {}), ("Timing", {}), ("Timing", {"repeat": {"count": 2}}), ("Age", {})]
)
def test_what_has_no_dates_covers_nothing(type_: str, value: object) -> None:
    assert list(CONVERTERS["date"]("date", type_, value)) == []


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("boolean", True, [("", "true")]),
        ("code", "active", [("", "active")]),
        ("Coding", {"system": "urn:s", "code": "c"}, [("urn:s", "c")]),
        ("Coding", {"code": "c"}, [("", "c")]),
        ("CodeableConcept", {"coding": [{"system": "urn:s", "code": "c"}, {"display": "x"}]}, [("urn:s", "c")]),
        ("CodeableConcept", {"text": "x"}, []),
        ("Identifier", {"system": "urn:s", "value": "v"}, [("urn:s", "v")]),
        ("ContactPoint", {"system": "phone", "value": "1"}, [("", "1")]),
        ("Period", {"start": "2026"}, []),
    ],
)
def test_tokens_have_system_and_code(type_: str, value: object, expected: list[tuple[str, str]]) -> None:
    assert [(found.a, found.b) for found in CONVERTERS["token"]("p", type_, value)] == expected


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("Reference", {"reference": "Patient/1/_history/2"}, ["Patient/1"]),
        ("Reference", {"reference": "https://a.example/fhir/Patient/1"}, ["https://a.example/fhir/Patient/1"]),
        ("Reference", {"reference": "#p1"}, []),
        ("Reference", {"display": "x"}, []),
        ("canonical", "https://a.example/Questionnaire/q|2", ["https://a.example/Questionnaire/q"]),
    ],
)
def test_references_lose_their_version(type_: str, value: object, expected: list[str]) -> None:
    assert [found.a for found in CONVERTERS["reference"]("p", type_, value)] == expected


def test_every_part_of_an_address_is_a_string() -> None:
    address = {"line": ["1 Mill Lane", "Flat 2"], "city": "Leeds", "country": None}
    assert [found.a for found in CONVERTERS["string"]("address", "Address", address)] == [
        "1 mill lane",
        "flat 2",
        "leeds",
    ]
