"""Paths: text in, steps with selectors and places out. Knows no schema.

path     = name { selector } { "." name { selector } }
name     = a letter, then letters, digits, _ and - ; @ and such a name; or any text in "double quotes"
selector = "[]" | "[" index "]" | "[" path "=" value "]" | "[" extension "]"
"""

from __future__ import annotations

import re
from dataclasses import replace

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import PathText, Place, Selector, StepText

MAX_INDEX = 999
_NAME = re.compile(r"(?:@?[^\W\d][\w-]*)|\"[^\"\]]*\"")
_BRACKET = re.compile(r"\[(?P<inside>[^\]]*)\]")


class RowError(ValueError):
    """A row, path or option cannot be read. Carries the finding."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


def _fail(place: Place, message: str, hint: str = "") -> RowError:
    return RowError(finding("FB105", place, message, hint=hint))


def _selector(inside: str, place: Place) -> Selector:
    if inside == "":
        return Selector("each")
    if re.fullmatch("[0-9]{1,9}", inside) and int(inside) <= MAX_INDEX:
        return Selector("index", index=int(inside))
    if "=" in inside:
        path, value = inside.split("=", 1)
        return Selector("where", path=parse_path(path.strip(), place).steps, value=value.strip().strip("'"))
    if _NAME.fullmatch(inside):
        return Selector("named", value=inside)
    hint = f"use [], [0] to [{MAX_INDEX}], [path=value] or [name]"
    raise _fail(place, f"`[{inside}]` is no selector", hint)


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
            raise _fail(at, f"expected a name in path `{text}`", "a name begins with a letter")
        position = name.end()
        selectors: list[Selector] = []
        while bracket := _BRACKET.match(text, position):
            selectors.append(_selector(bracket["inside"], replace(place, column=place.column + position)))
            position = bracket.end()
        steps.append(StepText(name[0].strip('"'), tuple(selectors)))
        if position == len(text):
            return PathText(text, tuple(steps), place)
        if text[position] != ".":
            at = replace(place, column=place.column + position)
            raise _fail(at, f"unexpected `{text[position]}` in path `{text}`", _path_hint(text, position))
        position += 1


def _path_hint(text: str, position: int) -> str:
    """Return what to do about the character at which a path could not be read on."""
    rest = text[position:].strip()
    if text[position] in " \t" and _NAME.match(rest):
        return f"a codec stands behind a bar: {text[:position]} | {rest}"
    if text[position] == "[":
        return "close the bracket with ]"
    return "a path is names joined by points, such as plan.goals[].id"
