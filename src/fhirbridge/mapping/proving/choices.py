"""Where generated data takes its decisions from: a small interface, with a test library behind it.

Laws of this file: 0, the first option and "no" are the simplest, so that whoever shrinks an example shrinks towards
little data.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol, TypeVar

Option = TypeVar("Option")


class Choices(Protocol):
    """Decides: each call is one decision."""

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        ...


def pick(choices: Choices, options: Sequence[Option]) -> Option:
    """Return one of the options; the first is the simplest."""
    return options[choices.integer(0, len(options) - 1)]


def is_yes(choices: Choices) -> bool:
    """Return yes or no."""
    return choices.integer(0, 1) == 1


def picks(choices: Choices, *sizes: int) -> list[int]:
    """Return a number below each size, all of one decision: cheaper than one each, and simple together.

    The product of the sizes stays below 2 ** 24, up to which a decision is even.
    """
    number = choices.integer(0, prod(sizes) - 1)
    chosen = []
    for size in sizes:
        number, one = divmod(number, size)
        chosen.append(one)
    return chosen


_AT_ONCE = 16


def some(choices: Choices, names: Sequence[str]) -> frozenset[str]:
    """Return some of the names: none is the simplest."""
    chosen: set[str] = set()
    for first in range(0, len(names), _AT_ONCE):
        part = names[first : first + _AT_ONCE]
        mask = choices.integer(0, 2 ** len(part) - 1)
        chosen.update(name for position, name in enumerate(part) if mask >> position & 1)
    return frozenset(chosen)
