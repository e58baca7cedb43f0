"""What fills a required place that no field goes to: a neighbour's number, or a constant that claims little."""

from __future__ import annotations

from collections.abc import Sequence

from fhirbridge.mapping.binding.kinds import date_kind, kind_of
from fhirbridge.mapping.proposals.draft import DraftRow
from fhirbridge.mapping.proposals.fitting import UNSURE, claims_least
from fhirbridge.mapping.proposals.matching import Pair
from fhirbridge.mapping.proposals.places import Place

NO_DATE = "1900-01-01"
"""Stands for a date that the sample does not hold; nobody takes it for a true one."""
NO_WORDS = "REVIEW"
"""Stands for words that the sample does not hold."""
NO_FIELD = "no field"
"""How the note of a constant begins that stands for what the sample does not hold."""
_KEYS = ("id", "number")
_WORDS = ("name", "text", "what", "title")
_HINTS = {
    "custody": frozenset(
        {"jail", "prison", "inmate", "prisoner", "detainee", "booking", "cell", "facility", "custody"}
    ),
    "supervision": frozenset({"probation", "parole", "officer", "office", "supervision", "probationer", "parolee"}),
}
"""Code -> words in the names of a sample that speak for it."""


def stand_in(place: Place, own: Sequence[Pair], words: frozenset[str], *, is_needed: bool) -> DraftRow | None:
    """Return the row that fills a required place without a field of its own; None where none should.

    Args:
        own: what was found for its neighbours.
        words: in the names of the sample.
        is_needed: whether the record is not whole without it.
    """
    if row := _from_neighbour(place, own):
        return row
    codes = place.shape.codes
    if not is_needed and not codes & set(UNSURE):
        return None
    if codes:
        told = {code: len(_HINTS[code] & words) for code in sorted(codes) if code in _HINTS}
        code = max(told, key=lambda code: told[code]) if any(told.values()) else claims_least(codes)
        return constant(f"'{code}'", place.path, f"{NO_FIELD} says which of the codes it is")
    return constant(_nothing(place), place.path, f"{NO_FIELD} for it; decide what to write")


def constant(literal: str, right: str, note: str) -> DraftRow:
    """Return a row that writes a constant."""
    return DraftRow(literal, ":=", right, note=note)


def _nothing(place: Place) -> str:
    if date_kind(place.shape):
        return f"'{NO_DATE}'"
    return {"boolean": "false", "integer": "0", "number": "0"}.get(kind_of(place.shape), f"'{NO_WORDS}'")


def _from_neighbour(place: Place, own: Sequence[Pair]) -> DraftRow | None:
    """Return a row that writes a number from a neighbour's words, or a name from a neighbour's number."""
    wanted = _WORDS if place.name in _KEYS else _KEYS if place.name == "name" else ()
    near = next((pair for name in wanted for pair in own if pair.place.name == name), None)
    if near is None or near.source.field.type != "string":
        return None
    return DraftRow(
        near.source.path, "=>", place.path, note=f"no {place.name} of its own, the {near.place.name} stands in"
    )
