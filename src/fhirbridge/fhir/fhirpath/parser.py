"""The tokens of an expression as a tree, after the grammar of FHIRPath N1 with its precedences.

Source: http://hl7.org/fhirpath/N1/#operator-precedence
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from fhirbridge.fhir.fhirpath.faults import CannotCompile
from fhirbridge.fhir.fhirpath.lexer import Token, tokenize
from fhirbridge.fhir.fhirpath.quantities import CALENDAR_UNITS, Quantity
from fhirbridge.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Child,
    Empty,
    Expression,
    Item,
    Literal,
    Sign,
    Special,
    TypeTest,
    Variable,
)
from fhirbridge.fhir.fhirpath.temporal import parse_literal

MAX_DEPTH = 40
"""How many brackets may stand inside each other."""
MAX_LINKS = 150
"""How many operators or steps may follow each other: each makes the tree one deeper on its left."""

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"implies"}),
    frozenset({"or", "xor"}),
    frozenset({"and"}),
    frozenset({"in", "contains"}),
    frozenset({"=", "~", "!=", "!~"}),
    frozenset({"<=", "<", ">", ">="}),
    frozenset({"|"}),
    frozenset({"is", "as"}),
    frozenset({"+", "-", "&"}),
    frozenset({"*", "/", "div", "mod"}),
)
"""Operators from the loosest to the tightest."""
_TYPES_LEVEL = 7
_WORDS = frozenset().union(*_LEVELS) | {"true", "false"}
_NAMES_TOO = frozenset({"as", "is", "in", "contains"})
"""Words of operators that may also be names of elements and functions."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return the tree of an expression.

    Raises:
        CannotCompile: the text is no FHIRPath.
    """
    return _Parser(tokenize(text)).whole()


class _Parser:
    """Reads one expression by recursive descent."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def whole(self) -> Expression:
        expression = self.expression()
        if self.token.kind != "end":
            raise self.fault("unexpected")
        return expression

    def fault(self, what: str) -> CannotCompile:
        return CannotCompile(f"{what} {self.token.text or 'end'!r} at {self.token.place}")

    def take(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def skip(self, text: str) -> bool:
        """Pass a symbol or word over if it stands here."""
        if self.token.kind in ("symbol", "name") and self.token.text == text:
            self.place += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.skip(text):
            raise self.fault(f"expected {text!r}, found")

    # -- operators

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CannotCompile(f"nested more than {MAX_DEPTH} deep")
        found = self.level(0)
        self.depth -= 1
        return found

    def level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self.signed()
        left, links = self.level(level + 1), 0
        while self.token.kind in ("symbol", "name") and self.token.text in _LEVELS[level]:
            links = self.linked(links)
            operator = self.take().text
            if level == _TYPES_LEVEL:
                left = TypeTest(operator, left, self.type_name())
            else:
                left = Binary(operator, left, self.level(level + 1))
        return left

    def linked(self, links: int) -> int:
        """Count a link of a chain."""
        if links == MAX_LINKS:
            raise CannotCompile(f"more than {MAX_LINKS} operators or steps in a row")
        return links + 1

    def type_name(self) -> str:
        name = self.name()
        return f"{name}.{self.name()}" if name in ("FHIR", "System") and self.skip(".") else name

    def signed(self) -> Expression:
        if self.token.kind == "symbol" and self.token.text in "+-":
            sign = self.take().text
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise CannotCompile(f"nested more than {MAX_DEPTH} deep")
            found = Sign(sign, self.signed())
            self.depth -= 1
            return found
        return self.steps(self.term())

    # -- steps

    def steps(self, left: Expression) -> Expression:
        links = 0
        while True:
            links = self.linked(links)
            if self.skip("."):
                left = self.step(left)
            elif self.skip("["):
                left = Item(left, self.expression())
                self.need("]")
            else:
                return left

    def step(self, of: Expression | None) -> Expression:
        if self.token.kind == "special":
            return Special(self.take().text)
        is_quoted = self.token.kind == "quoted"
        name = self.name()
        if not is_quoted and self.skip("("):
            return Call(of, name, self.arguments())
        return Child(of, name)

    def name(self) -> str:
        if self.token.kind not in ("name", "quoted"):
            raise self.fault("expected a name, found")
        return self.take().text

    def arguments(self) -> tuple[Expression, ...]:
        if self.skip(")"):
            return ()
        found = [self.expression()]
        while self.skip(","):
            found.append(self.expression())
        self.need(")")
        return tuple(found)

    # -- terms

    def term(self) -> Expression:
        kind = self.token.kind
        if kind in _TERMS:
            return _TERMS[kind](self)
        if self.skip("("):
            inner = self.expression()
            self.need(")")
            return inner
        if self.skip("{"):
            self.need("}")
            return Empty()
        raise self.fault("expected a term, found")

    def word(self) -> Expression:
        text = self.token.text
        if text in ("true", "false"):
            self.place += 1
            return Literal("System.Boolean", text == "true")
        if text in _WORDS - _NAMES_TOO:
            raise self.fault("expected a term, found")
        return self.step(None)

    def number(self) -> Expression:
        text = self.take().text
        if self.token.kind == "string":
            return Literal("System.Quantity", Quantity(Decimal(text), self.take().text))
        if self.token.kind == "name" and self.token.text in CALENDAR_UNITS:
            return Literal("System.Quantity", Quantity(Decimal(text), CALENDAR_UNITS[self.take().text]))
        return Literal("System.Decimal", Decimal(text)) if "." in text else Literal("System.Integer", int(text))

    def string(self) -> Expression:
        return Literal("System.String", self.take().text)

    def temporal(self) -> Expression:
        type_, value = parse_literal(self.token.text)
        if value is None:
            raise self.fault("no such date or time")
        self.place += 1
        return Literal(type_, value)

    def variable(self) -> Expression:
        return Variable(self.take().text)


_TERMS: dict[str, Callable[[_Parser], Expression]] = {
    "name": _Parser.word,
    "quoted": lambda parser: parser.step(None),
    "special": lambda parser: parser.step(None),
    "number": _Parser.number,
    "string": _Parser.string,
    "temporal": _Parser.temporal,
    "variable": _Parser.variable,
}
