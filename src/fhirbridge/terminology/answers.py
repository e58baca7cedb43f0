"""What the terminology service says of a code: in, out, or not checked and why.

Laws of this file: three truths, never two: what cannot be known is a reason, and a reason is never true and never
false. Every reason stands in `REASONS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Known = bool | str
"""True, False, or the reason (a key of `REASONS`) why it cannot be known."""

VALUE_SET_UNKNOWN = "value-set-unknown"
VERSION_UNKNOWN = "version-unknown"
SYSTEM_UNKNOWN = "system-unknown"
FRAGMENT = "fragment"
WITHHELD = "codes-withheld"
UNLISTED = "unlisted"
FILTER = "filter"
PATTERN = "pattern"
CYCLE = "cycle"
TOO_DEEP = "too-deep"
NOT_READABLE = "not-readable"
EMPTY = "empty"
TOO_COSTLY = "too-costly"
NOT_LISTED = "not-listed"
NOT_IN_SET = "not-in-set"
SYSTEM_NOT_IN_SET = "system-not-in-set"
CODE_UNKNOWN = "code-unknown"
ABSTRACT = "abstract"
INACTIVE = "inactive"

REASONS = {
    VALUE_SET_UNKNOWN: "the value set is not loaded",
    VERSION_UNKNOWN: "this version of the code system or value set is not loaded",
    SYSTEM_UNKNOWN: "the code system is not loaded",
    FRAGMENT: "only a part of the code system is loaded, and the code is not in it",
    WITHHELD: "the value set lists codes that may not be shipped; load the package that holds them",
    UNLISTED: "the code is well formed; whether it is registered is not known here",
    FILTER: "the value set has a filter that cannot be applied to what is loaded",
    PATTERN: "the value set has a regular expression beyond what is supported",
    CYCLE: "the value set includes itself",
    TOO_DEEP: "value sets include each other too deep",
    NOT_READABLE: "the resource is not well formed",
    EMPTY: "the value set does not say what is in it",
    TOO_COSTLY: "the value set has more codes than are listed in one go; ask for a page by count, or filter",
    NOT_LISTED: "the code system is a grammar: its codes cannot be listed",
    NOT_IN_SET: "the code is not in the value set",
    SYSTEM_NOT_IN_SET: "the value set has no codes of this code system",
    CODE_UNKNOWN: "the code system has no such code",
    ABSTRACT: "the code is in, but is there to group others, not to be chosen",
    INACTIVE: "the code is in, but is no longer in use",
}
"""What each reason means, as the middle of a sentence."""


class NotKnown(ValueError):
    """What is loaded does not tell; the text is the reason, a key of `REASONS`."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A code to ask about. An empty `system` stands for a value of the type code: any system of the value set."""

    system: str = ""
    code: str = ""
    display: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one coding.

    Attributes:
        outcome: `not-checked` says that what is loaded does not tell.
        reason: a key of `REASONS`; with `in` it is empty, `abstract` or `inactive`.
        display: `none` where the coding has no display, or its code system is not loaded or has no displays of its own
            (a unit, a language): another one may be right.
        expected: the display that the code system has, where one is known.
    """

    outcome: Literal["in", "out", "not-checked"]
    reason: str = ""
    display: Literal["ok", "wrong", "none"] = "none"
    expected: str = ""


def any_known(answers: Iterable[Known]) -> Known:
    """Return True if one is true, else the first reason, else False.

    >>> any_known([False, "filter", True]), any_known([False, "filter"]), any_known([])
    (True, 'filter', False)
    """
    found: Known = False
    for answer in answers:
        if answer is True:
            return True
        found = found or answer
    return found


def all_known(answers: Iterable[Known]) -> Known:
    """Return False if one is false, else the first reason, else True.

    >>> all_known([True, "filter", False]), all_known([True, "filter"]), all_known([])
    (False, 'filter', True)
    """
    found: Known = True
    for answer in answers:
        if answer is False:
            return False
        found = answer if found is True else found
    return found


def negated(answer: Known) -> Known:
    """Return the opposite; what is not known stays so."""
    return not answer if isinstance(answer, bool) else answer


def is_same_display(one: str, other: str) -> bool:
    """Say whether two displays are one but for case and blanks.

    >>> is_same_display("Food  insecurity", "FOOD INSECURITY ")
    True
    """
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
