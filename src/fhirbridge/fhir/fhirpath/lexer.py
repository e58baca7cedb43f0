"""The text of an expression as tokens.

Source: http://hl7.org/fhirpath/N1/grammar.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhirbridge.fhir.fhirpath.faults import CannotCompile

MAX_TEXT = 20_000
"""The longest expression that is read, in characters; the longest of R4 has about 500."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: kind is name, quoted-name, string, number, temporal, special, variable, symbol or end."""

    kind: str
    text: str
    place: int


_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\r\n]*|/\*.*?\*/)
    |(?P<temporal>@(?:T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?
        |\d{4}(?:-\d{2}(?:-\d{2})?)?(?:T(?:\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?)?(?:Z|[+-]\d{2}:\d{2})?)?))
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<special>\$(?:this|index|total)\b)
    |(?P<variable>%(?:[A-Za-z_][\w-]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<quoted>`(?:[^`\\]|\\.)*`)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<symbol><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "f": "\f"}


def tokenize(text: str) -> list[Token]:
    """Return the tokens of an expression, the last of kind `end`.

    Raises:
        CannotCompile: a character that starts no token, or a text that is too long.
    """
    if len(text) > MAX_TEXT:
        raise CannotCompile(f"longer than {MAX_TEXT} characters")
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or (text.startswith("/*", place) and match.lastgroup != "space"):
            raise CannotCompile(f"unexpected character at {place}")
        if match.lastgroup != "space":
            tokens.append(_token(match))
        place = match.end()
    return [*tokens, Token("end", "", place)]


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match[0]
    if kind in ("string", "quoted"):
        return Token(kind, unescape(text[1:-1]), match.start())
    if kind == "variable":
        name = text[1:]
        return Token(kind, unescape(name[1:-1]) if name[0] in "`'" else name, match.start())
    return Token(kind, text[1:] if kind in ("special", "temporal") else text, match.start())


def unescape(text: str) -> str:
    r"""Return the text that a quoted text with escapes means; an escape that is not known means its character.

    >>> unescape(r"a\'b\u0041\/")
    "a'bA/"
    """
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPED.get(escape, escape)
