"""Sets of characters as sorted ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable

Chars = tuple[tuple[int, int], ...]
"""Ranges from and to, both included, sorted and apart."""

_LAST = 0x10FFFF
ANY: Chars = ((0, _LAST),)
NONE: Chars = ()


def union(parts: Iterable[Chars]) -> Chars:
    """Return the characters of any of the sets.

    >>> union([((1, 3),), ((4, 9), (20, 20))])
    ((1, 9), (20, 20))
    """
    found: list[tuple[int, int]] = []
    for low, high in sorted(each for part in parts for each in part):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def inverse(chars: Chars) -> Chars:
    """Return every other character."""
    found, start = [], 0
    for low, high in chars:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, _LAST)) if start <= _LAST else tuple(found)


def is_apart(left: Chars, right: Chars) -> bool:
    """Say whether two sets share no character."""
    return all(high < low2 or high2 < low for low, high in left for low2, high2 in right)


def one(character: str) -> Chars:
    """Return the set of one character."""
    return ((ord(character), ord(character)),)


_DIGITS: Chars = ((48, 57),)
_WORD: Chars = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Chars = ((9, 13), (32, 32))
CLASSES: dict[str, Chars] = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACE,
    "D": inverse(_DIGITS),
    "W": inverse(_WORD),
    "S": inverse(_SPACE),
}
"""What a letter after a backslash stands for; ASCII only, as in Java and JavaScript."""
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0"}
