"""What the generated code calls: everything that is more than one line of Python."""

from __future__ import annotations

from typing import Any

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import Node
from fhirbridge.fhir.fhirpath.on_resources import find_target
from fhirbridge.fhir.fhirpath.scene import Scene
from fhirbridge.fhir.fhirpath.types import is_a
from fhirbridge.fhir.fhirpath.values import order, system_of, text_of, to_integer
from fhirbridge.fhir.fhirpath.work import Env, Step, Work, truth_of

NIL: dict[str, Any] = {}
"""Stands for an object that is not there; nobody writes to it."""


def odd() -> Any:
    """Leave an object to the interpreter."""
    raise TypeError


def same_list(type_: str, values: list[Any], literal: Any) -> bool | None:
    """Compare all that was selected with one text, number or truth."""
    if len(values) != 1:
        return False if values else None
    return None if values[0] is None else bool(values[0] == literal)


def order_times(left: Any, right: Any, types: tuple[str, str]) -> int | None:
    """Return -1, 0 or 1 for two dates or moments, None where it cannot be told or one is not there."""
    if left is None or right is None:
        return None
    if len(left) == len(right) and (len(left) == 10 or (left[-1] == right[-1] == "Z" and len(left) == 20)):
        return int(left > right) - int(left < right)
    return order(Node(types[0], left), Node(types[1], right))


def order_quantities(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1 for two quantities, None where one has no value."""
    if left is None or right is None:
        return None
    code = left.get("code")
    if code is not None and code == right.get("code") and left.get("system") == right.get("system"):
        one, other = left.get("value"), right.get("value")
        return None if one is None or other is None else int(one > other) - int(one < other)
    return order(Node("Quantity", left), Node("Quantity", right)) if "value" in left and "value" in right else None


def once(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return what was selected without repeats; the first of each is kept."""
    kept: list[tuple[str, Any]] = []
    for each in found:
        if all(each[1] != other[1] for other in kept):
            kept.append(each)
    return kept


def whole(text: str | None) -> int | None:
    """Return the whole number a text stands for."""
    return None if text is None else to_integer(("String", text))


def written(value: Any, type_: str) -> str | None:
    """Return the text of a primitive."""
    found = system_of(Node(type_, value))
    return text_of(found) if found else None


def part(text: str | None, start: int, length: int | None = None) -> str | None:
    """Return a part of a text, None where it starts behind its end."""
    if text is None or not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(length, 0)]


def leads_to(value: Any, type_: str, wanted: str, scene: Scene) -> bool | None:
    """Say whether a reference leads to a resource of a type; None where it leads nowhere."""
    target = find_target(type_, value, scene)
    return None if target is None else is_a(target.type, wanted)


def around(scene: Scene) -> Any:
    """Return %resource.

    Raises:
        NotJudged: the scene has none.
    """
    if scene.resource is None:
        raise NotJudged("resolve")
    return scene.resource


def judged(step: Step, this: tuple[str, Any], context: tuple[str, Any], scene: Scene) -> bool | None:
    """Return the truth of a part that is left to the interpreter."""
    work = Work(scene, [Node(*context)])
    return truth_of(step(Env(work, [Node(*this)])))


RUNNING: dict[str, Any] = {
    "NIL": NIL,
    "NILS": (NIL,),
    "odd": odd,
    "same_list": same_list,
    "order_times": order_times,
    "order_quantities": order_quantities,
    "once": once,
    "whole": whole,
    "written": written,
    "part": part,
    "leads_to": leads_to,
    "around": around,
    "judged": judged,
}
"""The names that generated code finds."""
