"""The part of FHIRPath that search parameters use, compiled to closures: paths, `|`, `as`, `ofType`, `where`.

An expression is compiled against the R4 table, so each value comes out with its FHIR type. What the subset does not
hold (`exists`, comparison, `[0]`, `and`) cannot be compiled and says so: the parameter is then not offered.
Source: http://hl7.org/fhir/R4/fhirpath.html, http://hl7.org/fhir/R4/searchparameter.html#expression
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from fhirbridge.fhir.elements import elements_of
from fhirbridge.fhir.references import find_literal

Typed = tuple[str, Any]
"""A value with the name of its FHIR type."""
Values = Callable[[dict[str, Any]], Iterator[Typed]]
"""Takes a resource, yields what the expression selects in it; skips what has an unexpected shape."""

_TOKEN = re.compile(
    r"\s*(?:(?P<where>where\((?:(?P<name>\w+)\s*=\s*'(?P<text>[^']*)'|resolve\(\) is (?P<target>\w+))\))"
    r"|(?P<cast>(?:ofType|as)\((?P<type>\w+)\))|\bas\s+(?P<operator>\w+)|(?P<step>\w+)|(?P<other>[().|]))"
)


class CannotCompile(ValueError):
    """The expression uses more of FHIRPath than search parameters here need."""


def compile_expression(expression: str) -> Values:
    """Return a function that yields what a search expression selects.

    Raises:
        CannotCompile: the expression is not in the subset.
    """
    values, rest = _union(_tokens(expression))
    if rest:
        raise CannotCompile(expression)
    return values


def _tokens(expression: str) -> list[re.Match[str]]:
    tokens, place = [], 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise CannotCompile(expression)
        tokens.append(match)
        place = match.end()
    return tokens


Tokens = list[re.Match[str]]


def _union(tokens: Tokens) -> tuple[Values, Tokens]:
    values, tokens = _path(tokens)
    while tokens and tokens[0]["other"] == "|":
        more, tokens = _path(tokens[1:])
        values = _both(values, more)
    return values, tokens


def _path(tokens: Tokens) -> tuple[Values, Tokens]:
    if not tokens:
        raise CannotCompile("nothing to select")
    first, *tokens = tokens
    if first["other"] == "(":
        values, tokens = _union(tokens)
        if not tokens or tokens[0]["other"] != ")":
            raise CannotCompile("bracket without its pair")
        tokens = tokens[1:]
    elif first["step"]:
        values = _root(first["step"])
    else:
        raise CannotCompile(first[0])
    return _steps(values, tokens)


def _steps(values: Values, tokens: Tokens) -> tuple[Values, Tokens]:
    while tokens:
        if tokens[0]["operator"]:
            values, tokens = _of_type(values, tokens[0]["operator"]), tokens[1:]
        elif tokens[0]["other"] == "." and len(tokens) > 1:
            values, tokens = _step(values, tokens[1]), tokens[2:]
        else:
            break
    return values, tokens


def _step(values: Values, token: re.Match[str]) -> Values:
    if token["step"]:
        return _child(values, token["step"])
    if token["cast"]:
        return _of_type(values, token["type"])
    if token["target"]:
        return _pointing_at(values, token["target"])
    if token["where"]:
        return _where(values, token["name"], token["text"])
    raise CannotCompile(token[0])


# -- the closures


def _root(type_: str) -> Values:
    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        yield (type_ if type_ != "Resource" else str(resource.get("resourceType"))), resource

    return select


def _both(one: Values, other: Values) -> Values:
    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        yield from one(resource)
        yield from other(resource)

    return select


def _child(values: Values, step: str) -> Values:
    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        for type_, value in values(resource):
            if isinstance(value, dict):
                yield from _iter_children(type_, value, step)

    return select


def _iter_children(type_: str, value: dict[str, Any], step: str) -> Iterator[Typed]:
    for element in elements_of(type_):
        if step in (element.name, element.choice) and element.name in value:
            found = value[element.name]
            for item in found if isinstance(found, list) else [found]:
                if item is not None:
                    yield element.type, item


def _of_type(values: Values, wanted: str) -> Values:
    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        return ((type_, value) for type_, value in values(resource) if type_ == wanted)

    return select


def _where(values: Values, name: str, text: str) -> Values:
    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        return ((t, value) for t, value in values(resource) if isinstance(value, dict) and value.get(name) == text)

    return select


def _pointing_at(values: Values, target: str) -> Values:
    """Keep references whose text, or else whose `type`, names the target: nothing is fetched."""

    def select(resource: dict[str, Any]) -> Iterator[Typed]:
        return ((t, value) for t, value in values(resource) if isinstance(value, dict) and _type_of(value) == target)

    return select


def _type_of(reference: dict[str, Any]) -> str | None:
    text, named = reference.get("reference"), reference.get("type")
    literal = find_literal(text) if isinstance(text, str) else None
    return literal.type if literal else named if isinstance(named, str) else None
