"""The findings of `check`: one table of stable codes, and how a finding is made.

Laws of this file: a code never changes its meaning; every finding names its place; the hint says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from fhirbridge.errors import Issue
from fhirbridge.mapping.model import Place

_LONGEST_WORD = 80

RULES: dict[str, str] = {
    "FB101": "The file is not readable YAML.",
    "FB102": "The envelope has a key that no map has.",
    "FB103": "The envelope lacks a key that every map needs, or holds the wrong kind of value.",
    "FB104": "The row cannot be read: LEFT ARROW RIGHT | CODEC.",
    "FB105": "The path cannot be read.",
    "FB106": "There is no such codec.",
    "FB107": "The codec's arguments are wrong.",
    "FB108": "There is no such code table.",
    "FB109": "The code table cannot be read.",
    "FB110": "There is no such block or reference target.",
    "FB111": "There is no such fragment, schema or other file.",
    "FB112": "`make` or `when` cannot be read.",
    "FB113": "There is no such extension.",
    "FB114": "A fragment's parameter is missing, unknown or unused.",
    "FB201": "The left path is not in the record's schema.",
    "FB202": "The right path is not in the target's definition.",
    "FB203": "A list needs `[]`, `[0]` or a selector.",
    "FB204": "A single value takes no selector.",
    "FB205": "Left and right do not have the same number of `[]`.",
    "FB206": "The codec does not fit the types.",
    "FB207": "Two rows write the same right path.",
    "FB208": "Two rows write the same left path on the way back.",
    "FB209": "A required element has no row.",
    "FB210": "A constant is not a code, or not of the type, that may stand there.",
    "FB211": "A table's target is not a code the target allows.",
    "FB212": "A two-way table is not one-to-one and names no way back.",
    "FB213": "A field is neither mapped nor ignored.",
    "FB214": "An ignored field is not in the schema, or is mapped all the same.",
    "FB215": "A reference may not point at that type.",
    "FB216": "A table or system is declared and never used.",
    "FB217": "A required field has no way back.",
    "FB218": "A table's source is not a code the left side has, or one is missing from the table.",
    "FB219": "An expression compares or joins what cannot be compared or joined.",
    "FB220": "A default stands where none can be, or has no honest way back.",
    "FB221": "An expression joins fields of different data classes.",
}


def finding(code: str, place: Place, message: str, *, hint: str = "", rule: str = "") -> Issue:
    """Return one finding with its place."""
    return Issue(code, message, severity="error", rule=rule or RULES[code], location=str(place), hint=hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known words, or with the known ones when they are few.

    A word too long to be a slip is not compared: comparing takes the square of its length.

    >>> did_you_mean("statsu", ["status", "subject"])
    'did you mean status?'
    """
    choices = sorted(set(known))
    if len(word) > _LONGEST_WORD:
        return ""
    folded = {choice.casefold(): choice for choice in reversed(choices)}
    near = [folded[each] for each in get_close_matches(word.casefold(), folded, n=3, cutoff=0.6)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(choices)}" if 0 < len(choices) <= 12 else ""
