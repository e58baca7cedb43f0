"""What an expression can meet: it cannot be compiled, or it cannot be judged. Neither ever holds a data value."""

from __future__ import annotations


class CannotCompile(ValueError):
    """The expression is no FHIRPath, or names a function that is not known; the reason says what and where."""


class NotJudged(Exception):
    """The expression has no answer here; the reason is one short machine word.

    `resolve`: a reference leads nowhere known; `terminology`: a code could not be checked; `profile`: a profile is
    not known; `shape`: the value has not the shape its type has; `expression`: the expression asks for something that
    FHIRPath calls an error, such as comparing a text with a number; `units`: units that cannot be compared; `regex`:
    a pattern that cannot be matched in bounded time; `too-long`: more steps than allowed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
