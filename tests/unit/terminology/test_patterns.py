from __future__ import annotations

import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.terminology.patterns import MAX_PATTERN, NotSupported, compile_pattern

ATOMS = st.sampled_from(["a", "b", "1", ".", "\\d", "\\W", "[ab]", "[^a-b1]", "\\.", "[\\d-]", "[]a]"])
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}"])
PATTERNS = st.recursive(
    st.builds("{}{}".format, ATOMS, REPEATS),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{}){}".format, inner, inner, REPEATS),
        st.builds("(?:{}){}".format, inner, REPEATS),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("ab1.-]\n", max_size=6))
def test_a_pattern_matches_what_python_matches(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize("pattern", ["^a+$", "a+", "^a+", "a+$"])
def test_anchors_at_the_ends_change_nothing(pattern: str) -> None:
    assert compile_pattern(pattern).matches("aaa")
    assert not compile_pattern(pattern).matches("aab")


def test_an_escaped_dollar_is_a_dollar() -> None:
    assert compile_pattern("a\\$").matches("a$")
    assert compile_pattern("a\\tb").matches("a\tb")


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?P<n>a)", "a**", "a+?", "[[a]]", "\\1", "\\b", "a{3,1}", "(a", "a)", "[a", "a\\", "*a", "a^b", "a$b",
     "(" * 30 + "a" + ")" * 30, "(a{900}){900}", "((){9999}){9999}", "[a&&b]", "a" * (MAX_PATTERN + 1)],
)  # fmt: skip
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(NotSupported):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a?){50}b", "(a+)+(a+)+b", "(.*)(.*)(.*)(.*)b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    begun = perf_counter()
    assert not compile_pattern(pattern).matches("a" * 2000)
    assert perf_counter() - begun < 5
