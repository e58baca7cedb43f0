from __future__ import annotations

from typing import Any

import pytest
from tests.support.terminology import (
    COLOUR,
    FRUIT,
    FRUIT_SET,
    FRUIT_TREE,
    concept,
    make_set,
    make_system,
    make_terminology,
)

from fhirbridge.terminology import answers
from fhirbridge.terminology.answers import REASONS, Coding, Verdict
from fhirbridge.terminology.service import NotKnown, Source, Terminology

WHOLE = make_terminology(FRUIT_TREE, make_set({"system": FRUIT}))


@pytest.mark.parametrize(
    ("display", "verdict"),
    [("Apple", "ok"), ("  aPPLE ", "ok"), ("Apfel", "ok"), ("Pear", "wrong"), ("", "none")],
)
def test_a_display_is_compared_but_for_case_and_blanks(display: str, verdict: str) -> None:
    for found in (
        WHOLE.validate(FRUIT_SET, Coding(FRUIT, "apple", display)),
        WHOLE.validate_in_system(Coding(FRUIT, "apple", display)),
    ):
        assert (found.outcome, found.display, found.expected) == ("in", verdict, "Apple")


def test_a_value_set_may_have_displays_of_its_own() -> None:
    part = {"system": FRUIT, "concept": [{"code": "apple", "display": "Pome"}]}
    terminology = make_terminology(FRUIT_TREE, make_set(part))
    assert terminology.validate(FRUIT_SET, Coding(FRUIT, "apple", "pome")).display == "ok"
    assert terminology.validate_in_system(Coding(FRUIT, "apple", "pome")).display == "wrong"


def test_a_system_without_displays_calls_none_wrong() -> None:
    terminology = make_terminology(make_system({"code": "apple"}))
    assert terminology.validate_in_system(Coding(FRUIT, "apple", "Any")).display == "none"


def test_a_display_of_a_grammar_is_never_wrong() -> None:
    found = Terminology.core().validate_in_system(Coding("urn:ietf:bcp:47", "en-GB", "British English"))
    assert (found.outcome, found.display) == ("in", "none")


def test_a_code_for_grouping_and_one_no_longer_used_are_told() -> None:
    assert WHOLE.validate_in_system(Coding(FRUIT, "citrus")).reason == answers.ABSTRACT
    assert WHOLE.validate(FRUIT_SET, Coding(FRUIT, "plum")).reason == answers.INACTIVE


@pytest.mark.parametrize(
    ("coding", "verdict"),
    [
        (Coding(FRUIT, "rock"), Verdict("out", answers.CODE_UNKNOWN)),
        (Coding(FRUIT, "rock", version="9"), Verdict("not-checked", answers.VERSION_UNKNOWN)),
        (Coding("http://snomed.info/sct", "1"), Verdict("not-checked", answers.SYSTEM_UNKNOWN)),
        (Coding("", "lemon"), Verdict("not-checked", answers.SYSTEM_UNKNOWN)),
        (Coding("urn:iso:std:iso:3166", "GBR"), Verdict("not-checked", answers.UNLISTED)),
    ],
)
def test_a_code_that_its_system_does_not_have(coding: Coding, verdict: Verdict) -> None:
    assert WHOLE.validate_in_system(coding) == verdict


def test_every_reason_has_its_words() -> None:
    words = {value for name, value in vars(answers).items() if name.isupper() and isinstance(value, str)}
    assert words == set(REASONS)


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (("lemon", "lemon"), "equivalent"),
        (("citrus", "lemon"), "subsumes"),
        (("lemon", "citrus"), "subsumed-by"),
        (("lemon", "orange"), "not-subsumed"),
    ],
)
def test_codes_stand_to_each_other(codes: tuple[str, str], outcome: str) -> None:
    assert WHOLE.subsumes(FRUIT, *codes) == outcome


@pytest.mark.parametrize(
    ("system", "reason"),
    [("urn:none", answers.SYSTEM_UNKNOWN), (FRUIT, answers.CODE_UNKNOWN), ("urn:ietf:rfc:3986", answers.NOT_LISTED)],
)
def test_what_has_no_order_is_not_known(system: str, reason: str) -> None:
    with pytest.raises(NotKnown, match=reason):
        WHOLE.subsumes(system, "urn:a", "urn:b")


def test_what_is_added_stands_before_what_was_there() -> None:
    later = WHOLE.with_resources(
        [make_system(concept("rock"), version="2"), {"resourceType": "Patient", "url": "x"}, 7]
    )
    assert later.validate_in_system(Coding(FRUIT, "rock")).outcome == "in"
    assert later.validate_in_system(Coding(FRUIT, "lemon", version="1")).outcome == "in"
    assert WHOLE.validate_in_system(Coding(FRUIT, "rock")).outcome == "out"


def test_a_resource_is_parsed_when_it_is_asked_for() -> None:
    read: list[str] = []

    def tree() -> Any:
        read.append("once")
        return FRUIT_TREE

    from_source = make_terminology().with_sources([Source("CodeSystem", FRUIT, "1", tree)])
    assert not read
    for _ in range(2):
        assert from_source.find_concept(Coding(FRUIT, "lemon"))
    assert read == ["once"]


def test_a_value_set_is_known_by_its_version() -> None:
    assert WHOLE.is_known(f"{FRUIT_SET}|1")
    assert not WHOLE.is_known(f"{FRUIT_SET}|2")
    assert not WHOLE.is_known(COLOUR)
