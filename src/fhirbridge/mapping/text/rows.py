"""Rows: one line of text in, its parts with their places out. Knows nothing of schemas, files or what codecs mean.

row   = left arrow right [ "|" tail ] [ "#" comment ]
left  = path | 'text' | number | true | false | expression (with => only)
tail  = [ codec { argument } ] [ "default" literal ] [ "when" expression ] [ "lossy" "reason" ]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

from fhirbridge.mapping.findings import Suggestion, finding
from fhirbridge.mapping.model import Arrow, CodecCall, ExpressionText, Place, RowText
from fhirbridge.mapping.steps import Scalar
from fhirbridge.mapping.text.expressions import is_expression, parse_expression
from fhirbridge.mapping.text.paths import RowError, parse_path

__all__ = ["RowError", "parse_row", "split_words"]

_ARROW_LIKE = re.compile(r"(?<=\s)(<?[-=~]{1,2}>|<[-=]{1,2}|[=:]{1,2}|<?[→↔←]>?)(?=\s)")
_MEANT_ARROW = {"<->": "<=>", "<-->": "<=>", "<==>": "<=>", "↔": "<=>", "->": "=>", "-->": "=>", "→": "=>", "==>": "=>"}
_ARROWS = ("<=>", "=>", ":=", "<=")
_GLUED_ARROW = re.compile(r"<=>|:=|=>|<=")
_MAX_ROW = 1_000
_COVERED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]")
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|(!=|=)|([^\s,'\"=!]+)|,")
_OPTION = re.compile(r"(?:^|(?<=\s))(default|when|lossy)(?=\s|$)")
_LITERALS: dict[str, Scalar] = {"true": True, "false": False}


def _fail(code: str, place: Place, message: str, hint: str = "") -> RowError:
    return RowError(finding(code, place, message, hint=hint))


def _literal(text: str) -> Scalar | None:
    if len(text) >= 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text[1:-1]
    if text in _LITERALS:
        return _LITERALS[text]
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def split_words(text: str) -> list[str]:
    """Return the words of a codec call; quoted words lose their quotes, commas only separate.

    >>> split_words("code plan-kind, else 'x y'")
    ['code', 'plan-kind', 'else', 'x y']
    """
    words = []
    for match in _WORD.finditer(text):
        if match[0] != ",":
            words.append(next(group for group in match.groups() if group is not None))
    return words


def _covered(text: str) -> str:
    """Return the text with what stands in quotes or brackets made blank, so that signs in it are not found."""
    return _COVERED.sub(lambda match: match[0][0] + "_" * (len(match[0]) - 2) + match[0][-1], text)


@dataclass(frozen=True, slots=True)
class _Tail:
    """What stands behind the bar: each option's text and where it begins."""

    codec: str = ""
    default: str = ""
    when: str = ""
    lossy: str = ""
    options: frozenset[str] = frozenset()
    when_at: int = 0


def _split_tail(tail: str) -> _Tail:
    marks = list(_OPTION.finditer(_covered(tail)))
    ends = [*(mark.start() for mark in marks[1:]), len(tail)]
    texts = {mark[1]: tail[mark.end() : end] for mark, end in zip(marks, ends, strict=False)}
    return _Tail(
        codec=tail[: marks[0].start()] if marks else tail,
        **{name: text.strip() for name, text in texts.items()},
        options=frozenset(texts),
        when_at=next((mark.end() + 1 for mark in marks if mark[1] == "when"), 0),
    )


def _lossy(tail: _Tail, place: Place) -> str:
    words = split_words(tail.lossy)
    if "lossy" in tail.options and (len(words) != 1 or not words[0].strip()):
        raise _fail("FB107", place, "`lossy` takes one reason, in quotes", 'write it last: lossy "why"')
    return "".join(words)


def _default(tail: _Tail, place: Place) -> Scalar | None:
    value = _literal(tail.default)
    if "default" in tail.options and value is None:
        raise _fail("FB107", place, "`default` takes one text in quotes, number, true or false", "write: default 'x'")
    return value


def _when(tail: _Tail, place: Place) -> ExpressionText | None:
    if "when" not in tail.options:
        return None
    if not tail.when:
        raise _fail("FB112", place, "`when` says nothing", "write: when path = 'value' and other.path")
    return parse_expression(tail.when, place)


def without_comment(text: str) -> str:
    """Return a row without what stands behind its `#`."""
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
        usual = "the arrows are <=> (both ways), =>, <= and :="
        meant = _MEANT_ARROW.get(wrong[0])
        hint = Suggestion.of(wrong[0], meant, usual) if meant else usual
        return _fail("FB104", at, f"`{wrong[0]}` is no arrow", hint)
    if glued := _GLUED_ARROW.search(code):
        at = replace(place, column=place.column + glued.start())
        return _fail("FB104", at, f"a path or blank is missing beside `{glued[0]}`", usual)
    return _fail("FB104", place, "the row cannot be read", usual)


def _misplaced_constant(left: str, arrow: str, right: str, place: Place) -> RowError:
    if arrow != ":=":
        return _fail("FB104", place, f"a constant takes the arrow `:=`, not `{arrow}`", f"write: {left} := {right}")
    word = left.strip("\"'")
    return _fail("FB104", place, "`:=` needs a constant on its left", f"quote it: '{word}' := {right}")


@dataclass(frozen=True, slots=True)
class Columns:
    """The three columns of a row, and where the second and third begin."""

    left: str
    arrow: Arrow
    right: str
    tail: str
    right_at: int
    tail_at: int


def split_columns(code: str, place: Place) -> Columns:
    """Return the columns of a row without its comment.

    Raises:
        RowError: FB104.
    """
    covered = _covered(code)
    bar = covered.find("|")
    body_end = bar if bar >= 0 else len(code)
    for arrow in _ARROWS:
        match = re.search(rf"\s{re.escape(arrow)}\s+(?=\S)", covered[:body_end])
        if match and code[: match.start()].strip() and covered[:body_end].count("[") == covered[:body_end].count("]"):
            tail = code[body_end + 1 :] if bar >= 0 else ""
            spaces = len(tail) - len(tail.lstrip())
            return Columns(
                left=code[: match.start()].strip(),
                arrow=cast(Arrow, arrow),
                right=code[match.end() : body_end].strip(),
                tail=tail.strip(),
                right_at=match.end(),
                tail_at=body_end + 1 + spaces if bar >= 0 else 0,
            )
    raise _unreadable(code, place)


def parse_row(text: str, place: Place) -> RowText:
    """Return one row, with the place of each part.

    Raises:
        RowError: FB104, FB105, FB107 or FB112.
    """
    if len(text) > _MAX_ROW:
        raise _fail("FB104", place, f"the row is longer than {_MAX_ROW} characters")
    code = without_comment(text)
    split = split_columns(code, place)
    constant = _literal(split.left)
    if (split.arrow == ":=") != (constant is not None):
        raise _misplaced_constant(split.left, split.arrow, split.right, place)
    is_value = constant is None and is_expression(split.left)
    if is_value and split.arrow != "=>":
        raise _fail("FB104", place, "an expression has no way back", f"write: {split.left} => {split.right}")
    tail = _split_tail(split.tail)
    tail_place = replace(place, column=place.column + split.tail_at)
    words = split_words(tail.codec)
    return RowText(
        left=None if constant is not None or is_value else parse_path(split.left, place),
        constant=constant,
        expression=parse_expression(split.left, place) if is_value else None,
        arrow=split.arrow,
        right=parse_path(split.right, replace(place, column=place.column + split.right_at)),
        codec=CodecCall(words[0] if words else "copy", tuple(words[1:]), tail_place),
        default=_default(tail, tail_place),
        when=_when(tail, replace(tail_place, column=tail_place.column + tail.when_at)),
        lossy=_lossy(tail, tail_place),
        text=code.strip(),
        place=place,
    )
