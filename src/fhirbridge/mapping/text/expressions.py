"""Expressions of `when` and of one-way values: text in, parts with places out. Knows no schema.

expression = and-part { "or" and-part }
and-part   = not-part { "and" not-part }
not-part   = [ "not" ] comparison
comparison = joined [ ("=" | "!=" | "<" | "<=" | ">" | ">=") joined | "in" ( "(" literal { "," literal } ")" | table ) ]
joined     = term { "&" term }
term       = literal | path [ "." function "()" ] | "(" expression ")"
function   = "exists" | "empty" | "count" | "first" | "last"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import ExpressionText, Place
from fhirbridge.mapping.steps import Scalar
from fhirbridge.mapping.text.paths import RowError, parse_path

MAX_PARTS = 100
"""No expression has more parts."""
MAX_NESTED = 10
"""No expression nests deeper."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*')|(?P<number>-?\d{1,15}(?:\.\d{1,9})?(?![\w.]))|(?P<sign><=|>=|!=|[=<>&(),])"""
    r"""|(?P<word>(?:"[^"]*"|@?[^\W\d][\w-]*)(?:\[[^\]]*\]|\."[^"]*"|\.@?[^\W\d][\w-]*)*(?:\(\))?))"""
)
_TABLE = re.compile(r"[a-z][a-z0-9_-]*")
_FUNCTIONS = ("exists", "empty", "count", "first", "last")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_WORDS = {"true": True, "false": False}
Kind = Literal["text", "number", "sign", "word", "end"]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: Place


def parse_expression(text: str, place: Place) -> ExpressionText:
    """Return the expression that a text holds.

    Raises:
        RowError: FB112 (or FB105 for a path) at the column where reading stopped.
    """
    reader = _Reader(_tokens(text, place))
    found = reader.either(0)
    if reader.now.kind != "end":
        raise _fail(reader.now.place, f"`{reader.now.text}` is not expected here", _HINT)
    return found


_HINT = "write: path = 'value' and other.path, or not path.exists()"


def _fail(place: Place, message: str, hint: str = "") -> RowError:
    return RowError(finding("FB112", place, message, hint=hint))


def _tokens(text: str, place: Place) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        blanks = len(text[position:]) - len(text[position:].lstrip())
        at = replace(place, column=place.column + position + blanks)
        if not match or len(tokens) == MAX_PARTS:
            what = "cannot be read from here on" if not match else f"has more than {MAX_PARTS} parts"
            raise _fail(at, f"the expression {what}", "text stands in 'single quotes'")
        kind = match.lastgroup or "end"
        start = match.start(kind)
        tokens.append(_Token(kind, match[kind], replace(place, column=place.column + start)))
        position = match.end()
    return [*tokens, _Token("end", "", replace(place, column=place.column + len(text.rstrip())))]


@dataclass(slots=True)
class _Reader:
    """Reads tokens by descent; every level of the grammar is a method."""

    tokens: list[_Token]
    at: int = 0

    @property
    def now(self) -> _Token:
        """The token that is read next."""
        return self.tokens[self.at]

    def takes(self, *texts: str) -> _Token | None:
        """Return the next token and go past it, if it is one of these signs or words."""
        token = self.now
        if token.kind in ("sign", "word") and token.text in texts:
            self.at += 1
            return token
        return None

    def either(self, depth: int) -> ExpressionText:
        if depth > MAX_NESTED:
            raise _fail(self.now.place, f"the expression nests deeper than {MAX_NESTED}")
        return self._chain("or", lambda: self._chain("and", lambda: self._negated(depth)))

    def _chain(self, word: str, part: Callable[[], ExpressionText]) -> ExpressionText:
        place, parts = self.now.place, [part()]
        while self.takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else ExpressionText("logic", place, word, tuple(parts))

    def _negated(self, depth: int) -> ExpressionText:
        token = self.takes("not")
        compared = self._compared(depth)
        return ExpressionText("not", token.place, parts=(compared,)) if token else compared

    def _compared(self, depth: int) -> ExpressionText:
        left = self._joined(depth)
        if sign := self.takes(*_COMPARISONS):
            return ExpressionText("compare", sign.place, sign.text, (left, self._joined(depth)))
        if word := self.takes("in"):
            if table := self._table():
                return ExpressionText("within", word.place, table, (left,))
            return ExpressionText("within", word.place, parts=(left, *self._options()))
        return left

    def _table(self) -> str:
        """Return the name of the code table that comes next, "" where none does."""
        token = self.now
        if token.kind != "word" or not _TABLE.fullmatch(token.text):
            return ""
        self.at += 1
        return token.text

    def _options(self) -> list[ExpressionText]:
        if not self.takes("("):
            raise _fail(self.now.place, "`in` takes a list or a table", "write: path in ('one', 'two')")
        options = [self._literal()]
        while self.takes(","):
            options.append(self._literal())
        self._close()
        return options

    def _close(self) -> None:
        if not self.takes(")"):
            raise _fail(self.now.place, "a bracket is not closed", "each ( needs its )")

    def _literal(self) -> ExpressionText:
        found = self._term(0)
        if found.kind != "constant":
            raise _fail(found.place, "only texts, numbers, true and false may stand in this list", "quote a text")
        return found

    def _joined(self, depth: int) -> ExpressionText:
        place, parts = self.now.place, [self._term(depth)]
        while self.takes("&"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else ExpressionText("join", place, parts=tuple(parts))

    def _term(self, depth: int) -> ExpressionText:
        token = self.now
        if self.takes("("):
            inside = self.either(depth + 1)
            self._close()
            return inside
        if token.kind not in ("text", "number", "word"):
            what = f"`{token.text}` stands" if token.text else "the expression ends"
            raise _fail(token.place, f"{what} where a path or value is expected", _HINT)
        self.at += 1
        if token.kind == "text":
            return ExpressionText("constant", token.place, value=token.text[1:-1])
        if token.kind == "number":
            return ExpressionText("constant", token.place, value=_number(token.text))
        return _path(token)


def _number(text: str) -> Scalar | Decimal:
    return Decimal(text) if "." in text else int(text)


def _path(token: _Token) -> ExpressionText:
    if token.text in _WORDS:
        return ExpressionText("constant", token.place, value=_WORDS[token.text])
    text, function = token.text, ""
    if text.endswith("()"):
        text, _, function = text.removesuffix("()").rpartition(".")
        if function not in _FUNCTIONS or not text:
            hint = did_you_mean(function, _FUNCTIONS)
            raise _fail(token.place, f"there is no function `{function or text}()`", hint)
    path = ExpressionText("path", token.place, path=parse_path(text, token.place))
    match function:
        case "":
            return path
        case "exists":
            return ExpressionText("exists", token.place, parts=(path,))
        case "empty":
            return ExpressionText("not", token.place, parts=(ExpressionText("exists", token.place, parts=(path,)),))
        case "count":
            return ExpressionText("count", token.place, parts=(path,))
        case _:
            return ExpressionText("take", token.place, function, (path,))


def is_expression(text: str) -> bool:
    """Say whether the left of a row is more than a path: it joins, compares or calls."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]", "", text)
    return bool(re.search(r"[&()<>=]|\s(?:and|or|in)\s|^not\s", bare))
