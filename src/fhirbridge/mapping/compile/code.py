"""Python syntax trees, built node by node: one short function for each kind of node that the compiler makes.

Laws of this file: no text is ever parsed as code; every name is one of ours; what comes from a map stands in a constant
(`const`, `text`) or in an object that a name of ours is bound to (`Unit.bind`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypedDict

Part = str | ast.expr
"""A part of a text made at run time: characters, or what gives them."""
Parts = tuple[Part, ...]


class _At(TypedDict):
    lineno: int
    col_offset: int


_AT = _At(lineno=1, col_offset=0)
"""Generated code stands nowhere; Python wants a place for each node all the same."""
_LOAD, _STORE = ast.Load(), ast.Store()


@lru_cache(maxsize=4096, typed=True)
def const(value: str | int | bool | None) -> ast.expr:
    """Return a constant. Nodes without parts are shared: nothing ever changes one."""
    return ast.Constant(value, **_AT)


NONE = const(None)


@lru_cache(maxsize=4096)
def name(identifier: str) -> ast.expr:
    """Return what a name of ours stands for."""
    return ast.Name(identifier, _LOAD, **_AT)


def id_of(part: Part) -> str:
    """Return the name that an expression is.

    Raises:
        TypeError: it is no name.
    """
    if not isinstance(part, ast.Name):
        raise TypeError("expected a name")
    return part.id


def call(function: ast.expr, *arguments: ast.expr) -> ast.expr:
    """Return a call."""
    return ast.Call(function, list(arguments), [], **_AT)


def attribute(of: ast.expr, method: str) -> ast.expr:
    """Return an attribute; only names written in this package are asked for."""
    return ast.Attribute(of, method, _LOAD, **_AT)


def get(of: ast.expr, key: str) -> ast.expr:
    """Return `of.get("key")`."""
    return get_at(of, const(key))


def get_at(of: ast.expr, key: ast.expr) -> ast.expr:
    """Return `of.get(key)`."""
    return call(attribute(of, "get"), key)


def item(of: ast.expr, key: str | int | ast.expr) -> ast.expr:
    """Return `of[key]`."""
    return ast.Subscript(of, key if isinstance(key, ast.expr) else const(key), _LOAD, **_AT)


def part(of: ast.expr, start: int, end: int) -> ast.expr:
    """Return `of[start:end]`."""
    return ast.Subscript(of, ast.Slice(const(start), const(end), None, **_AT), _LOAD, **_AT)


def text(parts: Parts) -> ast.expr:
    """Return an f-string of the parts, or the constant that they come to."""
    joined: list[Part] = []
    for each in parts:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        elif each != "":
            joined.append(each)
    if all(isinstance(each, str) for each in joined):
        return const("".join(each for each in joined if isinstance(each, str)))
    if len(joined) == 1 and isinstance(joined[0], ast.expr):
        return joined[0]
    values = [const(p) if isinstance(p, str) else ast.FormattedValue(p, -1, None, **_AT) for p in joined]
    return ast.JoinedStr(values, **_AT)


def below(parts: Parts, field_name: str) -> Parts:
    """Return the parts of the path of a field below a path; the path of a root is empty."""
    return (*parts, f".{field_name}") if parts else (field_name,)


def at(parts: Parts, position: Part | int) -> Parts:
    """Return the parts of the path of a list's item."""
    return (*parts, "[", str(position) if isinstance(position, int) else position, "]")


def mapping(pairs: Iterable[tuple[str, ast.expr]]) -> ast.Dict:
    """Return a dict display."""
    listed = list(pairs)
    return ast.Dict([const(key) for key, _ in listed], [value for _, value in listed], **_AT)


def both_mappings(one: ast.Dict, other: ast.Dict) -> ast.Dict:
    """Return a dict display of the fields of two."""
    return ast.Dict([*one.keys, *other.keys], [*one.values, *other.values], **_AT)


def sequence(items: Sequence[ast.expr]) -> ast.expr:
    """Return a list display."""
    return ast.List(list(items), _LOAD, **_AT)


def tuple_(items: Sequence[ast.expr]) -> ast.expr:
    """Return a tuple display."""
    return ast.Tuple(list(items), _LOAD, **_AT)


def either(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Return `then if test else otherwise`."""
    return ast.IfExp(test, then, otherwise, **_AT)


# -- tests


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right], **_AT)


def is_none(value: ast.expr) -> ast.expr:
    """Return `value is None`."""
    return _compare(value, ast.Is(), NONE)


def is_there(value: ast.expr) -> ast.expr:
    """Return `value is not None`."""
    return _compare(value, ast.IsNot(), NONE)


def is_same(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left == right`."""
    return _compare(left, ast.Eq(), right)


def differ(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left != right`."""
    return _compare(left, ast.NotEq(), right)


def is_below(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left < right`."""
    return _compare(left, ast.Lt(), right)


def is_at_most(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left <= right`."""
    return _compare(left, ast.LtE(), right)


def is_outside(value: ast.expr, of: ast.expr) -> ast.expr:
    """Return `value not in of`."""
    return _compare(value, ast.NotIn(), of)


def is_type(value: ast.expr, kind: str) -> ast.expr:
    """Return `type(value) is kind`."""
    return _compare(call(name("type"), value), ast.Is(), name(kind))


def is_not_type(value: ast.expr, kind: str) -> ast.expr:
    """Return `type(value) is not kind`."""
    return _compare(call(name("type"), value), ast.IsNot(), name(kind))


def both(*tests: ast.expr) -> ast.expr:
    """Return `a and b`, or the one test there is."""
    return ast.BoolOp(ast.And(), list(tests), **_AT) if len(tests) > 1 else tests[0]


def any_of(*tests: ast.expr) -> ast.expr:
    """Return `a or b`."""
    return ast.BoolOp(ast.Or(), list(tests), **_AT)


# -- numbers


def length(of: ast.expr) -> ast.expr:
    """Return `len(of)`."""
    return call(name("len"), of)


def less(value: ast.expr, by: int) -> ast.expr:
    """Return `value - by`."""
    return ast.BinOp(value, ast.Sub(), const(by), **_AT)


def times(value: ast.expr, factor: int) -> ast.expr:
    """Return `value * factor`, or the value itself for once."""
    return value if factor == 1 else ast.BinOp(value, ast.Mult(), const(factor), **_AT)


# -- statements


def assign(target: str | ast.expr, value: ast.expr) -> ast.stmt:
    """Return `target = value`; an expression as target is an item."""
    place: ast.expr = ast.Name(target, _STORE, **_AT) if isinstance(target, str) else _stored(target)
    return ast.Assign([place], value, **_AT)


def assign_both(identifier: str, target: ast.expr, value: ast.expr) -> ast.stmt:
    """Return `identifier = target = value`."""
    return ast.Assign([ast.Name(identifier, _STORE, **_AT), _stored(target)], value, **_AT)


def _stored(target: ast.expr) -> ast.expr:
    if not isinstance(target, ast.Subscript):
        raise TypeError("only an item or a name can be assigned to")
    return ast.Subscript(target.value, target.slice, _STORE, **_AT)


def add_to(identifier: str, value: ast.expr) -> ast.stmt:
    """Return `identifier += value`."""
    return ast.AugAssign(ast.Name(identifier, _STORE, **_AT), ast.Add(), value, **_AT)


def add_to_field(of: str, field_name: str, value: ast.expr) -> ast.stmt:
    """Return `of.field += value`."""
    return ast.AugAssign(ast.Attribute(name(of), field_name, _STORE, **_AT), ast.Add(), value, **_AT)


def do(expression: ast.expr) -> ast.stmt:
    """Return an expression as a statement."""
    return ast.Expr(expression, **_AT)


def when(test: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """Return `if test: body`."""
    return ast.If(test, list(body) or [ast.Pass(**_AT)], [], **_AT)


def loop(targets: tuple[str, ...], over: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """Return `for targets in over: body`."""
    names: list[ast.expr] = [ast.Name(each, _STORE, **_AT) for each in targets]
    return ast.For(ast.Tuple(names, _STORE, **_AT), over, list(body) or [ast.Pass(**_AT)], [], **_AT)


def repeat(test: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """Return `while test: body`."""
    return ast.While(test, list(body), [], **_AT)


def surprised(test: ast.expr) -> ast.stmt:
    """Return `if test: raise Surprise`."""
    return when(test, [ast.Raise(name("Surprise"), None, **_AT)])


# -- functions


@dataclass(slots=True)
class Unit:
    """One module of generated code: what its names are bound to, and the functions it holds."""

    bound: dict[str, Any] = field(default_factory=dict)
    functions: list[ast.stmt] = field(default_factory=list)
    count: int = 0
    _names: dict[int, str] = field(default_factory=dict)

    def fresh(self, letter: str) -> str:
        """Return a name that nothing has yet: one letter and a number."""
        self.count += 1
        return f"{letter}{self.count}"

    def bind(self, value: Any) -> ast.expr:
        """Return a name bound to an object of the map: a table, a codec, steps, an expression."""
        known = self._names.get(id(value))
        if known is None:
            known = self._names[id(value)] = self.fresh("k")
            self.bound[known] = value
        return name(known)

    def function(self, parameters: Sequence[str], body: Sequence[ast.stmt]) -> str:
        """Add a function and return its name."""
        identifier = self.fresh("f")
        arguments = ast.arguments([], [ast.arg(each, None, **_AT) for each in parameters], None, [], [], None, [])
        statements = list(body) or [ast.Pass(**_AT)]
        self.functions.append(ast.FunctionDef(identifier, arguments, statements, [], None, **_AT))
        return identifier

    def module(self) -> ast.Module:
        """Return the module, as it is handed to `compile`."""
        return ast.Module(self.functions, [])

    def load(self, known: dict[str, Any]) -> Callable[[str], Callable[..., Any]]:
        """Return the functions by name.

        Args:
            known: what every generated function may use, by name.
        """
        space = {**known, **self.bound, "__builtins__": {}}
        exec(compile(self.module(), "<map>", "exec"), space)  # noqa: S102  # nodes that this package built, never text
        return space.__getitem__


def held(unit: Unit, body: list[ast.stmt], value: ast.expr) -> ast.expr:
    """Return a name that holds a value; a value that is a name already is its own."""
    if isinstance(value, ast.Name):
        return value
    var = unit.fresh("x")
    body.append(assign(var, value))
    return name(var)


def taken_from(var: str, names: Iterable[str]) -> list[ast.stmt]:
    """Return what gives names the attributes of an object."""
    return [assign(each, attribute(name(var), each)) for each in names]
