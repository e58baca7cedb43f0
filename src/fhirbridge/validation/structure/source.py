"""The source text of the function that looks at one type, made from what the R4 table says of its elements.

A function takes the value and the state of the walk and returns faults, or None. It reads each key of an object
once. What the text names beyond its own locals is collected beside it, for whoever compiles it.
Only names from the R4 table go into the text, each as a literal; nothing of a resource does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.fhir.elements import RESOURCE_TYPES, Element, elements_of, is_primitive, is_resource
from fhirbridge.validation.structure.quick import doubt
from fhirbridge.validation.structure.values import bound_of, primitive_of

_CHAIN = 8
"""Up to so many keys are compared one after the other; more are numbered and found by halving."""
_HOT = ("resourceType", "id", "url")
"""Keys that most objects have: they are looked for first where there are many."""
_LAST = ("id", "extension", "modifierExtension", "contained", "implicitRules", "language")
ANY = frozenset(RESOURCE_TYPES)
"""The targets of a reference that may point anywhere."""


@dataclass(slots=True)
class Names:
    """The objects that the text for one type refers to, by the names it has for them."""

    type: str
    found: dict[str, Any] = field(default_factory=dict)

    def take(self, prefix: str, what: Any) -> str:
        """Return the name of an object, made for it here."""
        name = f"{prefix}{len(self.found)}_{self.type.replace('.', '_')}"
        self.found[name] = what
        return name


def _no_lines(*_: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a mode adds to the structure: quick tests, and lines for after an element and for the end of an object."""

    doubt: Callable[[str, str, str], str] = doubt
    after_primitive: Callable[[str, Element, Names], Iterable[str]] = _no_lines
    """Lines for the value `x` of a primitive element, which add to `e`."""
    after_item: Callable[[Spot, Names], Iterable[str]] = _no_lines
    """Lines for one item of a complex element, which add to `e`."""
    at_end: Callable[[str, Names], Iterable[str]] = _no_lines
    """Lines for the end of an object `v`, which add to `e`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where generated code looks at an item: the element and the type that has it, what text calls value and path."""

    holder: str
    element: Element
    value: str
    piece: str


@dataclass(frozen=True, slots=True)
class Primitives:
    """The primitive elements of a type by name: those that may have a sibling with `_`."""

    type: str
    elements: Mapping[str, Element]


def function_name(type_: str) -> str:
    """Return what the function for a type is called."""
    return "of_" + type_.replace(".", "_")


def source_of(type_: str, names: Names, hooks: Hooks) -> str:
    """Return the text of the function for a type."""
    elements = elements_of(type_)
    head = "v, s, t" if type_ == "Reference" else "v, s"
    lines = [
        f"def {function_name(type_)}({head}):",
        " if v.__class__ is not dict and not isinstance(v, dict): return no_object(v)",
        " e = None",
    ]
    if not is_resource(type_) and type_ != "Element":  # an Element stands beside a primitive: see `values.sibling`
        lines.append(' if len(v) < 2 and (not v or "id" in v): e = note(e, "", EMPTY)')
    choices = _choices(elements)
    lines += [f" n{index} = 0" for index in range(len(choices))]
    lines += [" u = False"] if choices else []
    lines += _loop(type_, elements, list(choices), names, hooks)
    lines += _required(elements)
    lines += _counted(choices, names)
    if type_ == "Extension":
        lines.append(' if ("extension" in v) is (n0 > 0 or u): e = note(e, "", EXTENSION)')
    lines += [f" {line}" for line in hooks.at_end(type_, names)]
    return "\n".join([*lines, " return e"])


def _choices(elements: Sequence[Element]) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for element in elements:
        if element.choice:
            found.setdefault(element.choice, []).append(element)
    return found


# -- the loop over the keys of an object


def _loop(type_: str, elements: Sequence[Element], choices: list[str], names: Names, hooks: Hooks) -> Iterator[str]:
    ordered = sorted(elements, key=lambda each: each.name in _LAST)
    bodies: list[tuple[str, list[str]]] = [("resourceType", ["pass"])] if is_resource(type_) else []
    for element in ordered:
        body = list(_body(type_, element, names, hooks))
        if element.choice:
            body.insert(0, f"n{choices.index(element.choice)} += 1")
        bodies.append((element.name, body))
    primitives = {each.name: each for each in elements if is_primitive(each.type)}
    rest = [f"e = other(e, v, k, {names.take('o', Primitives(type_, primitives))}, s)"]
    if choices:
        rest.append("u = True")
    yield " for k, x in v.items():"
    if len(bodies) <= _CHAIN:
        yield from _chain(bodies, rest)
        return
    cold = [each for each in bodies if each[0] not in _HOT]
    numbers = names.take("i", {key: number for number, (key, _) in enumerate(cold)}.get)
    numbered = [f"i = {numbers}(k)", "if i is None:", *(f" {line}" for line in rest), "else:"]
    yield from _chain([each for each in bodies if each[0] in _HOT], [*numbered, *_halved([b for _, b in cold], 0, " ")])


def _chain(bodies: list[tuple[str, list[str]]], rest: list[str]) -> Iterator[str]:
    for number, (key, body) in enumerate(bodies):
        yield f"  {'el' if number else ''}if k == {key!r}:"
        yield from (f"   {line}" for line in body)
    yield "  else:"
    yield from (f"   {line}" for line in rest)


def _halved(bodies: list[list[str]], low: int, indent: str) -> Iterator[str]:
    if len(bodies) == 1:
        yield from (indent + line for line in bodies[0])
        return
    middle = len(bodies) // 2
    yield f"{indent}if i < {low + middle}:"
    yield from _halved(bodies[:middle], low, indent + " ")
    yield f"{indent}else:"
    yield from _halved(bodies[middle:], low + middle, indent + " ")


# -- the value of one key


def _body(type_: str, element: Element, names: Names, hooks: Hooks) -> Iterator[str]:
    if is_primitive(element.type):
        yield from _primitive(type_, element, names, hooks)
    elif element.is_list:
        spot = Spot(type_, element, "y", f'f".{element.name}[{{j}}]"')
        yield "if x.__class__ is list and x:"
        yield " for j, y in enumerate(x):"
        yield from (f"  {line}" for line in _complex(spot, names, hooks))
        yield f'else: e = unlisted(e, ".{element.name}", x)'
    else:
        yield from _complex(Spot(type_, element, "x", f'".{element.name}"'), names, hooks)


def _primitive(type_: str, element: Element, names: Names, hooks: Hooks) -> Iterator[str]:
    how = primitive_of(element)
    judge = names.take("p", how)
    codes = names.take("c", how.codes) if how.codes else ""
    if element.is_list:
        yield "for y in x if x.__class__ is list and x else NOTHING:"
        yield f" if {hooks.doubt(element.type, 'y', codes)}:"
        yield f"  e = primitives(e, v, x, {judge}, s)"
        yield "  break"
    elif type_ == "Reference" and element.name == "reference":  # looked at by what it points at
        yield 'a, b, c = x.partition("/") if x.__class__ is str else ("", "", "")'
        yield "if a not in t or not c.isalnum() or not c.isascii() or len(c) > 64:"
        yield f" e = pointed(e, x, t, s, {judge})"
    else:
        yield f"if {hooks.doubt(element.type, 'x', codes)}: e = primitive(e, x, {judge}, s)"
    yield from hooks.after_primitive(type_, element, names)


def _complex(spot: Spot, names: Names, hooks: Hooks) -> Iterator[str]:
    element, name = spot.element, spot.value
    if element.type == "Resource":
        kind = "contained" if element.name == "contained" else "resource"
        yield f"r = {kind}({name}, s)"
    elif element.type == "Reference":
        targets = names.take("t", frozenset(element.targets)) if element.targets else "ANY"
        yield f"r = {function_name(element.type)}({name}, s, {targets})"
    else:
        yield f"r = {function_name(element.type)}({name}, s)"
    yield f"if r is not None: e = note(e, {spot.piece}, r)"
    if bound := bound_of(element):
        yield f"if not {names.take('b', bound.holds)}({name}): e = note(e, {spot.piece}, CODING)"
    yield from hooks.after_item(spot, names)


# -- what must be there


def _required(elements: Sequence[Element]) -> Iterator[str]:
    for each in elements:
        if each.min and not each.choice:
            beside = f' and "_{each.name}" not in v' if is_primitive(each.type) else ""
            yield f' if "{each.name}" not in v{beside}: e = note(e, ".{each.name}", REQUIRED)'


def _counted(choices: dict[str, list[Element]], names: Names) -> Iterator[str]:
    for index, (name, group) in enumerate(choices.items()):
        plain = {each.name: each.name for each in group}
        keys = names.take("k", plain | {f"_{key}": key for key in plain})
        few = f" or n{index} < 1" if group[0].min else ""
        yield f' if n{index} > 1 or u{few}: e = choice(e, v, "{name}", {keys}, {group[0].min})'
