"""The form of SNOMED CT identifiers, LOINC codes and expression constraints: what breaks it is a code of nobody.

Whether a well-formed code exists is not told here: neither terminology is shipped.
Source: https://confluence.ihtsdotools.org/display/DOCRELFMT/6+SNOMED+CT+Identifiers (Verhoeff check digit, partition),
https://loinc.org/kb/faq/structure/ (Mod 10 check digit), https://confluence.ihtsdotools.org/display/DOCECL (syntax)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

_ID = re.compile(r"[1-9][0-9]{5,17}", re.ASCII)
_EXPRESSION = re.compile(r"[|:+,={]")
_LOINC = re.compile(r"(?:LA|LP|LL|LG|MTHU)?[0-9]{1,8}-[0-9]|MTHU[0-9]{6}", re.ASCII)

_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_TURNED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip


def is_snomed_id(text: str) -> bool:
    """Say whether a text may be a SNOMED CT identifier: 6 to 18 digits, the last of which checks the others.

    >>> is_snomed_id("409063005"), is_snomed_id("409063006"), is_snomed_id("12")
    (True, False, False)
    """
    if not _ID.fullmatch(text):
        return False
    check = 0
    for place, digit in enumerate(reversed(text)):
        check = _TIMES[check][_TURNED[place % 8][int(digit)]]
    return check == 0


@lru_cache(maxsize=4096)
def _is_snomed(code: str) -> bool:
    return is_snomed_id(code) or _EXPRESSION.search(code) is not None


@lru_cache(maxsize=4096)
def _is_loinc(code: str) -> bool:
    """Say whether a text may be a LOINC code, part or answer; only the digit of a code itself checks it.

    >>> _is_loinc("8310-5"), _is_loinc("8310-4"), _is_loinc("LA6576-8"), _is_loinc("temperature")
    (True, False, True, False)
    """
    if not _LOINC.fullmatch(code):
        return False
    number, _, check = code.partition("-")
    if not number.isdigit():
        return True
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number)))
    return (10 - sum(each // 10 + each % 10 for each in doubled) % 10) % 10 == int(check)


IS_FORMED: dict[str, Callable[[str], bool]] = {SNOMED: _is_snomed, LOINC: _is_loinc}
"""Code system to what says whether a code has its form."""

_TOKEN = re.compile(
    r"\s*(?:(?P<term>\|[^|]*\|)|(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<id>[0-9]+|\*)"
    r"|(?P<prefix><<!|>>!|<<|>>|<!|>!|<|>|\^|!!>|!!<)|(?P<both>(?:AND|OR|MINUS)\b|,|:|\.|!?=)|(?P<open>[({\[])"
    r"|(?P<close>[)}\]])|(?P<other>[^\s]))",
    re.IGNORECASE,
)
_AFTER_OPERAND = frozenset({"both", "close", "term"})


def is_constraint(text: str) -> bool:
    """Say whether a text may be an expression constraint: operands and operators take turns, brackets are paired.

    >>> is_constraint("<< 404684003 |finding| : 363698007 = *"), is_constraint("234234 << 234234")
    (True, False)
    """
    depth, wants_operand, place = 0, True, 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup == "other":
            return match is not None  # filters and cardinalities go beyond what is looked at here
        kind, place = str(match.lastgroup), match.end()
        if wants_operand != (kind not in _AFTER_OPERAND):
            return False
        depth += (kind == "open") - (kind == "close")
        wants_operand = kind in ("both", "prefix", "open")
        if depth < 0:
            return False
    return depth == 0 and not wants_operand
