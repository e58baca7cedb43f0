"""Functions, as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fhirbridge.fhir.elements import is_primitive
from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.interpret import written_type
from fhirbridge.fhir.fhirpath.regexes import get_pattern
from fhirbridge.fhir.fhirpath.straight.flows import (
    Branch,
    Flow,
    Nothing,
    NotStraight,
    Ref,
    Slot,
    Truth,
    Value,
    one,
    only,
    sure,
)
from fhirbridge.fhir.fhirpath.straight.scope import Handler, Result, Scope, literal_of
from fhirbridge.fhir.fhirpath.straight.steps import narrowed, nth, tested
from fhirbridge.fhir.fhirpath.syntax import Binary, Call, Child, Expression, Literal
from fhirbridge.fhir.fhirpath.types import kind_of

Write = Callable[[Call, Scope], Result]


def _call(call: Call, scope: Scope) -> Result:
    write = _CALLS.get((call.name, len(call.arguments)))
    if write is None:
        raise NotStraight
    return write(call, scope)


# -- existence


def _exists(call: Call, scope: Scope) -> Result:
    if isinstance(call.of, Call) and call.of.name == "select" and not call.arguments:
        kept = _truths(call.of, scope, lambda truth: f"({truth.yes}) or ({truth.no})")
        if kept is not None:
            return scope.writer.exists(kept)
    flow = _kept(call, scope) if call.arguments else scope.flow(call.of)
    return scope.writer.exists(flow)


def _empty(call: Call, scope: Scope) -> Result:
    there = scope.writer.exists(scope.flow(call.of))
    return Truth(there.no, there.yes)


def _not(call: Call, scope: Scope) -> Result:
    found = scope.truth(call.of) if call.of is not None else None
    if found is None:
        raise NotStraight
    return Truth(found.no, found.yes)


def _has_value(call: Call, scope: Scope) -> Result:
    refs = scope.flow(call.of).single()
    return sure(" or ".join(f"{ref.found} is not None" for ref in refs if is_primitive(ref.type)) or "False")


def _all(call: Call, scope: Scope) -> Result:
    lines = _each(scope.flow(call.of), call.arguments[0], scope, lambda truth: [f"if not ({truth.yes}): return False"])
    return sure(scope.writer.function([*lines, "return True"]))


def _each(flow: Flow, criteria: Expression, scope: Scope, body: Callable[[Truth], list[str]]) -> list[str]:
    """Return the lines of a loop over the items of a flow, with what is done about the truth at each."""
    items = scope.writer.items(flow)
    return [
        line
        for branch in items.branches
        for line in scope.writer.nest(branch, lambda ref: body(scope.at(ref).truth(criteria)))
    ]


def _truths(call: Call, scope: Scope, keep: Callable[[Truth], str]) -> Flow | None:
    """Return the items of a `select` whose truth is kept, None where it selects no truths."""
    items = scope.writer.items(scope.flow(call.of))
    found = []
    for branch in items.branches:
        try:
            truth = scope.at(branch.refs[0]).translate(call.arguments[0])
        except Nothing:
            raise NotStraight from None
        if not isinstance(truth, Truth):
            return None
        found.append(replace(branch, heads=(*branch.heads, f"if {keep(truth)}:")))
    return Flow(tuple(found))


def _none_of(keep: Callable[[Truth], str]) -> Write:
    """Return what writes `allTrue` or `allFalse` of a select of truths: no item is otherwise."""

    def write(call: Call, scope: Scope) -> Result:
        inner = call.of
        kept = _truths(inner, scope, keep) if isinstance(inner, Call) and inner.name == "select" else None
        if kept is None:
            raise NotStraight
        there = scope.writer.exists(kept)
        return Truth(there.no, there.yes)

    return write


def _is_distinct(call: Call, scope: Scope) -> Result:
    flow = scope.flow(call.of)
    if scope.writer.repeats or any(kind_of(ref.type) not in ("String", "Integer") for ref in flow.refs()):
        raise NotStraight
    items = scope.writer.items(flow)
    lines = [line for each in items.branches for line in scope.writer.nest(each, _seen)]
    return sure(scope.writer.function(["seen = set()", *lines, "return True"]))


def _seen(ref: Ref) -> list[str]:
    return [f"if {ref.found} in seen: return False", f"seen.add({ref.found})"]


def _count(call: Call, scope: Scope) -> Result:
    flow = scope.flow(call.of)
    if scope.writer.repeats:
        raise NotStraight
    return one(Value(scope.writer.count(flow), "System.Integer", "True"))


# -- filtering


def _where(call: Call, scope: Scope) -> Result:
    return _kept(call, scope)


def _kept(call: Call, scope: Scope) -> Flow:
    """Return the items for which the criteria are true."""
    items = scope.writer.items(scope.flow(call.of))
    kept = []
    for branch in items.branches:
        truth = scope.at(branch.refs[0]).truth(call.arguments[0])
        kept.append(replace(branch, heads=(*branch.heads, f"if {truth.yes}:")))
    return Flow(tuple(kept))


def _select(call: Call, scope: Scope) -> Result:
    items = scope.writer.items(scope.flow(call.of))
    found: list[Branch] = []
    for branch in items.branches:
        inner = scope.at(branch.refs[0]).flow(call.arguments[0])
        found.extend(replace(each, heads=(*branch.heads, *each.heads)) for each in inner.branches)
    return Flow(tuple(found))


def _intersect(call: Call, scope: Scope) -> Result:
    """Both sides have it; what stands twice is not told from what stands once."""
    flow, other = scope.flow(call.of), scope.flow(call.arguments[0])
    kinds = {kind_of(ref.type) for ref in (*flow.refs(), *other.refs())}
    if len(kinds) != 1 or not kinds <= {None, "String"}:
        raise NotStraight
    scope.writer.repeats = True
    values = scope.writer.values(other)
    items = scope.writer.items(flow)
    return Flow(
        tuple(replace(each, heads=(*each.heads, f"if {each.refs[0].found} in {values}:")) for each in items.branches)
    )


def _extension(call: Call, scope: Scope) -> Result:
    literal_of(call.arguments[0])
    criteria = Binary("=", Child(None, "url"), call.arguments[0])
    return _kept(Call(Child(call.of, "extension"), "where", (criteria,)), scope)


def _of_type(call: Call, scope: Scope) -> Result:
    return narrowed(scope.flow(call.of), written_type(call.arguments[0]))


def _is(call: Call, scope: Scope) -> Result:
    return tested(call.of, written_type(call.arguments[0]), scope)


def _first(call: Call, scope: Scope) -> Result:
    return nth(scope.flow(call.of), 0)


def _tail(call: Call, scope: Scope) -> Result:
    refs = scope.flow(call.of).refs()
    if len(refs) != 1 or not isinstance(refs[0], Slot) or not refs[0].is_list or refs[0].cut:
        raise NotStraight
    return one(replace(refs[0], cut="[1:]"))


def _same(call: Call, scope: Scope) -> Result:
    return scope.flow(call.of)


def _iif(call: Call, scope: Scope) -> Result:
    if call.of is not None:
        raise NotStraight
    condition = scope.truth(call.arguments[0]).yes
    yes, no = scope.truth(call.arguments[1]), scope.truth(call.arguments[2])
    return Truth(f"({yes.yes} if {condition} else {no.yes})", f"({yes.no} if {condition} else {no.no})")


def _iif_short(call: Call, scope: Scope) -> Result:
    if call.of is not None:
        raise NotStraight
    condition, yes = scope.truth(call.arguments[0]).yes, scope.truth(call.arguments[1])
    return Truth(f"({condition}) and ({yes.yes})", f"({condition}) and ({yes.no})")


# -- texts


def text_ref(flow: Flow) -> Ref:
    """Return the one ref of a text.

    Raises:
        NotStraight: it is no text, or there may be several.
    """
    ref = only(flow)
    if kind_of(ref.type) != "String":
        raise NotStraight
    return ref


def _tested(test: str) -> Write:
    """Return what writes a test of a text with an argument that is written out; `{0}` the text, `{1}` the argument."""

    def write(call: Call, scope: Scope) -> Result:
        ref = text_ref(scope.flow(call.of))
        argument = text_ref(scope.flow(call.arguments[0]))
        name = scope.writer.name("t")
        code, value = test.format(name, argument.found), f"({name} := {ref.found}) is not None"
        if not isinstance(call.arguments[0], Literal):
            value += f" and {argument.found} is not None"
        return Truth(f"{value} and {code}", f"{value} and not {code}")

    return write


def _matches(call: Call, scope: Scope) -> Result:
    ref, regex = text_ref(scope.flow(call.of)), literal_of(call.arguments[0])
    try:
        pattern = get_pattern(str(regex))
    except NotJudged:
        raise NotStraight from None
    name = scope.writer.name("t")
    found = scope.writer.hold(pattern.is_in if call.name == "matches" else pattern.is_whole)
    value = f"({name} := {ref.found}) is not None"
    return Truth(f"{value} and {found}({name})", f"{value} and not {found}({name})")


def _to_string(call: Call, scope: Scope) -> Result:
    ref = only(scope.flow(call.of))
    if kind_of(ref.type) in (None, "Quantity"):
        raise NotStraight
    if kind_of(ref.type) == "String":
        return one(ref)
    return one(Value(f"written({ref.found}, {ref.type!r})", "System.String"))


def _to_integer(call: Call, scope: Scope) -> Result:
    return one(Value(f"whole({text_ref(scope.flow(call.of)).found})", "System.Integer"))


def _length(call: Call, scope: Scope) -> Result:
    name, ref = scope.writer.name("t"), text_ref(scope.flow(call.of))
    return one(Value(f"(len({name}) if ({name} := {ref.found}) is not None else None)", "System.Integer"))


def _substring(call: Call, scope: Scope) -> Result:
    ref = text_ref(scope.flow(call.of))
    numbers = ", ".join(repr(literal_of(argument)) for argument in call.arguments)
    return one(Value(f"part({ref.found}, {numbers})", "System.String"))


_CALLS: dict[tuple[str, int], Write] = {
    ("exists", 0): _exists,
    ("exists", 1): _exists,
    ("empty", 0): _empty,
    ("not", 0): _not,
    ("hasValue", 0): _has_value,
    ("all", 1): _all,
    ("allTrue", 0): _none_of(lambda truth: truth.no),
    ("allFalse", 0): _none_of(lambda truth: truth.yes),
    ("isDistinct", 0): _is_distinct,
    ("count", 0): _count,
    ("where", 1): _where,
    ("select", 1): _select,
    ("intersect", 1): _intersect,
    ("extension", 1): _extension,
    ("ofType", 1): _of_type,
    ("as", 1): _of_type,
    ("is", 1): _is,
    ("first", 0): _first,
    ("tail", 0): _tail,
    ("trace", 1): _same,
    ("trace", 2): _same,
    ("iif", 3): _iif,
    ("iif", 2): _iif_short,
    ("startsWith", 1): _tested("{0}.startswith({1})"),
    ("endsWith", 1): _tested("{0}.endswith({1})"),
    ("contains", 1): _tested("({1} in {0})"),
    ("matches", 1): _matches,
    ("matchesFull", 1): _matches,
    ("toString", 0): _to_string,
    ("toInteger", 0): _to_integer,
    ("length", 0): _length,
    ("substring", 1): _substring,
    ("substring", 2): _substring,
}
"""Name and number of arguments: who writes it."""

CALLS: dict[type, Handler] = {Call: _call}
