"""References: what they name, and how they are written."""

from __future__ import annotations

import pytest

from fhirbridge.fhir.references import (
    Literal,
    find_literal,
    find_local,
    is_contained,
    is_urn,
)

BASE = "https://bridge.example/fhir"


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("Patient/1", Literal("Patient", "1")),
        ("Patient/1/_history/3", Literal("Patient", "1", version="3")),
        (f"{BASE}/Goal/g.1", Literal("Goal", "g.1", base=BASE)),
        (f"{BASE}/Goal/g/_history/2", Literal("Goal", "g", base=BASE, version="2")),
    ],
)
def test_a_literal_reference_is_read(text: str, literal: Literal) -> None:
    assert find_literal(text) == literal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Patient",
        "Patient/",
        "Person/a b",
        "Nothing/1",
        "#p1",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "1/2",
    ],
)
def test_other_texts_name_no_resource(text: str) -> None:
    assert find_literal(text) is None


def test_local_is_relative_or_below_the_base() -> None:
    assert find_local("Goal/1", BASE) == Literal("Goal", "1")
    assert find_local(f"{BASE}/Goal/1", f"{BASE}/") == Literal("Goal", "1", base=BASE)
    assert find_local("https://elsewhere.example/fhir/Goal/1", BASE) is None


def test_urns_and_contained_are_told_apart() -> None:
    assert is_urn("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")
    assert is_urn("urn:oid:1.2.840")
    assert not is_urn("urn:uuid:C757873D")
    assert is_contained("#p1") and not is_contained("Patient/1")
