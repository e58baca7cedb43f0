"""Proves that each next character leaves a backtracking engine one way to go, and writes the pattern for it.

Such a pattern is matched in time that grows with the text alone: a wrong choice fails at its first character.
Source: Brüggemann-Klein and Wood, One-Unambiguous Regular Languages, 1998
"""

from __future__ import annotations

from functools import lru_cache

from fhirbridge.fhir.fhirpath.regexes.chars import NONE, Chars, is_apart, union
from fhirbridge.fhir.fhirpath.regexes.tree import Edge, Either, Group, Loop, Node, Row, Set


def is_determined(node: Node, after: Chars = NONE) -> bool:
    """Say whether there is never more than one way to go on; `after` is what may follow the node."""
    if isinstance(node, Row):
        for part in reversed(node.parts):
            if not is_determined(part, after):
                return False
            after = _first_then(part, after)
        return True
    if isinstance(node, Either):
        starts = [_first_then(part, after) for part in node.parts]
        apart = all(is_apart(one, other) for place, one in enumerate(starts) for other in starts[:place])
        return apart and all(is_determined(part, after) for part in node.parts)
    if isinstance(node, Loop):
        return _is_determined_loop(node, after)
    return is_determined(node.part, after) if isinstance(node, Group) else True


def _is_determined_loop(node: Loop, after: Chars) -> bool:
    first = first_of(node.part)
    if can_be_empty(node.part) or (node.least != node.most and not is_apart(first, after)):
        return False
    return is_determined(node.part, union([first, after]))


def _first_then(node: Node, after: Chars) -> Chars:
    return union([first_of(node), after]) if can_be_empty(node) else first_of(node)


@lru_cache(maxsize=4096)
def first_of(node: Node) -> Chars:
    """Return the characters that can come first in what a node matches."""
    if isinstance(node, Set):
        return node.chars
    if isinstance(node, Edge):
        return NONE
    if isinstance(node, Either):
        return union(first_of(part) for part in node.parts)
    if isinstance(node, Row):
        found: list[Chars] = []
        for part in node.parts:
            found.append(first_of(part))
            if not can_be_empty(part):
                break
        return union(found)
    return first_of(node.part)


@lru_cache(maxsize=4096)
def can_be_empty(node: Node) -> bool:
    """Say whether a node matches the empty text in the middle of one; nothing follows the end of a text."""
    if isinstance(node, Row):
        return all(can_be_empty(part) for part in node.parts)
    if isinstance(node, Either):
        return any(can_be_empty(part) for part in node.parts)
    if isinstance(node, Loop):
        return node.least == 0 or can_be_empty(node.part)
    return can_be_empty(node.part) if isinstance(node, Group) else isinstance(node, Edge) and node.mark == "^"


def is_anchored(node: Node) -> bool:
    """Say whether a match can only be at the start of the text."""
    if isinstance(node, Row):
        return bool(node.parts) and is_anchored(node.parts[0])
    if isinstance(node, Either):
        return all(is_anchored(part) for part in node.parts)
    return is_anchored(node.part) if isinstance(node, Group) else isinstance(node, Edge) and node.mark == "^"


def written(node: Node) -> str:
    """Return the pattern as Python's engine reads it, with groups kept."""
    if isinstance(node, Set):
        return "[" + "".join(f"{_char(low)}-{_char(high)}" for low, high in node.chars) + "]" if node.chars else "(?!)"
    if isinstance(node, Edge):
        return r"\A" if node.mark == "^" else r"\Z"
    if isinstance(node, Row):
        return "".join(written(part) for part in node.parts)
    if isinstance(node, Either):
        return "(?:" + "|".join(written(part) for part in node.parts) + ")"
    if isinstance(node, Group):
        return f"({written(node.part)})"
    most = "" if node.most is None else node.most
    return f"(?:{written(node.part)}){{{node.least},{most}}}{node.mark}"


def _char(point: int) -> str:
    return f"\\U{point:08x}"
