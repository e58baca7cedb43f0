"""`# fhirbridge: ignore[FB204] reason`: findings that somebody has looked at and accepted, with the reason why.

At the end of a line it concerns that line; on a line of its own the next line that is no comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import RULES, did_you_mean, finding
from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.yaml_text import split_lines

_MARK = re.compile(r"(?:^|(?<=\s))#\s*fhirbridge\s*:\s*ignore\b(?P<rest>.*)$")
_REST = re.compile(r"\[(?P<codes>[^\]]*)\]\s*(?P<reason>.*)")
_CODE = re.compile(r"[A-Z]{2}\d{3}")
_USUAL = "write: # fhirbridge: ignore[FB204] why it is right here"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment: the codes it names, the reason, the line it concerns, and where it stands."""

    codes: tuple[str, ...]
    reason: str
    line: int
    place: Place


def ignores_of(text: str, file: str) -> tuple[tuple[Ignore, ...], tuple[Issue, ...]]:
    """Return the `ignore[...]` comments of a file, and what is wrong with them: FB123, FB124, FB126."""
    if "ignore" not in text:
        return (), ()
    found: list[Ignore] = []
    issues: list[Issue] = []
    lines = split_lines(text)
    for number, line in enumerate(lines, 1):
        mark = _MARK.search(line)
        if mark is None:
            continue
        place = Place(file, number, mark.start() + 1)
        concerned = number if line[: mark.start()].strip() else _next_line(lines, number)
        read = _REST.match(mark["rest"].strip())
        codes = tuple(code for code in re.split(r"[,\s]+", read["codes"].strip()) if code) if read else ()
        if read is None or not codes or not read["reason"].strip():
            what = "gives no reason" if read and codes else "names no code in [ ]"
            issues.append(finding("FB123", place, f"the comment {what}", hint=_USUAL))
            continue
        issues.extend(_wrong_codes(codes, place))
        usable = tuple(code for code in codes if code in RULES and RULES[code].ignorable)
        if usable:
            found.append(Ignore(usable, read["reason"].strip(), concerned, place))
    return tuple(found), tuple(issues)


def _next_line(lines: Sequence[str], number: int) -> int:
    """Return the number of the next line with more than a comment."""
    behind = (at for at, line in enumerate(lines[number:], number + 1) if line.strip() and line.lstrip()[0] != "#")
    return next(behind, number)


def _wrong_codes(codes: Sequence[str], place: Place) -> Iterator[Issue]:
    for code in codes:
        if code not in RULES:
            hint = did_you_mean(code, RULES) if _CODE.fullmatch(code) else "a code is FB and three digits"
            yield finding("FB124", place, f"there is no finding `{code}`", hint=str(hint))
        elif not RULES[code].ignorable:
            message = f"{code} cannot be ignored: {_lowered(RULES[code].sentence)}"
            yield finding("FB126", place, message, hint=f"mend it; `fhirbridge check --explain {code}` tells how")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
