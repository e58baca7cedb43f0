"""Rows for an object of the right side and all objects in it: whole, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from fhirbridge.mapping.proposals.draft import DraftRow
from fhirbridge.mapping.proposals.matching import Pair
from fhirbridge.mapping.proposals.places import Group, Place
from fhirbridge.mapping.proposals.standing_in import stand_in

OWN_RULES = ("id", "client.", "identifiers[0].", "telecoms[0].")
"""Places that are filled not by likeness but by the numbers of the person and the ways to reach them."""


def has_own_rule(path: str) -> bool:
    """Say whether a place is filled by a rule of its own."""
    return any(path == each or (each.endswith(".") and path.startswith(each)) for each in OWN_RULES)


def whole(group: Group, pairs: Sequence[Pair], words: frozenset[str], *, is_needed: bool) -> list[DraftRow] | None:
    """Return the rows of an object and of the objects in it; nothing where no field goes there.

    Args:
        words: in the names of the sample.
        is_needed: whether it must be there even if no field goes there.

    Returns:
        None where something required is missing for which nothing can stand in.
    """
    own = [pair for place in group.places for pair in pairs if pair.place is place]
    below = [whole(inner, pairs, words, is_needed=False) for inner in group.groups]
    if not (own or any(below) or is_needed):
        return []
    stood = [stand_in(place, own, words, is_needed=is_needed) for place in _missing(group, own)]
    for position, inner in enumerate(group.groups):
        if not below[position] and inner.is_needed and not has_own_rule(inner.path):
            below[position] = whole(inner, pairs, words, is_needed=True) if is_needed else None
            stood += [None] if below[position] is None else []
    if any(row is None for row in stood):
        return None
    return [*map(row_of, own), *(row for row in stood if row), *(row for rows in below for row in rows or ())]


def _missing(group: Group, own: Sequence[Pair]) -> list[Place]:
    filled = {id(pair.place) for pair in own}
    required = (place for place in group.places if place.shape.is_required)
    return [place for place in required if id(place) not in filled and not has_own_rule(place.path)]


def row_of(pair: Pair) -> DraftRow:
    """Return the row that a pair stands for."""
    note = f"name {pair.score:.2f}, {pair.join.note}"
    return DraftRow(pair.source.path, "<=>", pair.right, note, join=pair.join)
