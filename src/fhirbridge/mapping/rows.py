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
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
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
    if inside.isdigit():
        return Selector("index", index=int(inside))
    if "=" in inside:
        path, value = inside.split("=", 1)
        return Selector("where", path=parse_path(path.strip(), place).steps, value=value.strip().strip("'"))
    if _NAME.fullmatch(inside):
        return Selector("named", value=inside)
    raise _fail("FB105", place, f"`[{inside}]` is no selector", "use [], [0], [path=value] or [name]")


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
            raise _fail("FB105", at, f"expected a name in path `{text}`")
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
            raise _fail("FB105", at, f"unexpected `{text[position]}` in path `{text}`")
        position += 1


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


def parse_row(text: str, place: Place) -> RowText:
    """Return one row, with the place of each part.

    Raises:
        RowError: FB104, FB105 or FB112.
    """
    code = _without_comment(text)
    match = _ROW.fullmatch(code)
    if not match:
        raise _fail("FB104", place, "the row cannot be read", "write: left.path <=> right.path | codec")
    left_text, right_text = match["left"].strip(), match["right"].strip()
    arrow: Arrow = match["arrow"]  # type: ignore[assignment]  # the pattern admits the four arrows only
    constant = _literal(left_text) if arrow == ":=" else None
    if arrow == ":=" and constant is None:
        raise _fail("FB104", place, "`:=` needs a constant on its left", "quote it: 'plan' := intent")
    words, lossy = _take_option(split_words(match["tail"] or ""), "lossy")
    words, when = _take_option(words, "when")
    codec_place = replace(place, column=place.column + (match.start("tail") if match["tail"] else 0))
    return RowText(
        left=None if arrow == ":=" else parse_path(left_text, place),
        constant=constant,
        arrow=arrow,
        right=parse_path(right_text, replace(place, column=place.column + match.start("right"))),
        codec=CodecCall(words[0] if words else "copy", tuple(words[1:]), codec_place),
        when=parse_conditions(when, codec_place),
        lossy=" ".join(lossy),
        text=code.strip(),
        place=place,
    )
