"""Strict JSON: what is refused, where the error points, what survives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.errors import BridgeError, MalformedInput
from fhirbridge.formats import json_text

CONTROL = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r") + "\ufffe\uffff"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=CONTROL))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | TEXTS
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


def place_of(body: bytes) -> tuple[str, str]:
    with pytest.raises(MalformedInput) as caught:
        json_text.parse(body)
    (issue,) = caught.value.issues
    return issue.location, issue.expression


@given(TREES)
def test_what_is_written_is_read_again(tree: Any) -> None:
    assert json_text.parse(json_text.format(tree)) == tree


@pytest.mark.parametrize("text", [r"\u0000", r"\u001F", r"\b", r"\f", r"\uFFFE", "\uffff"])
@pytest.mark.parametrize("body", ['{"a": {"b": [1, "x%s"]}}', '{"a": {"b": [0, {"x%s": 1}]}}'])
def test_a_control_character_is_refused_at_its_place(body: str, text: str) -> None:
    _, path = place_of((body % text).encode())
    assert path in ("a.b[1]", "a.b[1].?")


@pytest.mark.parametrize("text", [r"\t\n\r", r"\\u0000", r"\\b", r"\u00e9", "\x7f"])
def test_what_only_looks_like_a_control_character_is_taken(text: str) -> None:
    assert json_text.format(json_text.parse(f'"{text}"'.encode()))


@pytest.mark.parametrize("digits", ["1.00", "0.10", "1E-22", "123456789.123456789123", "-0.0", "1E+400"])
def test_decimals_keep_their_digits(digits: str) -> None:
    assert json_text.format(json_text.parse(digits.encode())).decode() == digits


def test_whole_numbers_stay_whole() -> None:
    assert json_text.parse(b"[7, 7.0]") == [7, Decimal("7.0")]
    assert isinstance(json_text.parse(b"7"), int)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "1:1"),
        (b'{"a"', "1:5"),
        (b'{"a": 1,\n "b": }', "2:7"),
        (b"NaN", "1:1"),
        (b"[1, Infinity]", "1:5"),
        (b'{"a": 1} {', "1:11"),
        (b"\xef\xbb\xbf{}", "1:1"),
        (b'{"a": "\xff"}', "1:8"),
        (b'"\xed\xa0\x80"', "1:2"),
        (b'["\\ud800 and more"]', "1:9"),
        (b'["\\udc00 and more"]', "1:9"),
        (b"9" * 5000, "1:5001"),
    ],
)
def test_an_error_points_at_line_and_column(body: bytes, place: str) -> None:
    assert place_of(body)[0] == place


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"decision": "deny", "decision": "permit"}', "decision"),
        (b'{"a": {"b": [{"c": 1}, {"c": 1, "c": 1}]}}', "a.b.c"),
        (b'{"\\u0061": 1, "a": 2}', "a"),
        (b'{"a": {}, "b": [[]], "a": ":{["}', "a"),
        (b'{"two words": 1, "two words": 2}', "?"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_path(body: bytes, path: str) -> None:
    assert place_of(body)[1] == path


@pytest.mark.parametrize("body", [b'{"a": ":", "b": "{\\"c\\":1}"}', b'{"a:b": "\\\\"}', b'[{"a": 1}, {"a": 1}]'])
def test_colons_and_brackets_in_texts_mislead_nobody(body: bytes) -> None:
    json_text.parse(body)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 65 + b"]" * 65])
def test_a_deep_body_is_refused_before_it_is_decoded(body: bytes) -> None:
    with pytest.raises(MalformedInput, match="deeper than 64"):
        json_text.parse(body)


def test_the_deepest_body_allowed_is_read() -> None:
    json_text.parse(b"[" * 64 + b"]" * 64)


def test_a_body_that_hides_its_depth_is_refused() -> None:
    with pytest.raises(MalformedInput):
        json_text.parse(b"][" * 50 + b"[" * 60 + b"1e99999999999999999999")


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(MalformedInput, match="exponent"):
        json_text.parse(b"1e99999999999999999999")


def test_no_error_quotes_the_body() -> None:
    with pytest.raises(MalformedInput) as caught:
        json_text.parse(b'{"name": "Rosa Whitfield" oops}')
    assert "Rosa" not in str(caught.value) + repr(caught.value.issues)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0e9.-tfn', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        json_text.parse(body)
    except BridgeError as error:
        assert error.code == "FB400"


def test_comments_become_spaces_so_that_places_stay() -> None:
    body = b'{ // first\n  "url": "http://a.example/*x*/", /* two\nlines */ "n": 1 }'
    blank = json_text.without_comments(body)
    assert len(blank) == len(body)
    assert json_text.parse(blank) == {"url": "http://a.example/*x*/", "n": 1}
    with pytest.raises(MalformedInput):
        json_text.parse(body)
