"""Values of the primitive types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.fhir.table import table
from fhirbridge.validation.content.texts import full_doubt
from fhirbridge.validation.primitives import PRIMITIVES
from fhirbridge.validation.structure.quick import NAMES, doubt

GOOD: dict[str, list[Any]] = {
    "base64Binary": ["QQ==", "QUJD", "QU JD\nQUJD"],
    "boolean": [True, False],
    "canonical": ["https://a.example/Questionnaire/q|1.0"],
    "code": ["active", "two words"],
    "date": ["2026", "2026-02", "2024-02-29"],
    "dateTime": ["2026", "2026-02-03T10:20:30Z", "2026-02-03T10:20:30.123456789+05:30"],
    "decimal": [Decimal("1.00"), 7, Decimal("-1E-22")],
    "id": ["a", "A-1.b", "x" * 64],
    "instant": ["2026-02-03T10:20:30.000Z"],
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": ["# Own words\n\n- one", " \n"],
    "oid": ["urn:oid:1.2.3"],
    "positiveInt": [1, 2**31 - 1],
    "string": ["x", "   ", "Ünï\u00a0code\ttab\nline"],
    "time": ["10:20:30", "23:59:60"],
    "unsignedInt": [0, 5],
    "uri": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "relative"],
    "url": ["https://a.example/x"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ["<div/>"],
}
BAD: dict[str, list[Any]] = {
    "base64Binary": ["", "Q", "QQ=", "Q=Q=", "%%%%", 7, "   "],
    "boolean": ["true", 1, 0],
    "canonical": ["has space", "", 7],
    "code": [" a", "a ", "a  b", "", "a\tb ", 7],
    "date": ["2026-02-30", "2026-13", "0000", "26", "2026-02-03T10:20:30Z", 2026, ""],
    "dateTime": ["2026-02-03T10:20:30", "2026-02-03T24:00:00Z", "2026-02-03 10:20", "2026-02-03T10:20Z", 1.5],
    "decimal": ["1.0", True, "x"],
    "id": ["", "a b", "x" * 65, "ünï", "a_b", 7],
    "instant": ["2026-02-03", "2026-02-03T10:20:30"],
    "integer": [2**31, -(2**31) - 1, Decimal("1.0"), "1", True],
    "markdown": ["", "\x07"],
    "oid": ["1.2.3", "urn:oid:3.1"],
    "positiveInt": [0, -1, True, Decimal("1")],
    "string": ["", "a\x00b", "a\x0bb", 7, {}, [], "x" * (1024 * 1024 + 1)],
    "time": ["24:00:00", "10:20", "10:20:30Z"],
    "unsignedInt": [-1, "0"],
    "uri": ["has space", "", "urn:uuid:X", "urn:oid:x"],
    "url": ["has space"],
    "uuid": ["c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"],
    "xhtml": ["", 7],
}


def test_every_primitive_of_r4_has_its_test() -> None:
    assert PRIMITIVES.keys() == table().primitives.keys() == GOOD.keys() == BAD.keys()


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, values in GOOD.items() for value in values])
def test_a_valid_value_is_accepted(type_: str, value: Any) -> None:
    assert PRIMITIVES[type_][0](value)


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, values in BAD.items() for value in values])
def test_another_value_is_refused(type_: str, value: Any) -> None:
    assert not PRIMITIVES[type_][0](value)


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, values in BAD.items() for value in values])
def test_no_quick_test_passes_what_is_refused(type_: str, value: Any) -> None:
    assert eval(doubt(type_, "x"), dict(NAMES), {"x": value})  # noqa: S307 our own text
    assert eval(full_doubt(type_, "x"), dict(NAMES), {"x": value})  # noqa: S307


@pytest.mark.parametrize("type_", PRIMITIVES)
def test_a_long_text_takes_no_long_time(type_: str) -> None:
    PRIMITIVES[type_][0]("A" * 1_000_001)
    PRIMITIVES[type_][0]("A " * 300_000)
