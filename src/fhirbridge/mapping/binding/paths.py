"""Paths meet a shape: names become steps, selectors become equalities, every slip becomes a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fhirbridge.mapping.binding.kinds import kind_of, kind_of_value, named
from fhirbridge.mapping.binding.notes import Notes
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import PathText, Place, Selector, StepText
from fhirbridge.mapping.shapes import FhirShape, Shape
from fhirbridge.mapping.steps import Scalar, Step, Steps, Where

_TRUTH: dict[str, Scalar] = {"true": True, "false": False}
_CONSTANT_HINTS = {
    "boolean": "write true or false, without quotes",
    "integer": "write the number without quotes",
    "number": "write the number without quotes",
    "string": "put it in quotes",
}


def walk(notes: Notes, path: PathText, shape: Shape, *, code: str) -> tuple[Steps, Shape]:
    """Return the bound steps of a path below a shape, and the shape at its end.

    Raises:
        Refused: `code` for a name that is not there, FB203, FB204, or FB113.
    """
    steps: list[Step] = []
    for written in path.steps:
        bound, shape = _step(notes, written, shape, path=path, code=code)
        steps.extend(bound)
    return tuple(steps), shape


def left_path(notes: Notes, path: PathText, scope: Mapping[str, Shape]) -> tuple[str, Steps, Shape]:
    """Return (variable, steps, shape) of a left path; its first name is a variable in scope.

    Raises:
        Refused: FB201.
    """
    variable = path.steps[0].name if path.steps else ""
    if variable not in scope or path.steps[0].selectors:
        hint = did_you_mean(variable, scope)
        raise notes.refuse("FB201", path.place, f"`{path.text}` does not begin with {' or '.join(scope)}", hint)
    if len(path.steps) == 1:
        return variable, (), scope[variable]
    below = replace(path, steps=path.steps[1:])
    steps, shape = walk(notes, below, scope[variable], code="FB201")
    return variable, steps, shape


def check_constant(notes: Notes, constant: Scalar, shape: Shape, place: Place, where: str) -> None:
    """Refuse a constant of another type than the place holds, or one that is not among its codes.

    Raises:
        Refused: FB210.
    """
    kind, own = kind_of(shape), kind_of_value(constant)
    if own != kind and (own, kind) != ("integer", "number"):
        hint = f"name a field below `{where}`" if kind == "object" else _CONSTANT_HINTS.get(kind, "")
        raise notes.refuse("FB210", place, f"`{where}` holds {named(kind)}, not {named(own)}", hint)
    if shape.codes and str(constant) not in shape.codes:
        hint = did_you_mean(str(constant), shape.codes)
        raise notes.refuse("FB210", place, f"`{constant}` is no code of `{where}`", hint)


def _step(notes: Notes, written: StepText, shape: Shape, *, path: PathText, code: str) -> tuple[list[Step], Shape]:
    child = shape.find_child(written.name)
    if child is None:
        hint = did_you_mean(written.name, shape.child_names())
        if shape.is_leaf:
            hint = "it is a single value; nothing stands below it"
        raise notes.refuse(code, path.place, f"`{path.text}`: there is no `{written.name}` here", hint)
    by_name = next((s for s in written.selectors if s.kind == "named"), None)
    if by_name:
        return _extension(notes, written, by_name, path, child)
    if child.is_list and not written.selectors:
        hint = f"write {written.name}[] for each item, or {written.name}[0] for one"
        raise notes.refuse("FB203", path.place, f"`{written.name}` is a list", hint)
    if written.selectors and not child.is_list:
        raise notes.refuse("FB204", path.place, f"`{written.name}` is a single value", "leave the brackets out")
    return [_selected(notes, written, child, path)], child


def _selected(notes: Notes, written: StepText, child: Shape, path: PathText) -> Step:
    step = Step(written.name)
    for selector in written.selectors:
        if selector.kind == "each":
            step = replace(step, each=True)
        elif selector.kind == "index":
            step = replace(step, index=selector.index)
        else:
            step = replace(step, where=(*step.where, _where(notes, selector, child, path)))
    return step


def _where(notes: Notes, selector: Selector, item: Shape, path: PathText) -> Where:
    value = selector.value
    if value.startswith("@"):
        value = system(notes, value[1:], path.place)
    first = selector.path[0].name
    if item.find_child(first) is None and first in notes.around.extensions:
        extension = notes.around.extensions[first]
        return Where((extension_step(extension.url), Step(extension.value_name)), value)
    steps: list[Step] = []
    shape = item
    for written in selector.path:
        child = shape.find_child(written.name)
        if child is None:
            hint = did_you_mean(written.name, [*shape.child_names(), *notes.around.extensions])
            raise notes.refuse("FB202", path.place, f"selector: no `{written.name}` here", hint)
        steps.append(Step(written.name, index=0 if child.is_list else None))
        shape = child
    return Where(tuple(steps), _compared(notes, value, shape, path))


def system(notes: Notes, name: str, place: Place) -> str:
    """Return the URI that `systems:` gives a name.

    Raises:
        Refused: FB108.
    """
    notes.used.add(name)
    if name not in notes.map.systems:
        hint = did_you_mean(name, notes.map.systems)
        raise notes.refuse("FB108", place, f"no system `{name}` in `systems:`", hint)
    return notes.map.systems[name]


def _compared(notes: Notes, value: str, shape: Shape, path: PathText) -> Scalar:
    """Return the value of a selector in the type of what it is compared with."""
    constant: Scalar = _TRUTH.get(value, value) if kind_of(shape) == "boolean" else value
    if kind_of(shape) == "integer" and value.isdecimal():
        constant = int(value)
    check_constant(notes, constant, shape, path.place, path.text)
    return constant


def _extension(
    notes: Notes, written: StepText, by_name: Selector, path: PathText, child: Shape
) -> tuple[list[Step], Shape]:
    extension = notes.around.extensions.get(by_name.value)
    if written.name != "extension" or extension is None or child.type != "Extension":
        hint = did_you_mean(by_name.value, notes.around.extensions)
        raise notes.refuse("FB113", path.place, f"no extension `{by_name.value}`", hint)
    each = any(selector.kind == "each" for selector in written.selectors)
    return [extension_step(extension.url, each=each), Step(extension.value_name)], FhirShape(extension.type)


def extension_step(url: str, *, each: bool = False) -> Step:
    """Return the step to the extensions with a URL."""
    return Step("extension", each=each, where=(Where((Step("url"),), url),))
