"""The front door of a pattern: is it in a text, is it the whole text, what stands in its place."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.regexes.automaton import Automaton
from fhirbridge.fhir.fhirpath.regexes.proof import is_anchored, is_determined, written
from fhirbridge.fhir.fhirpath.regexes.tree import read

_SHORT = 300
"""Texts up to this length are searched by Python's engine from each of their characters."""
_LONGEST = 5_000
"""Texts up to this length have matches replaced: quadratic in the worst case, a tenth of a second."""


class Pattern:
    """A pattern that has been read."""

    def __init__(self, regex: str) -> None:
        self._tree = read(regex)
        self._is_determined = is_determined(self._tree)
        self._is_anchored = is_anchored(self._tree)
        self._engine = re.compile(written(self._tree))

    @cached_property
    def automaton(self) -> Automaton:
        """The pattern as an automaton, for texts and patterns that Python's engine is not given."""
        return Automaton(self._tree)

    def is_in(self, text: str) -> bool:
        """Say whether a part of the text matches; `.` matches the end of a line too."""
        if self._is_determined and (self._is_anchored or len(text) <= _SHORT):
            return self._engine.search(text) is not None
        return self.automaton.runs(text, is_whole=False)

    def is_whole(self, text: str) -> bool:
        """Say whether the whole text matches."""
        if self._is_determined:
            return self._engine.fullmatch(text) is not None
        return self.automaton.runs(text, is_whole=True)

    def replace(self, text: str, new: str) -> str:
        """Return the text with each match replaced; `$1` in what replaces it stands for the first group.

        Raises:
            NotJudged: the pattern can be matched in more than one way, or the text is too long for it.
        """
        if not self._is_determined or len(text) > _LONGEST:
            raise NotJudged("regex")
        return self._engine.sub(lambda match: _GROUP.sub(lambda group: _part(match, group), new), text)


_GROUP = re.compile(r"\$(\d)|\\(.)", re.DOTALL)


def _part(match: re.Match[str], group: re.Match[str]) -> str:
    if group[2] is not None:
        return group[2]
    return (match[int(group[1])] or "") if int(group[1]) <= (match.re.groups) else ""


@lru_cache(maxsize=1024)
def get_pattern(regex: str) -> Pattern:
    """Return a pattern, read once.

    Raises:
        NotJudged: it is no pattern, or needs what an automaton has not.
    """
    return Pattern(regex)
