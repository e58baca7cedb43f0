"""Every expression as closures over typed nodes: all of FHIRPath, and the twin that judges the straight code.

Source: http://hl7.org/fhirpath/N1/
"""

from __future__ import annotations

from collections.abc import Callable

from fhirbridge.fhir.fhirpath.faults import CannotCompile, NotJudged
from fhirbridge.fhir.fhirpath.loops import LOOPS
from fhirbridge.fhir.fhirpath.nodes import Nodes, children_of, node_of
from fhirbridge.fhir.fhirpath.on_collections import COLLECTIONS, Simple, has, item, union
from fhirbridge.fhir.fhirpath.on_numbers import NUMBERS, calculate, negate
from fhirbridge.fhir.fhirpath.on_resources import RESOURCES
from fhirbridge.fhir.fhirpath.on_texts import TEXTS
from fhirbridge.fhir.fhirpath.on_types import TYPES, is_type, of_type
from fhirbridge.fhir.fhirpath.quantities import UCUM
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
from fhirbridge.fhir.fhirpath.types import is_a, is_type_name
from fhirbridge.fhir.fhirpath.values import equal, equivalent, order
from fhirbridge.fhir.fhirpath.work import Env, Step, made, single, truth, truth_of

SIMPLE: dict[str, tuple[int, int, Simple]] = {**COLLECTIONS, **TEXTS, **NUMBERS, **TYPES, **RESOURCES}
"""Every function whose arguments are evaluated before it is called."""


def interpreted(expression: Expression) -> Step:
    """Return an expression as a closure; not cached, for 1.0 and 1.00 are equal and have not the same precision.

    Raises:
        CannotCompile: a function, type or variable is not known, or a function has the wrong number of arguments.
    """
    return _BUILDERS[type(expression)](expression)


def _focus(expression: Expression | None) -> Step:
    return interpreted(expression) if expression is not None else _this


def _this(env: Env) -> Nodes:
    return env.this


# -- steps


def _child(child: Child) -> Step:
    name = child.name
    if child.of is None:
        return _first_step(name)
    of = interpreted(child.of)

    def step(env: Env) -> Nodes:
        found = [each for node in of(env) for each in children_of(node, name)]
        env.work.spend(len(found))
        return found

    return step


def _first_step(name: str) -> Step:
    """A name that stands first: a child of the focus, or the type of the focus itself, as in `Patient.name`."""
    may_be_type = name[0].isupper() and is_type_name(name)

    def step(env: Env) -> Nodes:
        if may_be_type:
            return [node for node in env.this if is_a(node.type, name)]
        return [each for node in env.this for each in children_of(node, name)]

    return step


def _item(expression: Item) -> Step:
    of, index = interpreted(expression.of), interpreted(expression.index)
    return lambda env: item(of(env), index(env))


def _call(call: Call) -> Step:
    if call.name in _OF_TYPES and len(call.arguments) == 1:
        return _BUILDERS[TypeTest](TypeTest(call.name, call.of or Special("this"), written_type(call.arguments[0])))
    if call.name not in LOOPS and call.name not in SIMPLE:
        raise CannotCompile(f"unknown function {call.name}()")
    least, most, _ = LOOPS.get(call.name) or SIMPLE[call.name]
    if not least <= len(call.arguments) <= most:
        raise CannotCompile(f"{call.name}() takes {least} to {most} arguments")
    of, arguments = _focus(call.of), tuple(interpreted(argument) for argument in call.arguments)
    if call.name in LOOPS:
        loop = LOOPS[call.name][2]
        return lambda env: loop(env, of(env), arguments)
    simple = SIMPLE[call.name][2]
    return lambda env: simple(env, of(env), *(argument(env) for argument in arguments))


_OF_TYPES = frozenset({"is", "as", "ofType"})


def written_type(expression: Expression) -> str:
    """Return the type that an argument names.

    Raises:
        CannotCompile: it names none.
    """
    if isinstance(expression, Child) and expression.of is None:
        return expression.name
    if isinstance(expression, Child) and isinstance(expression.of, Child) and expression.of.of is None:
        return f"{expression.of.name}.{expression.name}"
    raise CannotCompile("a type is expected as argument")


def _type_test(test: TypeTest) -> Step:
    of, type_ = interpreted(test.of), test.type
    if not is_type_name(type_):
        raise CannotCompile(f"unknown type {type_}")
    if test.operator == "is":
        return lambda env: truth(is_type(of(env), type_))
    return lambda env: of_type(of(env), type_)


# -- terms


def _literal(literal: Literal) -> Step:
    nodes = made(literal.type.removeprefix("System."), literal.value)
    return lambda env: nodes


def _empty(expression: Empty) -> Step:
    return lambda env: []


def _special(special: Special) -> Step:
    return _SPECIALS[special.name]


_SPECIALS: dict[str, Step] = {
    "this": _this,
    "index": lambda env: made("Integer", env.index),
    "total": lambda env: env.total or [],
}


def constant_of(name: str) -> str | None:
    """Return the text of a variable whose value never changes; None for another."""
    if name in CONSTANTS:
        return CONSTANTS[name]
    for prefix, start in (
        ("vs-", "http://hl7.org/fhir/ValueSet/"),
        ("ext-", "http://hl7.org/fhir/StructureDefinition/"),
    ):
        if name.startswith(prefix):
            return start + name.removeprefix(prefix)
    return None


CONSTANTS = {"ucum": UCUM, "sct": "http://snomed.info/sct", "loinc": "http://loinc.org"}


def _variable(variable: Variable) -> Step:
    constant = constant_of(variable.name)
    if constant is not None:
        return _literal(Literal("System.String", constant))
    if variable.name not in _VARIABLES:
        raise CannotCompile(f"unknown variable %{variable.name}")
    return _VARIABLES[variable.name]


def _resource(env: Env) -> Nodes:
    scene = env.work.scene
    return [node_of("Resource", scene.resource)] if scene.resource is not None else _needed(env)


def _root(env: Env) -> Nodes:
    scene = env.work.scene
    return [node_of("Resource", scene.root)] if scene.root is not None else _resource(env)


def _needed(env: Env) -> Nodes:
    """The value an expression starts at stands for the resource where no other was told and it is one."""
    node = single(env.work.context)
    if node is None or not is_a(node.type, "Resource"):
        raise NotJudged("resolve")
    return [node]


_VARIABLES: dict[str, Step] = {
    "context": lambda env: env.work.context,
    "resource": _resource,
    "rootResource": _root,
}


# -- operators


def _sign(expression: Sign) -> Step:
    of = interpreted(expression.of)
    return lambda env: negate(expression.sign, of(env))


def _binary(expression: Binary) -> Step:
    left, right = interpreted(expression.left), interpreted(expression.right)
    operator = expression.operator
    if operator in _LOGIC:
        logic = _LOGIC[operator]
        return lambda env: truth(logic(left, right, env))
    if operator in _ORDERS:
        wanted = _ORDERS[operator]
        return lambda env: _ordered(left(env), right(env), wanted)
    if operator in _OPERATORS:
        function = _OPERATORS[operator]
        return lambda env: function(env, left(env), right(env))
    return lambda env: calculate(operator, left(env), right(env))


_ORDERS = {"<": (-1,), ">": (1,), "<=": (-1, 0), ">=": (0, 1)}


def _ordered(left: Nodes, right: Nodes, wanted: tuple[int, ...]) -> Nodes:
    one, other = single(left), single(right)
    found = order(one, other) if one and other else None
    return [] if found is None else truth(found in wanted)


def _not_equal(env: Env, left: Nodes, right: Nodes) -> Nodes:
    answer = equal(left, right)
    return truth(None if answer is None else not answer)


def _in(env: Env, left: Nodes, right: Nodes) -> Nodes:
    """Every item on the left, as HL7's engine has it; the specification allows one only."""
    if not left or any(node.value is None for node in left):
        return []
    return truth(all(has(env, right, node) for node in left))


_OPERATORS: dict[str, Simple] = {
    "=": lambda env, left, right: truth(equal(left, right)),
    "!=": _not_equal,
    "~": lambda env, left, right: truth(equivalent(left, right)),
    "!~": lambda env, left, right: truth(not equivalent(left, right)),
    "in": _in,
    "contains": lambda env, left, right: _in(env, right, left),
    "|": union,
}


def _and(left: Step, right: Step, env: Env) -> bool | None:
    one = truth_of(left(env))
    if one is False:
        return False
    other = truth_of(right(env))
    return False if other is False else True if one and other else None


def _or(left: Step, right: Step, env: Env) -> bool | None:
    one = truth_of(left(env))
    if one:
        return True
    other = truth_of(right(env))
    return True if other else False if one is False and other is False else None


def _xor(left: Step, right: Step, env: Env) -> bool | None:
    one, other = truth_of(left(env)), truth_of(right(env))
    return None if one is None or other is None else one != other


def _implies(left: Step, right: Step, env: Env) -> bool | None:
    one = truth_of(left(env))
    if one is False:
        return True
    other = truth_of(right(env))
    return True if other else other if one else None


_LOGIC: dict[str, Callable[[Step, Step, Env], bool | None]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}

_BUILDERS: dict[type, Callable[..., Step]] = {
    Literal: _literal,
    Empty: _empty,
    Variable: _variable,
    Special: _special,
    Child: _child,
    Call: _call,
    Item: _item,
    Sign: _sign,
    Binary: _binary,
    TypeTest: _type_test,
}
