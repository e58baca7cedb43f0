"""How hard the client's copy of a plan is to read: its grade by Flesch and Kincaid. For English only.

The grade is the school year in the US whose pupils can read a text. A text that is too short says nothing about its
grade and has none.
Source: RULE_SOURCES["kincaid"], RULE_SOURCES["plain-language"]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fhirbridge.records import Plan
from fhirbridge.validation.quality.model import Subject
from fhirbridge.validation.quality.texts import iter_texts

FEWEST_WORDS = 30
"""A shorter text has no grade."""

HIGHEST_GRADE = 8.0
"""What a client's copy should not go beyond: most guides ask for grade 5 to 8."""

_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_SENTENCE = re.compile(r"[.!?;:]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")


def find_grade(texts: Iterable[str]) -> float | None:
    """Return the grade of some texts, each at least one sentence; None where they are too short to say.

    >>> find_grade(["The cat sat on the mat. It was a warm day and she slept in the sun."] * 2) < 2
    True
    """
    sentences = [part for text in texts for part in _SENTENCE.split(text) if _WORD.search(part)]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if len(words) < FEWEST_WORDS:
        return None
    syllables = sum(map(_syllables, words))
    return round(0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59, 1)


def _syllables(word: str) -> int:
    """Return about how many syllables an English word has: groups of vowels, a silent e at the end not counted."""
    folded = word.casefold().replace("'", "")
    count = len(_VOWELS.findall(folded))
    if folded.endswith("e") and not folded.endswith("le") and count > 1:
        count -= 1
    return max(count, 1)


_CLIENTS_COPY = re.compile(
    r"goals\[\d+\]\.objectives\[\d+\]\.(text|measure)|interventions\[\d+\]\.what|services\[\d+\]\.detail"
    r"|relapse_prevention\[\d+\]\.(text|warning_sign)|reaccess\.(contact|trigger|steps)"
)
"""Paths of the texts of a plan that others wrote and the client is to read and to act on."""


def find_client_grade(plan: Plan) -> float | None:
    """Return the grade of the client's copy of a plan; None where it is too short to say."""
    return find_grade([text for path, text in iter_texts(plan) if _CLIENTS_COPY.fullmatch(path)])


def hard_to_read(subject: Subject) -> Iterator[str]:
    """Yield the plan itself where its copy for the client is above `HIGHEST_GRADE`."""
    grade = find_client_grade(subject.record) if isinstance(subject.record, Plan) else None
    if grade is not None and grade > HIGHEST_GRADE:
        yield ""
