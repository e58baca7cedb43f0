"""Names as ideas, samples as fields, texts as dates, flags and keys."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fhirbridge.mapping.proposals.fitting import fit, guess_code
from fhirbridge.mapping.proposals.looks import DateLook, find_dates, find_flag, is_closed, is_keylike, votes_of
from fhirbridge.mapping.proposals.sample import Field, Sample, Source
from fhirbridge.mapping.proposals.words import ideas_of, likeness, weighed
from fhirbridge.mapping.shapes import SchemaShape


def texts(*found: str) -> Field:
    """Return a field that held these texts."""
    return Field("x", "string", owners=len(found), seen=len(found), texts=Counter(found))


@pytest.mark.parametrize(
    ("name", "ideas"),
    [
        ("Last Name", ["family"]),
        ("surname", ["family"]),
        ("forenames", ["given"]),
        ("PersonGivenName", ["client", "given"]),
        ("dob", ["birth", "on"]),
        ("D.O.B.", ["birth", "on"]),
        ("date_of_birth", ["birth", "on"]),
        ("inmateNo", ["client", "number"]),
        ("zip_code", ["postcode"]),
        ("addresses", ["address"]),
        ("facilities", ["establishment"]),
        ("probation-officer badge", ["officer", "number"]),
    ],
)
def test_a_name_speaks_of_ideas(name: str, ideas: list[str]) -> None:
    assert ideas_of(name) == ideas


def test_a_name_is_likest_to_what_means_the_same() -> None:
    places = [("release", "on"), ("release", "type"), ("establishment", "name"), ("triage", "on")]
    best = max(places, key=lambda names: likeness(weighed(["Release Date"]), weighed(names)))
    assert best == ("release", "on")


@pytest.mark.parametrize(
    ("found", "look"),
    [
        (("2026-03-04",), DateLook("")),
        (("03/14/1988", "11/02/1979"), DateLook("MM/DD/YYYY")),
        (("14/03/1988",), DateLook("DD/MM/YYYY")),
        (("14.03.1988",), DateLook("DD.MM.YYYY")),
        (("03/04/1988",), DateLook("MM/DD/YYYY", also="DD/MM/YYYY")),
        (("03.04.1988",), DateLook("DD.MM.YYYY", also="MM.DD.YYYY")),
        (("12/20/2026 09:30",), DateLook("MM/DD/YYYY hh:mm", has_time=True)),
        (("2026-11-03T09:15:00",), DateLook("", has_time=True)),
        (("2026-11-03T09:15:00Z",), DateLook("", has_time=True, is_zoned=True)),
    ],
)
def test_dates_are_read_as_they_are_written(found: tuple[str, ...], look: DateLook) -> None:
    assert find_dates(texts(*found)) == look


@pytest.mark.parametrize("found", ["1988", "3/4/1988", "02/30/2026", "soon", ""])
def test_what_is_no_date_is_none(found: str) -> None:
    assert find_dates(texts(found)) is None


def test_one_certain_date_decides_for_the_others() -> None:
    votes = votes_of([texts("25/12/2026"), texts("03/04/1988")])
    assert find_dates(texts("03/04/1988"), votes) == DateLook("DD/MM/YYYY")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (("Y", "N"), ("Y", "N")),
        (("yes",), ("yes", "no")),
        (("No",), ("Yes", "No")),
        (("given", "not given"), ("given", "not given")),
        (("1", "0"), ("1", "0")),
        (("yes", "perhaps"), None),
        (("a", "b", "c"), None),
    ],
)
def test_two_words_may_say_yes_and_no(found: tuple[str, ...], words: tuple[str, str] | None) -> None:
    assert find_flag(texts(*found)) == words


def test_keys_are_told_from_words() -> None:
    assert is_keylike(texts("B-1001", "HCJ"))
    assert not is_keylike(texts("Hollow County Jail"))


def test_few_codes_over_and_over_are_a_closed_list() -> None:
    assert is_closed(texts("A", "B", "A", "B"))
    assert not is_closed(texts("A", "B"))


@pytest.mark.parametrize(
    ("text", "code", "is_guess"),
    [("F", "female", False), ("REL", "release", False), ("TRF", "transfer", False), ("Z9", "unknown", True)],
)
def test_a_code_goes_to_the_code_it_is_like(text: str, code: str, is_guess: bool) -> None:
    found = guess_code(text, ["female", "male", "unknown"] if text in ("F", "Z9") else ["release", "transfer", "court"])
    assert (found.target, found.is_guess) == (code, is_guess)


@pytest.mark.parametrize(
    ("found", "shape", "codec"),
    [
        (texts("x"), SchemaShape("string"), "verbatim"),
        (texts("03/14/1988"), SchemaShape("string", "fhir-date"), "date MM/DD/YYYY"),
        (texts("12/20/2026 09:30"), SchemaShape("string", "fhir-datetime"), 'datetime "MM/DD/YYYY hh:mm"'),
        (texts("7"), SchemaShape("integer"), "integer"),
        (texts("given", "not given"), SchemaShape("boolean"), 'flag given "not given"'),
        (Field("x", "boolean"), SchemaShape("boolean"), ""),
        (Field("x", "integer"), SchemaShape("number"), ""),
    ],
)
def test_a_codec_brings_the_types_together(found: Field, shape: SchemaShape, codec: str) -> None:
    join = fit(found, "text", shape)
    assert join is not None
    assert join.codec == codec


@pytest.mark.parametrize(
    ("found", "shape"),
    [
        (Field("x", "integer"), SchemaShape("string")),
        (texts("soon"), SchemaShape("string", "fhir-date")),
        (texts("12/20/2026 09:30"), SchemaShape("string", "fhir-date")),
        (texts("03/14/1988"), SchemaShape("string", "fhir-datetime")),
        (texts("many"), SchemaShape("integer")),
        (texts("1.5"), SchemaShape("number")),
        (texts("a", "b", "c"), SchemaShape("boolean")),
        (Field("x", "boolean"), SchemaShape("string", codes=frozenset({"yes", "no"}))),
    ],
)
def test_what_the_types_cannot_bear_is_not_proposed(found: Field, shape: SchemaShape) -> None:
    assert fit(found, "text", shape) is None


def test_the_same_closed_codes_need_no_table() -> None:
    join = fit(texts("yes", "no", "yes", "no"), "x", SchemaShape("string", codes=frozenset({"yes", "no", "unknown"})))
    assert join is not None
    assert (join.codec, join.closed) == ("", ("no", "yes"))


def fields(*trees: Any) -> dict[str, Field]:
    return Sample.of(trees).root.children


def test_a_sample_shows_types_lists_and_what_is_always_there() -> None:
    found = fields({"a": "x", "b": [1, 2], "c": {"d": True}}, {"a": None, "b": [3]})
    assert {name: (f.type, f.is_list, f.is_always) for name, f in found.items()} == {
        "a": ("string", False, False),
        "b": ("integer", True, True),
        "c": ("object", False, False),
    }


def test_whole_and_broken_numbers_are_numbers() -> None:
    assert fields({"a": 1}, {"a": 1.5})["a"].type == "number"


@pytest.mark.parametrize(
    "tree",
    [{"a": [["x"]]}, {"a": [None]}, {"a": ["x", 1]}, {"a": [{"b": "x"}, {"b": ["x"]}]}, {'a"': "x"}],
)
def test_what_no_schema_describes_is_told_by_its_path_and_left_out(tree: Any) -> None:
    sample = Sample.of([tree])
    assert len(sample.problems) == 1
    assert not list(Source(sample.root, "doc", ()).leaves())


def test_a_field_with_a_blank_is_quoted_in_paths() -> None:
    sample = Sample.of([{"Booking No": "1", "items": [{"in it": "x"}]}])
    assert [leaf.path for leaf in Source(sample.root, "doc", ()).leaves()] == [
        'doc."Booking No"',
        'doc.items[]."in it"',
    ]
