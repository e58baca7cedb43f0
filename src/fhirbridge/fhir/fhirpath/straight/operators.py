"""Operators, as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhirbridge.fhir.fhirpath.straight.flows import Flow, Nothing, NotStraight, Ref, Truth, Value, one, only, sure
from fhirbridge.fhir.fhirpath.straight.scope import Handler, Result, Scope, as_truth, constant
from fhirbridge.fhir.fhirpath.syntax import Binary, Expression, Literal
from fhirbridge.fhir.fhirpath.types import KIND_OF, QUANTITIES, kind_of


def _binary(expression: Binary, scope: Scope) -> Result:
    write = _OPERATORS.get(expression.operator)
    if write is None:
        raise NotStraight
    return write(expression, scope)


# -- logic


def _and(expression: Binary, scope: Scope) -> Truth:
    one_ = scope.truth(expression.left)
    if one_.no == "True":
        return one_
    other = scope.truth(expression.right)
    return Truth(f"({one_.yes}) and ({other.yes})", f"({one_.no}) or ({other.no})")


def _or(expression: Binary, scope: Scope) -> Truth:
    one_ = scope.truth(expression.left)
    if one_.yes == "True":
        return one_
    other = scope.truth(expression.right)
    return Truth(f"({one_.yes}) or ({other.yes})", f"({one_.no}) and ({other.no})")


def _implies(expression: Binary, scope: Scope) -> Truth:
    one_ = scope.truth(expression.left)
    if one_.no == "True":
        return sure("True")
    other = scope.truth(expression.right)
    return Truth(f"({one_.no}) or ({other.yes})", f"({one_.yes}) and ({other.no})")


def _xor(expression: Binary, scope: Scope) -> Truth:
    same = _same_truth(scope.truth(expression.left), scope.truth(expression.right))
    return Truth(same.no, same.yes)


def _same_truth(left: Truth, right: Truth) -> Truth:
    if left.is_total and right.is_total:
        return Truth(f"({left.yes}) == ({right.yes})", f"({left.yes}) != ({right.yes})")
    same = f"(({left.yes}) and ({right.yes})) or (({left.no}) and ({right.no}))"
    return Truth(same, f"(({left.yes}) and ({right.no})) or (({left.no}) and ({right.yes}))")


# -- equality


def _equal(expression: Binary, scope: Scope) -> Truth:
    left, right = scope.translate(expression.left), scope.translate(expression.right)
    if isinstance(left, Truth) or isinstance(right, Truth):
        return _same_truth(_truth(left), _truth(right))
    for flow, written in ((left, expression.right), (right, expression.left)):
        literal = constant(written)
        if literal is not None:
            return _equal_literal(flow, literal.value, scope)
    return _equal_refs(only(left), only(right))


def _not_equal(expression: Binary, scope: Scope) -> Truth:
    same = _equal(expression, scope)
    return Truth(same.no, same.yes)


def _truth(found: Result) -> Truth:
    if isinstance(found, Truth):
        return found
    if any(kind_of(ref.type) != "Boolean" for ref in found.refs()):
        raise NotStraight
    return as_truth(found)


def _equal_literal(flow: Flow, literal: Any, scope: Scope) -> Truth:
    kind = "String" if isinstance(literal, str) else "Integer"
    if any(kind_of(ref.type) != kind for ref in flow.refs()):
        raise NotStraight
    text = repr(literal)
    if not flow.branches:
        raise Nothing
    if len(flow.branches) == 1 and not flow.branches[0].heads and not any(ref.is_list for ref in flow.refs()):
        yes = [f"{ref.found} == {text}" for ref in flow.refs()]
        no = [f"{ref.found} not in (None, {text})" for ref in flow.refs()]
        return Truth(" or ".join(yes), " or ".join(no))
    if scope.writer.repeats:
        raise NotStraight
    call = f"same_list({kind!r}, {scope.writer.values(flow)}, {text})"
    return Truth(f"{call} is True", f"{call} is False")


def _equal_refs(left: Ref, right: Ref) -> Truth:
    kinds = {kind_of(left.type), kind_of(right.type)}
    if len(kinds) != 1 or not kinds <= {"String", "Integer"}:
        raise NotStraight
    there = f"{_has_value(left)} and {_has_value(right)}"
    return Truth(f"{there} and {left.found} == {right.found}", f"{there} and {left.found} != {right.found}")


def _has_value(ref: Ref) -> str:
    return "True" if isinstance(ref, Value) and ref.there == "True" else f"{ref.found} is not None"


# -- membership


def _in(expression: Binary, scope: Scope) -> Truth:
    return _member(expression.left, expression.right, scope)


def _contains(expression: Binary, scope: Scope) -> Truth:
    return _member(expression.right, expression.left, scope)


def _member(item: Expression, collection: Expression, scope: Scope) -> Truth:
    ref = only(scope.flow(item))
    texts = list(_texts(collection))
    if texts:
        if kind_of(ref.type) != "String":
            raise NotStraight
        among = f"in {scope.writer.hold(frozenset(texts))}"
        return Truth(f"{ref.found} {among}", f"({ref.found} is not None and {ref.found} not {among})")
    flow = scope.flow(collection)
    if any(kind_of(each.type) != "String" for each in (ref, *flow.refs())):
        raise NotStraight
    values, there = scope.writer.values(flow), _has_value(ref)
    return Truth(f"({there} and {ref.found} in {values})", f"({there} and {ref.found} not in {values})")


def _texts(expression: Expression) -> list[str]:
    """Return the texts of a list that is written out, `'a' | 'b'`; none where it is anything else."""
    if isinstance(expression, Binary) and expression.operator == "|":
        left, right = _texts(expression.left), _texts(expression.right)
        return [*left, *right] if left and right else []
    if isinstance(expression, Literal) and expression.type == "System.String":
        return [str(expression.value)]
    return []


def _union(expression: Binary, scope: Scope) -> Flow:
    """Both sides; what stands in both then stands twice."""
    left, right = scope.flow(expression.left), scope.flow(expression.right)
    scope.writer.repeats = True
    return Flow((*left.branches, *right.branches))


# -- order


def _ordered(operator: str) -> Callable[[Binary, Scope], Truth]:
    opposite = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}[operator]

    def write(expression: Binary, scope: Scope) -> Truth:
        left, right = only(scope.flow(expression.left)), only(scope.flow(expression.right))
        if _is_number(left) and _is_number(right):
            return _numbers(left, right, (operator, opposite), scope)
        return _asked(left, right, (operator, opposite), scope)

    return write


def _is_number(ref: Ref) -> bool:
    return kind_of(ref.type) in ("Integer", "Decimal")


def _numbers(left: Ref, right: Ref, operators: tuple[str, str], scope: Scope) -> Truth:
    names, guards = [], []
    for ref in (left, right):
        if isinstance(ref, Value) and ref.there == "True":
            names.append(ref.found)
        else:
            names.append(scope.writer.name("t"))
            guards.append(f"({names[-1]} := {ref.found}) is not None")
    yes, no = (f"{names[0]} {operator} {names[1]}" for operator in operators)
    return Truth(" and ".join((*guards, yes)), " and ".join((*guards, no)))


def _asked(left: Ref, right: Ref, operators: tuple[str, str], scope: Scope) -> Truth:
    kinds = KIND_OF.get(left.type), KIND_OF.get(right.type)
    name = scope.writer.name("t")
    if kinds[0] == kinds[1] == "Time" or {*kinds} <= {"Date", "DateTime"}:
        call = f"order_times({left.found}, {right.found}, {(left.type, right.type)!r})"
    elif left.type in QUANTITIES and right.type in QUANTITIES:
        call = f"order_quantities({left.found}, {right.found})"
        scope.writer.may_refuse = True
    else:
        raise NotStraight
    guard = f"({name} := {call}) is not None"
    return Truth(f"{guard} and {name} {operators[0]} 0", f"{guard} and {name} {operators[1]} 0")


# -- arithmetic


def _plus(expression: Binary, scope: Scope) -> Flow:
    left, right = only(scope.flow(expression.left)), only(scope.flow(expression.right))
    if not all(isinstance(ref, Value) and ref.there == "True" and _is_number(ref) for ref in (left, right)):
        raise NotStraight
    return one(Value(f"({left.found} + {right.found})", "System.Integer", "True"))


def _joined(expression: Binary, scope: Scope) -> Flow:
    sides = [flow.single() for flow in (scope.flow(expression.left), scope.flow(expression.right))]
    if any(len(refs) > 1 or kind_of(ref.type) != "String" for refs in sides for ref in refs):
        raise NotStraight
    text = " + ".join(f"({ref.found} or '')" for refs in sides for ref in refs)
    return one(Value(f"({text or repr('')})", "System.String", "True"))


_OPERATORS: dict[str, Callable[[Binary, Scope], Result]] = {
    "and": _and,
    "or": _or,
    "implies": _implies,
    "xor": _xor,
    "=": _equal,
    "!=": _not_equal,
    "in": _in,
    "contains": _contains,
    "|": _union,
    "+": _plus,
    "&": _joined,
    **{operator: _ordered(operator) for operator in ("<", ">", "<=", ">=")},
}

OPERATORS: dict[type, Handler] = {Binary: _binary}
