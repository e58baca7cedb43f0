"""Rows and paths: text in, parts with positions out. Knows nothing of schemas, files or codecs' meaning.

row  = left arrow right [ "|" codec-and-options ] [ "#" comment ]
left = path | 'text' | number | true | false
path = name { "." name } ; name may carry [], [0], [path=value], [name]
"""

from __future__ import annotations

import re
from dataclasses import replace

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import (
    Arrow,
    CodecCall,
    ConditionText,
    PathText,
    Place,
    RowText,
    Scalar,
    Selector,
    StepText,
)

_ROW = re.compile(
    r"(?P<left>'[^']*'|.+?)\s+(?P<arrow><=>|=>|<=|:=)\s+(?P<right>(?:\[[^\]]*\]|[^|\[])+)(?:\|(?P<tail>.*))?"
)
_NAME = re.compile(r"[^\W\d][\w-]*")
_ARROW_LIKE = re.compile(r"(?<=\s)(<?[-=~]{1,2}>|<[-=]{1,2}|[=:]{1,2}|<?[→↔←]>?)(?=\s)")
_ARROWS = frozenset({"<=>", "=>", "<=", ":="})
_GLUED_ARROW = re.compile(r"<=>|:=|=>|<=")
_MAX_ROW = 1_000
_MAX_INDEX = 999
_BRACKET = re.compile(r"\[(?P<inside>[^\]]*)\]")
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|(!=|=)|([^\s,'\"=!]+)|,")
_LITERALS: dict[str, Scalar] = {"true": True, "false": False}


class RowError(ValueError):
    """A row, path or option cannot be read. Carries the finding."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


def _fail(code: str, place: Place, message: str, hint: str = "") -> RowError:
    return RowError(finding(code, place, message, hint=hint))


def _selector(inside: str, place: Place) -> Selector:
    if inside == "":
        return Selector("each")
    if re.fullmatch("[0-9]{1,9}", inside) and int(inside) <= _MAX_INDEX:
        return Selector("index", index=int(inside))
    if "=" in inside:
        path, value = inside.split("=", 1)
        return Selector("where", path=parse_path(path.strip(), place).steps, value=value.strip().strip("'"))
    if _NAME.fullmatch(inside):
        return Selector("named", value=inside)
    hint = f"use [], [0] to [{_MAX_INDEX}], [path=value] or [name]"
    raise _fail("FB105", place, f"`[{inside}]` is no selector", hint)


def parse_path(text: str, place: Place) -> PathText:
    """Return the path that a text holds.

    Raises:
        RowError: FB105 at the column where reading stopped.
    """
    steps: list[StepText] = []
    position = 0
    while True:
        name = _NAME.match(text, position)
        if not name:
            at = replace(place, column=place.column + position)
            raise _fail("FB105", at, f"expected a name in path `{text}`", "a name begins with a letter")
        position = name.end()
        selectors: list[Selector] = []
        while bracket := _BRACKET.match(text, position):
            selectors.append(_selector(bracket["inside"], replace(place, column=place.column + position)))
            position = bracket.end()
        steps.append(StepText(name[0], tuple(selectors)))
        if position == len(text):
            return PathText(text, tuple(steps), place)
        if text[position] != ".":
            at = replace(place, column=place.column + position)
            raise _fail("FB105", at, f"unexpected `{text[position]}` in path `{text}`", _path_hint(text, position))
        position += 1


def _path_hint(text: str, position: int) -> str:
    """Return what to do about the character at which a path could not be read on."""
    rest = text[position:].strip()
    if text[position] in " \t" and _NAME.match(rest):
        return f"a codec stands behind a bar: {text[:position]} | {rest}"
    if text[position] == "[":
        return "close the bracket with ]"
    return "a path is names joined by points, such as plan.goals[].id"


def _literal(text: str) -> Scalar | None:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    if text in _LITERALS:
        return _LITERALS[text]
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def split_words(text: str) -> list[str]:
    """Return the words of a codec's tail; quoted words lose their quotes, commas only separate.

    >>> split_words("code plan-kind, else 'x y' when plan.a = 'b'")
    ['code', 'plan-kind', 'else', 'x y', 'when', 'plan.a', '=', 'b']
    """
    words = []
    for match in _WORD.finditer(text):
        if match[0] != ",":
            words.append(next(group for group in match.groups() if group is not None))
    return words


def parse_conditions(words: list[str], place: Place) -> tuple[ConditionText, ...]:
    """Return the comparisons of a `when`, which must all hold: `a.b`, `not a.b`, `a.b = x` or `!=`, joined by `and`.

    Raises:
        RowError: FB112.
    """
    conditions = []
    rest = words
    while rest:
        clause = rest[: rest.index("and")] if "and" in rest else rest
        rest = rest[len(clause) + 1 :]
        match clause:
            case [path]:
                conditions.append(ConditionText(parse_path(path, place), "exists"))
            case ["not", path]:
                conditions.append(ConditionText(parse_path(path, place), "missing"))
            case [path, "=", value]:
                conditions.append(ConditionText(parse_path(path, place), "=", value))
            case [path, "!=", value]:
                conditions.append(ConditionText(parse_path(path, place), "!=", value))
            case _:
                raise _fail("FB112", place, "`when` cannot be read", "write: when path = 'value' and other.path")
    return tuple(conditions)


def _take_option(words: list[str], name: str) -> tuple[list[str], list[str]]:
    if name not in words:
        return words, []
    at = words.index(name)
    return words[:at], words[at + 1 :]


def _options(tail: str, place: Place) -> tuple[list[str], str, list[str]]:
    """Return (the codec's words, the reason after `lossy`, the words after `when`)."""
    everything = split_words(tail)
    rest, lossy = _take_option(everything, "lossy")
    words, when = _take_option(rest, "when")
    if "lossy" in everything and len(lossy) != 1:
        raise _fail("FB107", place, "`lossy` takes one reason, in quotes", 'write it last: lossy "why"')
    if "when" in rest and not when:
        raise _fail("FB112", place, "`when` says nothing", "write: when path = 'value' and other.path")
    return words, "".join(lossy), when


def _without_comment(text: str) -> str:
    quote = ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and text[position - 1 : position].strip() == "":
            return text[:position].rstrip()
    return text.rstrip()


def _unreadable(code: str, place: Place) -> RowError:
    """Return the finding for a row that has no arrow, or not one of ours, or no blanks around it."""
    usual = "write: left.path <=> right.path | codec"
    if code.count("[") != code.count("]"):
        return _fail("FB104", place, "a bracket is not closed", "each [ needs its ]")
    if (wrong := _ARROW_LIKE.search(code)) and wrong[0] not in _ARROWS:
        at = replace(place, column=place.column + wrong.start())
        return _fail("FB104", at, f"`{wrong[0]}` is no arrow", "the arrows are <=> (both ways), =>, <= and :=")
    if glued := _GLUED_ARROW.search(code):
        at = replace(place, column=place.column + glued.start())
        return _fail("FB104", at, f"a path or blank is missing beside `{glued[0]}`", usual)
    return _fail("FB104", place, "the row cannot be read", usual)


def _misplaced_constant(left: str, arrow: str, right: str, place: Place) -> RowError:
    if arrow != ":=":
        return _fail("FB104", place, f"a constant takes the arrow `:=`, not `{arrow}`", f"write: {left} := {right}")
    word = left.strip("\"'")
    return _fail("FB104", place, "`:=` needs a constant on its left", f"quote it: '{word}' := {right}")


def parse_row(text: str, place: Place) -> RowText:
    """Return one row, with the place of each part.

    Raises:
        RowError: FB104, FB105 or FB112.
    """
    if len(text) > _MAX_ROW:
        raise _fail("FB104", place, f"the row is longer than {_MAX_ROW} characters")
    code = _without_comment(text)
    match = _ROW.fullmatch(code)
    if not match:
        raise _unreadable(code, place)
    left_text, right_text = match["left"].strip(), match["right"].strip()
    arrow: Arrow = match["arrow"]  # type: ignore[assignment]  # the pattern admits the four arrows only
    constant = _literal(left_text)
    if (arrow == ":=") != (constant is not None):
        raise _misplaced_constant(left_text, arrow, right_text, place)
    words, lossy, when = _options(match["tail"] or "", place)
    tail = match["tail"] or ""
    spaces = len(tail) - len(tail.lstrip())
    codec_place = replace(place, column=place.column + (match.start("tail") + spaces if tail else 0))
    return RowText(
        left=None if arrow == ":=" else parse_path(left_text, place),
        constant=constant,
        arrow=arrow,
        right=parse_path(right_text, replace(place, column=place.column + match.start("right"))),
        codec=CodecCall(words[0] if words else "copy", tuple(words[1:]), codec_place),
        when=parse_conditions(when, codec_place),
        lossy=lossy,
        text=code.strip(),
        place=place,
    )
