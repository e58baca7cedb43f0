"""A pattern as an automaton that is made while it runs: one step for each character, whatever the pattern.

Source: Thompson, Regular Expression Search Algorithm, 1968
"""

from __future__ import annotations

from bisect import bisect_right

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.regexes.chars import Chars
from fhirbridge.fhir.fhirpath.regexes.tree import Edge, Either, Group, Loop, Node, Row, Set

MAX_PLACES = 5_000
"""How many places a pattern may have once its loops are written out."""
MAX_STATES = 20_000
"""How many sets of places are kept; past that they are forgotten and made again."""


class Automaton:
    """The places of a pattern: at each, the characters that lead on, or free moves."""

    def __init__(self, node: Node) -> None:
        self.steps: list[tuple[Chars, int]] = []
        self.moves: list[list[tuple[str, int]]] = []
        self.end = self._place()
        self.start = self._build(node, self.end)
        points = {point for chars, _ in self.steps for low, high in chars for point in (low, high + 1)}
        self.points = sorted(points)
        self.known: dict[tuple[frozenset[int], int, bool], frozenset[int]] = {}

    def _place(self) -> int:
        if len(self.steps) >= MAX_PLACES:
            raise NotJudged("regex")
        self.steps.append(((), 0))
        self.moves.append([])
        return len(self.steps) - 1

    # -- building, from the end backwards

    def _build(self, node: Node, then: int) -> int:
        """Return the place before a node that leads to another."""
        if isinstance(node, Row):
            for part in reversed(node.parts):
                then = self._build(part, then)
            return then
        if isinstance(node, Group):
            return self._build(node.part, then)
        if isinstance(node, Loop):
            return self._loop(node, then)
        if isinstance(node, Either):
            targets = [self._build(part, then) for part in node.parts]
            return self._free([("", target) for target in targets])
        if isinstance(node, Edge):
            return self._free([(node.mark, then)])
        return self._step(node, then)

    def _step(self, node: Set, then: int) -> int:
        place = self._place()
        self.steps[place] = (node.chars, then)
        return place

    def _free(self, moves: list[tuple[str, int]]) -> int:
        place = self._place()
        self.moves[place] = moves
        return place

    def _loop(self, node: Loop, then: int) -> int:
        start = then
        if node.most is None:
            start = self._place()
            self.moves[start] = [("", self._build(node.part, start)), ("", then)]
        else:
            for _ in range(node.most - node.least):
                start = self._free([("", self._build(node.part, start)), ("", then)])
        for _ in range(node.least):
            start = self._build(node.part, start)
        return start

    # -- running

    def runs(self, text: str, *, is_whole: bool) -> bool:
        """Say whether the text, or for not `is_whole` a part of it, matches."""
        places = self._closed({self.start}, "^")
        again = frozenset[int]() if is_whole else self._closed({self.start}, "")
        if not is_whole and self.end in places:
            return True
        for character in text:
            places = self._next(places, character, again, is_whole)
            if not is_whole and self.end in places:
                return True
            if not places:
                return False
        return self.end in self._closed(set(places), "^$" if not text else "$")

    def _next(self, places: frozenset[int], character: str, again: frozenset[int], is_whole: bool) -> frozenset[int]:
        key = (places, bisect_right(self.points, ord(character)), is_whole)
        found = self.known.get(key)
        if found is None:
            found = self._closed(self._reached(places, ord(character)), "") | again
            if len(self.known) >= MAX_STATES:
                self.known.clear()
            self.known[key] = found
        return found

    def _reached(self, places: frozenset[int], point: int) -> set[int]:
        return {
            self.steps[place][1] for place in places if any(low <= point <= high for low, high in self.steps[place][0])
        }

    def _closed(self, places: set[int], edges: str) -> frozenset[int]:
        """Return the places with all that free moves lead to; `edges` are the ends of the text that are here."""
        found, waiting = set(places), list(places)
        while waiting:
            for mark, target in self.moves[waiting.pop()]:
                if mark in edges and target not in found:
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)
