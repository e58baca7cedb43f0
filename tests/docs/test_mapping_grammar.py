"""The grammar in the mapping reference is the one the engine reads: sentences made from it are rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import islice
from random import Random

import pytest
from tests.support.maps import ROOT

from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.expressions import is_expression
from fhirbridge.mapping.text.rows import parse_row

REFERENCE = ROOT / "docs" / "mapping" / "reference.md"
AT = Place("probe.yaml", 1, 1)
RESERVED = frozenset({"and", "or", "not", "in", "default", "when", "lossy", "true", "false"})
DEEPEST = 8
CONSTANT_RIGHT = re.compile(r"('[^']*'|-?[0-9]+(\.[0-9]+)?|true|false) => ")

Maker = Callable[[Random, int], str]
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\]]+\]|[a-z]+|[()|?*+]")


@cache
def productions() -> dict[str, list[str]]:
    text = REFERENCE.read_text("utf-8").split("```ebnf\n")[1].split("```")[0]
    lines = (line.partition("::=") for line in text.splitlines())
    return {name.strip(): _TOKEN.findall(body) for name, _, body in lines}


class Grammar:
    """A reader of one production: each method returns a maker of sentences."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]

    def choice(self) -> Maker:
        options = [self.sequence()]
        while self.tokens[0] == "|":
            self.tokens.pop(0)
            options.append(self.sequence())
        return lambda random, depth: (options[0] if depth > DEEPEST else random.choice(options))(random, depth)

    def sequence(self) -> Maker:
        parts = []
        while self.tokens[0] not in ("", "|", ")"):
            parts.append(self.repeated())
        return lambda random, depth: "".join(part(random, depth) for part in parts)

    def repeated(self) -> Maker:
        part, sign = self.single(), self.tokens[0]
        if sign not in ("?", "*", "+"):
            return part
        self.tokens.pop(0)
        low, high = {"?": (0, 1), "*": (0, 2), "+": (1, 3)}[sign]

        def repeat(random: Random, depth: int) -> str:
            return "".join(part(random, depth) for _ in range(low if depth > DEEPEST else random.randint(low, high)))

        return repeat

    def single(self) -> Maker:
        token = self.tokens.pop(0)
        if token == "(":
            inner = self.choice()
            assert self.tokens.pop(0) == ")"
            return inner
        if token[0] in "\"'":
            return lambda random, depth: token[1:-1]
        if token[0] == "[":
            letters = [chr(n) for n in range(32, 127) if re.fullmatch(token, chr(n))]
            return lambda random, depth: random.choice(letters)
        return lambda random, depth: sentence(token, random, depth + 1)


@cache
def maker(name: str) -> Maker:
    return Grammar(productions()[name]).choice()


def sentence(name: str, random: Random, depth: int = 0) -> str:
    made = maker(name)(random, depth)
    while name == "word" and made in RESERVED:
        made = maker(name)(random, depth)
    return made


def rows(random: Random, count: int) -> list[str]:
    """Return sentences within the limits that stand beside the grammar: a row is short, `=>` follows no constant."""
    made = (sentence("row", random) for _ in range(100 * count))
    return list(islice((each for each in made if len(each) < 300 and not CONSTANT_RIGHT.match(each)), count))


@pytest.mark.parametrize("seed", range(10))
def test_what_the_grammar_makes_is_read(seed: int) -> None:
    for made in rows(Random(seed), 100):
        row = parse_row(made, AT)
        assert row.arrow in made, made


def test_each_kind_of_row_is_made_and_read_as_what_it_is() -> None:
    found = set()
    for made in rows(Random(7), 500):
        row = parse_row(made, AT)
        found.add((row.arrow, row.constant is not None, row.expression is not None))
    assert found == {
        ("<=>", False, False),
        ("=>", False, False),
        ("<=", False, False),
        (":=", True, False),
        ("=>", False, True),
    }


def test_every_word_of_the_grammar_has_a_production() -> None:
    used = {token for tokens in productions().values() for token in tokens if re.fullmatch("[a-z]+", token)}
    assert used <= productions().keys()


def test_an_expression_is_more_than_a_path() -> None:
    assert [is_expression(text) for text in ("a.b", "a[x=y].b", "a & b", "a.b.first()")] == [False, False, True, True]
