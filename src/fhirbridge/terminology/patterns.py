"""A small matcher of regular expressions that no pattern can slow down: filters of value sets come from anybody.

Understood: literals, `.`, classes, `\\d \\w \\s` and their opposites, groups, `|`, `* + ? {m} {m,} {m,n}`, and `^` and
`$` at the ends; a pattern matches a whole code. Whatever else a pattern says, `compile_pattern` refuses it.
Laws of this file: a match looks at each character once, and at no more than `MAX_STATES` states for it.
Source: http://hl7.org/fhir/R4/valueset-filter-operator.html (regex); R. Cox, Regular Expression Matching Can Be Simple
And Fast, 2007
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_STATES = 2_000
MAX_PATTERN = 500
MAX_NESTED = 20

Test = Callable[[str], bool]

_CLASSES: dict[str, Test] = {
    "d": lambda sign: sign in "0123456789",
    "w": lambda sign: sign == "_" or (sign.isascii() and sign.isalnum()),
    "s": str.isspace,
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_SPECIAL = frozenset("*+?{}[]()|^$")
_TIMES = re.compile(r"\*|\+|\?|\{(\d{1,4})(,(\d{0,4}))?\}", re.ASCII)
_RANGES = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class NotSupported(ValueError):
    """The pattern is wrong, too long, or says what this matcher does not know."""


# -- reading: text to a tree


class One(NamedTuple):
    """One character that passes a test."""

    test: Test


class Sequence(NamedTuple):
    """One after the other."""

    items: list[Node]


class Choice(NamedTuple):
    """One of several."""

    items: list[Node]


class Repeat(NamedTuple):
    """At least `low` times and at most `high`; None: without end."""

    item: Node
    low: int
    high: int | None


Node = One | Sequence | Choice | Repeat


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._text):
            raise NotSupported("a bracket is not open")
        return node

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        if not (sign := self._next()):
            raise NotSupported("the pattern ends too early")
        self._at += 1
        return sign

    def _choice(self) -> Node:
        items = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            items.append(self._sequence())
        return items[0] if len(items) == 1 else Choice(items)

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._next() not in ("", "|", ")"):
            items.append(self._repeated(self._atom()))
        return Sequence(items)

    def _repeated(self, item: Node) -> Node:
        found = _TIMES.match(self._text, self._at)
        if not found:
            return item
        self._at = found.end()
        if self._next() and self._next() in "*+?{":
            raise NotSupported("a repeat of a repeat")
        low, high = _RANGES.get(found[0]) or _counted(found)
        if high is not None and high < low:
            raise NotSupported("a repeat ends before it begins")
        return Repeat(item, low, high)

    def _atom(self) -> Node:
        sign = self._take()
        if sign == "(":
            return self._group()
        if sign == "[":
            return One(self._class())
        if sign == "\\":
            return One(self._escape())
        if sign == ".":
            return One(lambda each: each != "\n")
        if sign in _SPECIAL:
            raise NotSupported("a sign with a meaning in an unknown place")
        return One(sign.__eq__)

    def _group(self) -> Node:
        if self._text.startswith("?:", self._at):
            self._at += 2
        self._depth += 1
        if self._next() == "?" or self._depth > MAX_NESTED:
            raise NotSupported("a group of an unknown kind, or nested too deep")
        node = self._choice()
        if self._take() != ")":
            raise NotSupported("a bracket is not closed")
        self._depth -= 1
        return node

    def _escape(self) -> Test:
        sign = self._take()
        if sign.lower() in _CLASSES:
            test = _CLASSES[sign.lower()]
            return test if sign.islower() else lambda each: not test(each)
        if sign.isalnum() and sign not in _ESCAPES:
            raise NotSupported("an unknown escape")
        return _ESCAPES.get(sign, sign).__eq__

    def _class(self) -> Test:
        is_negated = self._next() == "^"
        self._at += is_negated
        tests: list[Test] = []
        while self._next() != "]" or not tests:
            tests.append(self._member())
        self._at += 1
        return lambda each: any(test(each) for test in tests) != is_negated

    def _member(self) -> Test:
        """Read one member of a class: a sign, a range or an escape."""
        sign = self._take()
        if sign == "[" or self._text.startswith(("&&", "--"), self._at):
            raise NotSupported("a class in a class")
        if sign == "\\":
            return self._escape()
        if not re.match(r"-[^\]\\]", self._text[self._at :]):
            return sign.__eq__
        self._at += 1
        last = self._take()
        return lambda each: sign <= each <= last


def _counted(found: re.Match[str]) -> tuple[int, int | None]:
    low = int(found[1])
    if not found[2]:
        return low, low
    return low, int(found[3]) if found[3] else None


# -- building: a tree to states


@dataclass(slots=True)
class _State:
    """Goes on to `ways` by a character that passes the test; where it has none, without a character."""

    test: Test | None = None
    ways: list[int] = field(default_factory=list)


class _Builder:
    """Makes states; each method goes on from a state and returns the one it ends in."""

    def __init__(self) -> None:
        self.states: list[_State] = [_State()]

    def add(self, node: Node, start: int) -> int:
        match node:
            case One(test):
                return self._step(start, test)
            case Sequence(items):
                for item in items:
                    start = self.add(item, start)
                return start
            case Choice(items):
                return self._joined([self.add(item, self._step(start)) for item in items])
            case Repeat(item, low, high):
                return self._repeat(item, start, low, high)

    def _repeat(self, item: Node, start: int, low: int, high: int | None) -> int:
        for _ in range(low):
            start = self.add(item, self._step(start))
        if high is None:
            again = self._step(start)
            self.states[self.add(item, again)].ways.append(again)
            return self._step(again)
        ends = [start]
        for _ in range(high - low):
            ends.append(self.add(item, self._step(ends[-1])))
        return self._joined(ends)

    def _step(self, start: int, test: Test | None = None) -> int:
        """Return a new state that is reached from `start`."""
        if len(self.states) + 2 > MAX_STATES:
            raise NotSupported("the pattern repeats too much")
        source = start
        if test:
            self.states.append(_State(test))
            source = len(self.states) - 1
            self.states[start].ways.append(source)
        self.states.append(_State())
        self.states[source].ways.append(len(self.states) - 1)
        return len(self.states) - 1

    def _joined(self, ends: list[int]) -> int:
        last = self._step(ends[0])
        for end in ends[1:]:
            self.states[end].ways.append(last)
        return last


# -- matching


class Pattern:
    """A compiled pattern."""

    def __init__(self, node: Node) -> None:
        builder = _Builder()
        self._end = builder.add(node, 0)
        self._states = builder.states

    def matches(self, text: str) -> bool:
        """Say whether the whole text fits."""
        present = self._closed({0})
        for sign in text:
            states = (self._states[each] for each in present)
            present = self._closed({state.ways[0] for state in states if state.test and state.test(sign)})
            if not present:
                return False
        return self._end in present

    def _closed(self, present: set[int]) -> set[int]:
        """Return the states with all that are reached from them without a character."""
        waiting = list(present)
        while waiting:
            state = self._states[waiting.pop()]
            new = [each for each in state.ways if each not in present] if state.test is None else []
            present.update(new)
            waiting.extend(new)
        return present


def compile_pattern(text: str) -> Pattern:
    """Return the pattern of a text.

    >>> compile_pattern("[A-Z]{3}").matches("GBR"), compile_pattern("(a*)*b").matches("a" * 5000)
    (True, False)

    Raises:
        NotSupported: the text is wrong or beyond what is understood.
    """
    if len(text) > MAX_PATTERN:
        raise NotSupported("the pattern is too long")
    is_anchored = text.endswith("$") and not text.endswith("\\$")
    return Pattern(_Reader(text.removeprefix("^").removesuffix("$" if is_anchored else "")).whole())
