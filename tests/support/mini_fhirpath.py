"""As much FHIRPath as our exports use, evaluated on plain trees. Anything else is an error.

Source: http://hl7.org/fhirpath/N1/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Values = list[Any]
Expression = Callable[[Values, Mapping[str, Values]], Values]

_TOKEN = re.compile(
    r"\s*(?:('(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|(%?[A-Za-z_]\w*|\$this|`\w+`|\{\})|(!=|<=|>=|[.,()=<>|&\[\]]))"
)
_LEVELS: tuple[tuple[str, ...], ...] = (("or",), ("and",), ("=", "!=", "in", "<", ">", "<=", ">="), ("|",), ("&",))


def evaluate(text: str, focus: Any, variables: Mapping[str, Values]) -> Values:
    """Return what an expression comes to on one item."""
    return _Parser(text).whole()([focus], variables)


def is_true(text: str, focus: Any, variables: Mapping[str, Values]) -> bool:
    """Say whether a condition comes to true."""
    return evaluate(text, focus, variables) == [True]


def child(value: Any, name: str) -> Values:
    """Return the children of an element; a choice is found by its stem."""
    if not isinstance(value, dict):
        return []
    keys = [key for key in value if key == name or re.fullmatch(re.escape(name) + "[A-Z].*", key)]
    found = value[name] if name in value else value[keys[0]] if keys else []
    return list(found) if isinstance(found, list) else [found]


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = [next(g for g in match.groups() if g is not None) for match in _TOKEN.finditer(text)]
        assert "".join(self.tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.peek()
        assert found and wanted in ("", found), (wanted, found)
        self.at += 1
        return found

    def whole(self) -> Expression:
        found = self.level(0)
        assert self.peek() == "", self.tokens[self.at :]
        return found

    def level(self, number: int) -> Expression:
        if number == len(_LEVELS):
            return self.postfix()
        left = self.level(number + 1)
        while self.peek() in _LEVELS[number]:
            left = _binary(self.take(), left, self.level(number + 1))
        return left

    def postfix(self) -> Expression:
        found = self.term()
        while self.peek() in (".", "["):
            if self.take() == "[":
                index = int(self.take())
                self.take("]")
                found = _indexed(found, index)
            else:
                found = self.invocation(found)
        return found

    def term(self) -> Expression:
        token = self.peek()
        if token == "(":
            self.take()
            inner = self.level(0)
            self.take(")")
            return inner
        if token.startswith("'"):
            text = re.sub(r"\\(.)", r"\1", self.take()[1:-1])
            return lambda _focus, _variables: [text]
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            number: Any = Decimal(self.take()) if "." in token else int(self.take())
            return lambda _focus, _variables: [number]
        if token in ("true", "false"):
            truth = self.take() == "true"
            return lambda _focus, _variables: [truth]
        if token.startswith("%"):
            name = self.take()[1:]
            return lambda _focus, variables: list(variables[name])
        if token == "$this":
            self.take()
            return lambda focus, _variables: list(focus)
        return self.invocation(lambda focus, _variables: list(focus))

    def invocation(self, base: Expression) -> Expression:
        name = self.take().strip("`")
        if self.peek() != "(":
            return lambda focus, variables: [each for item in base(focus, variables) for each in child(item, name)]
        self.take("(")
        arguments = []
        while self.peek() != ")":
            arguments.append(self.level(0))
            if self.peek() == ",":
                self.take()
        self.take(")")
        return _call(name, base, arguments)


def _indexed(base: Expression, index: int) -> Expression:
    return lambda focus, variables: base(focus, variables)[index : index + 1]


def _binary(operator: str, left: Expression, right: Expression) -> Expression:
    def run(focus: Values, variables: Mapping[str, Values]) -> Values:
        one, other = left(focus, variables), right(focus, variables)
        match operator:
            case "or":
                return [True] if [True] in (one, other) else [False] if one == other == [False] else []
            case "and":
                return [True] if one == other == [True] else [False] if [False] in (one, other) else []
            case "|":
                return one + other
            case "&":
                return ["".join(str(each) for each in (*one, *other))]
            case "in":
                return [one[0] in other] if one else []
        if not one or not other:
            return []
        assert len(one) == len(other) == 1, (operator, one, other)
        equal = type(one[0]) is type(other[0]) and one[0] == other[0]
        return [{"=": equal, "!=": not equal}[operator]]

    return run


def _call(name: str, base: Expression, arguments: list[Expression]) -> Expression:
    def run(focus: Values, variables: Mapping[str, Values]) -> Values:
        found = base(focus, variables)
        if name == "where":
            return [each for each in found if arguments[0]([each], variables) == [True]]
        if name == "all":
            return [all(arguments[0]([each], variables) == [True] for each in found)]
        if name == "iif":
            return arguments[1 if arguments[0](focus, variables) == [True] else 2](focus, variables)
        given = [argument(focus, variables)[0] for argument in arguments]
        return _FUNCTIONS[name](found, *given)

    return run


_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "exists": lambda found: [bool(found)],
    "empty": lambda found: [not found],
    "not": lambda found: [not found[0]] if found else [],
    "count": lambda found: [len(found)],
    "first": lambda found: found[:1],
    "last": lambda found: found[-1:],
    "length": lambda found: [len(found[0])] if found else [],
    "substring": lambda found, at, size: [found[0][at : at + size]] if found else [],
    "toString": lambda found: [str(each) for each in found],
    "toDate": lambda found: found,
    "toInteger": lambda found: [int(each) for each in found],
    "toDecimal": lambda found: [Decimal(each) for each in found],
    "replace": lambda found, old, new: [each.replace(old, new) for each in found],
}
