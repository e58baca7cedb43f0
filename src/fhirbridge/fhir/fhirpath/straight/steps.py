"""Steps, literals, variables and tests of types, as text."""

from __future__ import annotations

from fhirbridge.fhir.elements import is_primitive, is_resource
from fhirbridge.fhir.fhirpath.interpret import constant_of
from fhirbridge.fhir.fhirpath.straight.flows import (
    Branch,
    Flow,
    NotStraight,
    Ref,
    Slot,
    Truth,
    Value,
    named,
    of_types,
    one,
    sure,
)
from fhirbridge.fhir.fhirpath.straight.scope import Handler, Result, Scope
from fhirbridge.fhir.fhirpath.straight.writer import Writer
from fhirbridge.fhir.fhirpath.syntax import Call, Child, Empty, Expression, Item, Literal, Special, TypeTest, Variable
from fhirbridge.fhir.fhirpath.types import is_a, is_exactly, is_type_name


def _child(expression: Child, scope: Scope) -> Result:
    name = expression.name
    if expression.of is None and name[0].isupper() and is_type_name(name):
        return of_types(one(scope.this), lambda type_: is_a(type_, name))
    return step(scope.flow(expression.of), name, scope.writer)


def step(flow: Flow, name: str, writer: Writer) -> Flow:
    """Return the children of a name of all that a flow selects."""
    found: list[Branch] = []
    for branch in flow.branches:
        parts = [_into(ref, name, writer) for ref in branch.refs]
        inline = tuple(ref for heads, refs in parts for ref in refs if not heads)
        if inline:
            found.append(Branch(branch.heads, inline))
        found.extend(Branch((*branch.heads, *heads), refs) for heads, refs in parts if heads and refs)
    return Flow(tuple(found))


def _into(ref: Ref, name: str, writer: Writer) -> tuple[tuple[str, ...], tuple[Ref, ...]]:
    if is_primitive(ref.type):
        return _beside(ref, name, writer)
    if ref.type.startswith("System.") or (ref.type in ("Resource", "DomainResource") and not named(ref.type, name)):
        raise NotStraight
    elements = named(ref.type, name)
    if not elements:
        return (), ()
    heads, owner = writer.inside(ref)
    return heads, tuple(Slot(owner, element) for element in elements)


def _beside(ref: Ref, name: str, writer: Writer) -> tuple[tuple[str, ...], tuple[Ref, ...]]:
    """The id and extensions of a primitive, which stand beside it."""
    if name not in ("id", "extension"):
        if name == "value":
            raise NotStraight
        return (), ()
    if not isinstance(ref, Slot) or ref.is_list:
        raise NotStraight
    owner = f"{ref.owner}.get({'_' + ref.element.name!r}, NIL)"
    return (), tuple(Slot(owner, element) for element in named("Element", name))


def _item(expression: Item, scope: Scope) -> Result:
    if not isinstance(expression.index, Literal) or not isinstance(expression.index.value, int):
        raise NotStraight
    return nth(scope.flow(expression.of), expression.index.value)


def nth(flow: Flow, place: int) -> Flow:
    """Return the item at a place of one plain list, or the first of a single element."""
    refs = flow.refs()
    if len(refs) != 1 or flow.branches[0].heads:
        raise NotStraight
    ref = refs[0]
    if not ref.is_list:
        return flow if place == 0 else Flow(())
    if not isinstance(ref, Slot) or ref.cut or is_primitive(ref.type) or place != 0:
        raise NotStraight
    first = f"({ref.owner}.get({ref.element.name!r}) or NILS)[0]"
    return one(Value(first, ref.type, ref.is_there))


# -- terms


def _literal(expression: Literal, scope: Scope) -> Result:
    if expression.type == "System.Boolean":
        return sure(str(expression.value))
    if expression.type in ("System.String", "System.Integer"):
        return one(Value(repr(expression.value), expression.type, "True"))
    raise NotStraight


def _empty(expression: Empty, scope: Scope) -> Result:
    return Flow(())


def _special(expression: Special, scope: Scope) -> Result:
    if expression.name != "this":
        raise NotStraight
    return one(scope.this)


def _variable(expression: Variable, scope: Scope) -> Result:
    constant = constant_of(expression.name)
    if constant is not None:
        return one(Value(repr(constant), "System.String", "True"))
    type_ = scope.writer.type
    if scope.depth > 1:
        raise NotStraight  # loops that start anew inside loops: the interpreter counts its steps
    if expression.name == "context":
        return one(Value("v", type_, "True"))
    around = type_.partition(".")[0]
    if expression.name != "resource" or not is_resource(around):
        raise NotStraight
    if around == type_:
        return one(Value("v", type_, "True"))
    scope.writer.may_refuse = True
    return one(Value("around(s)", around, "True"))


# -- types


def _type_test(expression: TypeTest, scope: Scope) -> Result:
    if not is_type_name(expression.type):
        raise NotStraight
    if expression.operator == "as":
        return narrowed(scope.flow(expression.of), expression.type)
    return tested(expression.of, expression.type, scope)


def narrowed(flow: Flow, type_: str) -> Flow:
    """Return what a flow selects of one type."""
    if any(ref.type in ("Resource", "DomainResource", "Element") for ref in flow.refs()):
        raise NotStraight
    return of_types(flow, lambda each: is_exactly(each, type_))


def tested(of: Expression | None, type_: str, scope: Scope) -> Truth:
    """Return whether the one thing selected is of a type."""
    if isinstance(of, Call) and of.name == "resolve" and not of.arguments:
        return _leads_to(scope.flow(of.of), type_, scope.writer)
    refs = scope.flow(of).single()
    if any(ref.type in ("Resource", "DomainResource") for ref in refs):
        return _resource_is(refs, type_)
    yes = tuple(ref for ref in refs if is_a(ref.type, type_))
    no = tuple(ref for ref in refs if not is_a(ref.type, type_))
    return Truth(scope.writer.any_of(yes), scope.writer.any_of(no))


def _resource_is(refs: tuple[Ref, ...], type_: str) -> Truth:
    if len(refs) != 1 or not is_resource(type_):
        raise NotStraight
    named_type = f"{refs[0].inner}.get('resourceType')"
    return Truth(f"{named_type} == {type_!r}", f"{named_type} not in (None, {type_!r})")


def _leads_to(flow: Flow, type_: str, writer: Writer) -> Truth:
    refs = flow.single()
    if len(refs) != 1:
        raise NotStraight
    writer.may_refuse = True
    call = f"leads_to({refs[0].found}, {refs[0].type!r}, {type_!r}, s)"
    if not isinstance(refs[0], Value):
        raise NotStraight
    return Truth(f"{call} is True", f"{call} is False")


STEPS: dict[type, Handler] = {
    Child: _child,
    Item: _item,
    Literal: _literal,
    Empty: _empty,
    Special: _special,
    Variable: _variable,
    TypeTest: _type_test,
}
"""Who writes steps, terms and tests of types."""
