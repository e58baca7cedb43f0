"""Patterns: they match what Python's engine matches, and never take longer than the text is long."""

from __future__ import annotations

import re
from random import Random

import pytest

from fhirbridge.fhir.elements import pattern_of
from fhirbridge.fhir.fhirpath import NotJudged
from fhirbridge.fhir.fhirpath.regexes import get_pattern
from fhirbridge.fhir.table import table

PARTS = ("a", "b", ".", "[ab]", "[^a]", "[a-c1]", "\\d", "\\w", "\\S", "c", "\\.", "\\x61")
TIMES = ("*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "??")


def make_regex(random: Random, depth: int = 0) -> str:
    kind = random.random()
    if depth > 3 or kind < 0.35:
        return random.choice(PARTS)
    inner = make_regex(random, depth + 1)
    if kind < 0.5:
        return inner + make_regex(random, depth + 1)
    if kind < 0.65:
        return f"({inner}|{make_regex(random, depth + 1)})"
    if kind < 0.9:
        return f"(?:{inner}){random.choice(TIMES)}"
    return f"^{inner}" if kind < 0.95 else f"{inner}$"


def test_a_pattern_matches_what_pythons_engine_matches() -> None:
    random = Random(11)
    for _ in range(250):
        regex = make_regex(random)
        judge, pattern = re.compile(regex.replace("$", r"\Z"), re.DOTALL | re.ASCII), get_pattern(regex)
        for _ in range(5):
            text = "".join(random.choice("abc1.\n") for _ in range(random.randint(0, 7)))
            assert pattern.is_in(text) == (judge.search(text) is not None), (regex, text)
            assert pattern.is_whole(text) == (judge.fullmatch(text) is not None), (regex, text)
            assert pattern.automaton.runs(text, is_whole=False) == (judge.search(text) is not None), (regex, text)
            assert pattern.automaton.runs(text, is_whole=True) == (judge.fullmatch(text) is not None), (regex, text)


@pytest.mark.parametrize("regex", ["(a*)*$", "^(a|aa)+$", "(a+a+)+b", "(a|a)*b", "[a-z]+[0-9]", "a*a*a*a*a*b"])
def test_a_pattern_that_is_deadly_elsewhere_is_quick(regex: str) -> None:
    text = "a" * 20_000 + "!"  # hours or centuries for an engine that goes back
    assert not get_pattern(regex).is_whole(text)
    assert get_pattern(regex).is_in(text) == (regex == "(a*)*$")


def test_the_patterns_of_r4_are_quick() -> None:
    for primitive in table().primitives:
        if pattern_of(primitive):
            pattern = get_pattern(pattern_of(primitive))
            pattern.is_whole("0123456789" * 2_000 + "\n")
            pattern.is_in("a b" * 5_000)


@pytest.mark.parametrize(
    "regex",
    [
        *("(?=a)", "(?i)a", "a\\1", "\\bword", "a++", "a**", "*a", "(a", "a)", "[a", "[]", "[z-a]", "a{3,2}", "\\p{L}"),
        *("^*", "[a&&b]", "(" * 60 + "a" + ")" * 60, "(a{1000}){1000}", "[\\d-z]", "a\\"),
    ],
)
def test_what_an_automaton_cannot_do_is_not_judged(regex: str) -> None:
    with pytest.raises(NotJudged, match="regex"):
        get_pattern(regex).automaton.runs("a", is_whole=True)


def test_groups_stand_in_what_replaces() -> None:
    assert get_pattern("([a-z])([0-9])").replace("a1 b2", "$2$1\\$9") == "1a$9 2b$9"
    assert get_pattern("\\..*").replace("Patient.name.given", "") == "Patient"
    assert get_pattern("(a)|(b)").replace("ab", "[$2$7]") == "[][b]"


def test_replacing_by_a_pattern_of_several_ways_is_not_judged() -> None:
    with pytest.raises(NotJudged):
        get_pattern("(a|ab)(c|bc)").replace("abc", "x")
    with pytest.raises(NotJudged):
        get_pattern("a").replace("a" * 10_000, "x")


def test_a_long_text_is_searched_by_the_automaton() -> None:
    assert get_pattern("b[0-9]").is_in("a" * 1_000 + "b1")
    assert not get_pattern("b[0-9]").is_in("b" * 1_000)
    assert get_pattern("").is_in("")
    assert get_pattern("^$").is_whole("")
    assert get_pattern("(?s).\\n\\u0041").is_whole("x\nA")
