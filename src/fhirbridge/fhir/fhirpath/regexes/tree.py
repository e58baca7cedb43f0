"""A pattern as a tree: what Java, JavaScript and Python mean alike by it.

Refused are references back, looking ahead or behind, word boundaries, flags, Unicode classes and possessive loops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.regexes.chars import ANY, CLASSES, CONTROLS, Chars, inverse, one, union

MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Set:
    """One character of a set."""

    chars: Chars


@dataclass(frozen=True, slots=True)
class Edge:
    """The start (`^`) or end (`$`) of the text."""

    mark: str


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A part repeated; `most` None means without end, `mark` tells a lazy loop."""

    part: Node
    least: int
    most: int | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets that a substitution may name."""

    part: Node


Node = Set | Edge | Row | Either | Loop | Group

_TIMES = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}", re.ASCII)
_HEX = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})")


def read(regex: str) -> Node:
    """Return the tree of a pattern.

    Raises:
        NotJudged: the pattern is none, or asks for more than an automaton can do.
    """
    return _Reader(regex).whole()


class _Reader:
    """Reads one pattern."""

    def __init__(self, regex: str) -> None:
        self.regex = regex
        self.place = 0
        self.depth = 0

    @property
    def next(self) -> str:
        return self.regex[self.place : self.place + 1]

    def skip(self, text: str) -> bool:
        if not self.regex.startswith(text, self.place):
            return False
        self.place += len(text)
        return True

    def take(self) -> str:
        if self.place >= len(self.regex):
            raise NotJudged("regex")
        self.place += 1
        return self.regex[self.place - 1]

    def whole(self) -> Node:
        self.skip("(?s)")
        found = self.either()
        if self.next:
            raise NotJudged("regex")
        return found

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotJudged("regex")
        parts = [self.row()]
        while self.skip("|"):
            parts.append(self.row())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def row(self) -> Node:
        parts = []
        while self.next and self.next not in "|)":
            parts.append(self.loop(self.atom()))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def loop(self, part: Node) -> Node:
        least, most = self.times()
        if (least, most) == (1, 1):
            return part
        if self.skip("+") or isinstance(part, Edge):
            raise NotJudged("regex")
        found = Loop(part, least, most, "?" if self.skip("?") else "")
        if self.next and self.next in "*+{":
            raise NotJudged("regex")
        return found

    def times(self) -> tuple[int, int | None]:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.next in simple:
            return simple[self.take()]
        match = _TIMES.match(self.regex, self.place)
        if match is None:
            return 1, 1
        self.place = match.end()
        least = int(match[1])
        most = least if not match[2] else int(match[3]) if match[3] else None
        if most is not None and most < least:
            raise NotJudged("regex")
        return least, most

    def atom(self) -> Node:
        mark = self.take()
        if mark == "(":
            return self.group()
        if mark == "[":
            return Set(self.chars())
        if mark == "\\":
            return Set(self.escape())
        if mark in "^$":
            return Edge(mark)
        if mark in "*+?":
            raise NotJudged("regex")
        return Set(ANY if mark == "." else one(mark))

    def group(self) -> Node:
        is_silent = self.skip("?:")
        if not is_silent and self.next == "?":
            raise NotJudged("regex")
        found = self.either()
        if not self.skip(")"):
            raise NotJudged("regex")
        return found if is_silent else Group(found)

    def escape(self) -> Chars:
        match = _HEX.match(self.regex, self.place)
        if match:
            self.place = match.end()
            return one(chr(int(match[1] or match[2], 16)))
        letter = self.take()
        if letter in CLASSES:
            return CLASSES[letter]
        if letter in CONTROLS:
            return one(CONTROLS[letter])
        if letter.isalnum():
            raise NotJudged("regex")
        return one(letter)

    def chars(self) -> Chars:
        is_inverse = self.skip("^")
        if self.next == "]":  # `[]` means different things to different engines
            raise NotJudged("regex")
        parts = []
        while not self.skip("]"):
            parts.append(self.member())
        found = union(parts)
        return inverse(found) if is_inverse else found

    def member(self) -> Chars:
        low = self.char()
        if self.next != "-" or self.regex[self.place + 1 : self.place + 2] in ("]", "") or len(low) != 1:
            return low
        self.place += 1
        high = self.char()
        if len(high) != 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise NotJudged("regex")
        return ((low[0][0], high[0][0]),)

    def char(self) -> Chars:
        if self.skip("\\"):
            return self.escape()
        if self.regex.startswith(("[:", "&&"), self.place):
            raise NotJudged("regex")
        return one(self.take())
