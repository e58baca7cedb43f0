"""How a field of a sample could be brought to a place on the right: the codec, the code table, what is unsure.

Laws of this file: what the types cannot bear is not proposed; a code that is guessed is marked as a guess.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from fhirbridge.mapping.binding.kinds import date_kind, kind_of
from fhirbridge.mapping.proposals.looks import find_dates, find_flag, is_closed, is_whole
from fhirbridge.mapping.proposals.sample import Field
from fhirbridge.mapping.proposals.words import words_of
from fhirbridge.mapping.shapes import Shape

KEYS = frozenset({"id", "number", "system", "value", "code", "category"})
"""Names of places that hold keys and codes as they come, not words."""
UNSURE = ("unknown", "other")
"""Codes that claim nothing."""
_ALIKE = 0.6
_SAME = {
    "f": "female",
    "m": "male",
    "w": "female",
    "x": "other",
    "u": "unknown",
    "n/a": "unknown",
    "na": "no-answer",
    "y": "yes",
    "n": "no",
    "neg": "negative",
    "pos": "positive",
}


@dataclass(frozen=True, slots=True)
class CodeGuess:
    """One line of a code table: the partner's code, ours, and whether nothing spoke for it."""

    source: str
    target: str
    is_guess: bool


@dataclass(frozen=True, slots=True)
class Join:
    """How a field comes to a place.

    Attributes:
        codec: as a row writes it; `code` alone where a table is wanted.
        codes: the lines of that table.
        closed: the codes that the schema may list, where the sample shows them over and over.
        format: how dates are written, for the schema's description.
        needs_zone: whether the map must name a zone.
        is_ambiguous: whether the texts could be read in another way too.
        note: what somebody has to look at.
    """

    codec: str = ""
    codes: tuple[CodeGuess, ...] = ()
    closed: tuple[str, ...] = ()
    format: str = ""
    needs_zone: bool = False
    is_ambiguous: bool = False
    note: str = "type ok"


def fit(found: Field, name: str, shape: Shape, votes: Collection[str] = ()) -> Join | None:
    """Return how a field comes to a place, None where its type cannot.

    Args:
        name: of the place, its last word.
        votes: date formats that other fields of the sample can only be read by.
    """
    if shape.codes:
        return _coded(found, shape)
    if wanted := date_kind(shape):
        return _dated(found, wanted, votes)
    kind = kind_of(shape)
    if kind == "string":
        return _text(found, name)
    if kind == "boolean" and found.type == "string":
        return _flagged(found)
    if kind in ("integer", "number") and found.type == "string":
        return Join("integer") if kind == "integer" and is_whole(found) else None
    is_same = found.type == kind or (found.type, kind) == ("integer", "number")
    return Join() if is_same else None


def _text(found: Field, name: str) -> Join | None:
    if found.type != "string":
        return None
    return Join("" if name in KEYS else "verbatim")


def _dated(found: Field, wanted: str, votes: Collection[str]) -> Join | None:
    look = find_dates(found, votes)
    if look is None or (look.has_time and wanted == "date"):
        return None
    codec = wanted if look.has_time or not look.format else "date"
    if wanted == "datetime" and look.format and not look.has_time:
        return None
    written = f'"{look.format}"' if " " in look.format else look.format
    note = f"dates read as {look.format or 'YYYY-MM-DD'}"
    if look.also:
        note = f"{note}, but {look.also} is possible too"
    needs_zone = look.has_time and not look.is_zoned
    return Join(
        f"{codec} {written}".strip(), format=look.format, needs_zone=needs_zone, is_ambiguous=bool(look.also), note=note
    )


def _flagged(found: Field) -> Join | None:
    words = find_flag(found)
    if words is None:
        return None
    shown = " ".join(f'"{word}"' if " " in word else word for word in words)
    unseen = "" if len(found.texts) == 2 else ", only one of the two words is in the sample"
    return Join(f"flag {shown}", closed=words if is_closed(found) else (), note=f"type ok{unseen}")


def _coded(found: Field, shape: Shape) -> Join | None:
    if found.type != "string" or not found.texts:
        return None
    closed = tuple(sorted(found.texts)) if is_closed(found) else ()
    if closed and shape.codes >= set(closed):
        return Join(closed=closed, note="the same codes on both sides")
    codes = tuple(guess_code(text, shape.codes) for text in sorted(found.texts))
    guesses = sum(code.is_guess for code in codes)
    note = f"{guesses} of {len(codes)} codes are guesses, see the table" if guesses else "codes alike, see the table"
    return Join("code", codes=codes, closed=closed, note=note)


def guess_code(text: str, codes: Iterable[str]) -> CodeGuess:
    """Return the code that a partner's code is most like; a guess where nothing is alike."""
    known = sorted(codes)
    plain = "-".join(words_of(text))
    same = _SAME.get(text.casefold(), plain)
    if same in known:
        return CodeGuess(text, same, is_guess=False)
    begun = [code for code in known if plain and (code.startswith(plain) or plain.startswith(code))]
    if len(begun) == 1:
        return CodeGuess(text, begun[0], is_guess=False)
    short = [code for code in known if len(plain) > 1 and _is_short_for(plain, code)]
    if len(short) == 1:
        return CodeGuess(text, short[0], is_guess=False)
    nearest = max(known, key=lambda code: SequenceMatcher(None, plain, code).ratio())
    if SequenceMatcher(None, plain, nearest).ratio() >= _ALIKE:
        return CodeGuess(text, nearest, is_guess=False)
    return CodeGuess(text, claims_least(known), is_guess=True)


def _is_short_for(short: str, code: str) -> bool:
    """Say whether the letters of a short code stand in another, in their order, from the first on."""
    letters = iter(code)
    return short[0] == code[0] and all(letter in letters for letter in short)


def claims_least(codes: Iterable[str]) -> str:
    """Return the code that claims least: unknown or other where there is one, else the first."""
    known = sorted(codes)
    return next((code for code in UNSURE if code in known), known[0])
