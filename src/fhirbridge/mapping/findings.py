"""The findings of `check`: one table of stable codes, and how a finding is made.

Laws of this file: a code never changes its meaning; every finding names its place; the hint says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from fhirbridge.errors import Fix, Issue
from fhirbridge.mapping.model import Place

_LONGEST_WORD = 80
_MANY = 200
"""Of more words only those that begin alike, and are about as long, are compared."""
_NEAR, _SURE = 0.6, 0.8
"""How like a word must be to be named; how like one alone must be for the others beside it not to count."""

Stage = Literal["text", "binding", "check", "folder"]
TEXT: Stage = "text"
BINDING: Stage = "binding"
CHECK: Stage = "check"
FOLDER: Stage = "folder"


@dataclass(frozen=True, slots=True)
class Rule:
    """One code: its sentence, the stage that finds it, how grave it is, whether `ignore[CODE] reason` may hide it.

    Stages: `text` reads the file, `binding` meets the schemas, `check` looks at a map that binds, `folder` at all maps.
    Only what leaves a map that can be run, and has no better way to be said in the map, can be ignored.
    """

    sentence: str
    stage: Stage
    severity: Literal["error", "warning"] = "error"
    ignorable: bool = False


RULES: dict[str, Rule] = {
    "FB101": Rule("The file is not readable YAML.", TEXT),
    "FB102": Rule("The envelope has a key that no map has.", TEXT),
    "FB103": Rule("The envelope lacks a key that every map needs, or holds the wrong kind of value.", TEXT),
    "FB104": Rule("The row cannot be read: LEFT ARROW RIGHT | CODEC.", TEXT),
    "FB105": Rule("The path cannot be read.", TEXT),
    "FB106": Rule("There is no such codec.", BINDING),
    "FB107": Rule("The codec's arguments are wrong.", TEXT),
    "FB108": Rule("There is no such code table.", BINDING),
    "FB109": Rule("The code table cannot be read.", TEXT),
    "FB110": Rule("There is no such block or reference target.", BINDING),
    "FB111": Rule("There is no such fragment, schema or other file.", TEXT),
    "FB112": Rule("`make` or `when` cannot be read.", TEXT),
    "FB113": Rule("There is no such extension.", BINDING),
    "FB114": Rule("A fragment's parameter is missing, unknown or unused.", TEXT),
    "FB115": Rule("A test beside the map cannot be read.", CHECK),
    "FB116": Rule("An overlay's base does not exist, or the chain of `extends:` has no end or is too long.", TEXT),
    "FB117": Rule("An overlay removes what its base does not have.", TEXT),
    "FB118": Rule("An overlay changes a block that its base does not have, or makes one that it has.", TEXT),
    "FB119": Rule("An overlay says two things of one right path.", TEXT),
    "FB120": Rule("A test names what its map does not read or make.", CHECK),
    "FB121": Rule("A character stands in the line that nobody sees.", TEXT, "warning", ignorable=True),
    "FB122": Rule("A comment is a row that does not run.", TEXT, "warning", ignorable=True),
    "FB123": Rule("An `ignore[...]` comment cannot be read, or gives no reason.", TEXT),
    "FB124": Rule("An `ignore[...]` comment names a code that does not exist.", TEXT),
    "FB125": Rule("An `ignore[...]` comment hides nothing.", FOLDER, "warning"),
    "FB126": Rule("An `ignore[...]` comment names a finding that cannot be ignored.", FOLDER),
    "FB127": Rule("The version is missing, or is not MAJOR.MINOR.PATCH.", TEXT, "warning", ignorable=True),
    "FB128": Rule("The map is not named like its file.", TEXT, "warning", ignorable=True),
    "FB129": Rule("No map uses the file.", FOLDER, "warning", ignorable=True),
    "FB201": Rule("The left path is not in the record's schema.", BINDING),
    "FB202": Rule("The right path is not in the target's definition.", BINDING),
    "FB203": Rule("A list needs `[]`, `[0]` or a selector.", BINDING),
    "FB204": Rule("A single value takes no selector.", BINDING),
    "FB205": Rule("Left and right do not have the same number of `[]`.", BINDING),
    "FB206": Rule("The codec does not fit the types.", BINDING),
    "FB207": Rule("Two rows write the same right path.", CHECK, ignorable=True),
    "FB208": Rule("Two rows write the same left path on the way back.", CHECK, ignorable=True),
    "FB209": Rule("A required element has no row.", CHECK),
    "FB210": Rule("A constant is not a code, or not of the type, that may stand there.", BINDING),
    "FB211": Rule("A table's target is not a code the target allows.", CHECK),
    "FB212": Rule("A two-way table is not one-to-one and names no way back.", CHECK),
    "FB213": Rule("A field is neither mapped nor ignored.", CHECK),
    "FB214": Rule("An ignored field is not in the schema, or is mapped all the same.", CHECK),
    "FB215": Rule("A reference may not point at that type.", BINDING),
    "FB216": Rule("A table or system is declared and never used.", CHECK, ignorable=True),
    "FB217": Rule("A required field has no way back.", CHECK),
    "FB218": Rule("A table has a source code that the left side has not, or lacks one.", CHECK, ignorable=True),
    "FB219": Rule("An expression compares or joins what cannot be compared or joined.", BINDING),
    "FB220": Rule("A default stands where none can be, or has no honest way back.", BINDING),
    "FB221": Rule("An expression joins fields of different data classes.", BINDING),
    "FB222": Rule("A document does not carry its key, so nothing comes back to its place.", CHECK),
    "FB223": Rule("An overlay's row says what its base says already.", TEXT),
    "FB230": Rule("An object is written whole, and a part of it again.", CHECK, ignorable=True),
    "FB231": Rule("A row writes another value where a selector has set one.", CHECK),
    "FB232": Rule("Two types of one choice, such as value[x], are written.", CHECK),
    "FB233": Rule("The items of one list are named in two ways.", CHECK, "warning", ignorable=True),
    "FB234": Rule("An index leaves a hole in a list.", CHECK, "warning", ignorable=True),
    "FB235": Rule("Two rows write the same right path under the same condition.", CHECK),
    "FB236": Rule("A condition can never hold.", CHECK, "warning", ignorable=True),
    "FB237": Rule("A condition always holds.", CHECK, "warning", ignorable=True),
    "FB238": Rule("A text or number stands as a truth, and may mean no.", CHECK, "warning", ignorable=True),
    "FB239": Rule("A required element may be left out: its field is optional.", CHECK, "warning", ignorable=True),
    "FB240": Rule("The key of a block may be missing.", CHECK, "warning", ignorable=True),
    "FB241": Rule("A field goes right and never comes back.", CHECK, "warning", ignorable=True),
    "FB242": Rule("A row calls itself lossy and loses nothing.", CHECK, "warning", ignorable=True),
    "FB243": Rule("A default is never used.", CHECK, "warning", ignorable=True),
    "FB244": Rule("The target takes less than the field may hold.", CHECK, "warning", ignorable=True),
    "FB245": Rule("Words are written where a code stands.", CHECK, "warning", ignorable=True),
    "FB246": Rule("A codec changes words that the schema calls verbatim.", CHECK),
    "FB247": Rule("The schema writes the date in another way than the codec reads it.", CHECK),
    "FB248": Rule("A reference may point at a block that is not made.", CHECK, "warning", ignorable=True),
    "FB249": Rule("A reference names a block that is made for other items.", CHECK, "warning", ignorable=True),
    "FB250": Rule("Two blocks give out keys under one name.", CHECK, "warning", ignorable=True),
    "FB251": Rule("Two blocks make the same thing.", CHECK, "warning", ignorable=True),
    "FB252": Rule("A resource has no data class.", CHECK, "warning", ignorable=True),
    "FB253": Rule("A directory entry carries data of a person.", CHECK),
    "FB254": Rule("A counselling note is sent out.", CHECK),
    "FB255": Rule("A condition tells of a field of another data class.", CHECK, "warning", ignorable=True),
    "FB256": Rule("The profile is for another resource type.", CHECK),
    "FB257": Rule("The profile is not known here.", CHECK, "warning", ignorable=True),
    "FB258": Rule("`profiles:` names a block that the map does not have.", CHECK),
    "FB259": Rule("The profile demands an element that no row writes.", CHECK),
    "FB260": Rule("The profile demands an extension or item that no row makes.", CHECK),
    "FB261": Rule("The profile allows no such element or type.", CHECK),
    "FB262": Rule("A value contradicts the one that the profile fixes.", CHECK),
    "FB263": Rule("The profile allows no reference to that type.", CHECK),
    "FB264": Rule("An element that the profile supports has no row.", CHECK, "warning", ignorable=True),
    "FB265": Rule("Rows write more items than the profile allows.", CHECK),
    "FB266": Rule("An extension stands where it does not belong.", CHECK),
    "FB267": Rule("A part of the value that the profile fixes is not written.", CHECK),
    "FB268": Rule("The map has a zone and no times.", CHECK, "warning", ignorable=True),
    "FB269": Rule("A policy can never apply.", CHECK, "warning", ignorable=True),
    "FB270": Rule("A field is ignored whole and mapped in part.", CHECK, "warning", ignorable=True),
    "FB271": Rule("A field is ignored twice.", CHECK, "warning", ignorable=True),
    "FB272": Rule("Two maps take the same thing to the same thing.", FOLDER, "warning", ignorable=True),
    "FB273": Rule("A table or system is declared under two names.", CHECK, "warning", ignorable=True),
    "FB274": Rule("A system is no absolute URI.", CHECK, "warning", ignorable=True),
    "FB275": Rule("Of a list only numbered items are read.", CHECK, "warning", ignorable=True),
    "FB277": Rule("A code or number has no system beside it.", CHECK, "warning", ignorable=True),
    "FB278": Rule("No map gives out keys under the name that a reference uses.", FOLDER, "warning", ignorable=True),
    "FB279": Rule("The map makes nothing.", CHECK),
}


class Suggestion(str):
    """A hint that names one replacement and no other: `old` is surely meant to be `new`."""

    old: str
    new: str

    @classmethod
    def of(cls, old: str, new: str, text: str) -> Suggestion:
        """Return the suggestion to write one word for another, told in a text."""
        made = cls(text)
        made.old, made.new = old, new
        return made


def finding(code: str, place: Place, message: str, *, hint: str = "", fix: Fix | None = None) -> Issue:
    """Return one finding with its place; a hint that is a suggestion becomes its fix."""
    rule = RULES[code]
    if fix is None and isinstance(hint, Suggestion):
        fix = Fix(hint.old, hint.new)
    return Issue(
        code,
        printable(message),
        severity=rule.severity,
        rule=rule.sentence,
        location=printable(str(place)),
        hint=printable(str(hint)),
        fix=fix,
    )


def printable(text: str) -> str:
    """Return a text in which no sign can move a terminal's cursor or forge a line; `?` stands for each.

    >>> printable("a\x1b[2J b")
    'a?[2J b'
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known words, or with the known ones when they are few.

    A word too long to be a slip is not compared: comparing takes the square of its length.

    >>> did_you_mean("statsu", ["status", "subject"])
    'did you mean status?'
    """
    if len(word) > _LONGEST_WORD:
        return ""
    pool = {each for each in known if len(each) <= _LONGEST_WORD}
    if len(pool) > _MANY:
        pool = {each for each in pool if each[:1] == word[:1] and abs(len(each) - len(word)) <= 2}
    choices = sorted(pool)[:_MANY]
    folded = {choice.casefold(): choice for choice in reversed(choices)}
    near = [folded[each] for each in get_close_matches(word.casefold(), folded, n=3, cutoff=_NEAR)]
    nearest = get_close_matches(word.casefold(), [each.casefold() for each in near], n=2, cutoff=_SURE)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
        is_sure = len(near) == 1 or len(nearest) == 1
        return Suggestion.of(word, near[0], hint) if is_sure else hint
    return f"known: {', '.join(choices)}" if 0 < len(choices) <= 12 else ""
