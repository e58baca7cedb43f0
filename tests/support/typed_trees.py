"""Trees of any R4 type, made at random from a seed: well shaped, with values that rules ask for."""

from __future__ import annotations

from random import Random
from typing import Any

from fhirbridge.fhir.elements import Element, elements_of, is_primitive, is_resource

Tree = dict[str, Any]

_WORDS = (
    "a", "1", "*", "%", "document", "batch", "active", "resolved", "group", "display", "root", "uuid", "x.y", "x.y.z",
    "entered-in-error", "problem-list-item", "Reference", "http://unitsofmeasure.org", "urn:x", "#a", "Patient/1",
)  # fmt: skip
_MOMENTS = (
    "2026",
    "2026-01",
    "2026-01-05",
    "2026-01-05T10:00:00Z",
    "2026-01-05T10:00:00+05:00",
    "2025-12-31T23:00:00.5Z",
)
_PRIMITIVES: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False),
    "integer": (0, 1, 2),
    "positiveInt": (1, 2, 3),
    "unsignedInt": (0, 1, 2),
    "decimal": (0, 1, 100, 101, -1),
    "date": _MOMENTS[:3],
    "dateTime": _MOMENTS,
    "instant": _MOMENTS[3:],
    "time": ("10:00:00", "11:30:00"),
}
_INNER = ("Patient", "Composition", "MessageHeader")
MAX_DEPTH = 3


def make_tree(type_: str, random: Random, depth: int = 0) -> Tree:
    """Return a value of a type that is no primitive."""
    tree: Tree = {"resourceType": type_} if is_resource(type_) else {}
    chosen: set[str] = set()
    for element in elements_of(type_):
        share = 0.15 if element.choice else 0.45 if depth < 2 else 0.12
        if random.random() < share and element.choice not in chosen:
            chosen.update([element.choice] if element.choice else [])
            _add(tree, element, random, depth)
    return tree


def _add(tree: Tree, element: Element, random: Random, depth: int) -> None:
    if not is_primitive(element.type):
        if depth < MAX_DEPTH:
            type_ = random.choice(_INNER) if element.type == "Resource" else element.type
            made = [make_tree(type_, random, depth + 1) for _ in range(random.randint(1, 2))]
            tree[element.name] = made if element.is_list else made[0]
        return
    values = [random.choice(_PRIMITIVES.get(element.type, _WORDS)) for _ in range(random.randint(1, 3))]
    tree[element.name] = values if element.is_list else values[0]
    if random.random() < 0.1:
        _put_beside(tree, element, random)


def _put_beside(tree: Tree, element: Element, random: Random) -> None:
    """Give a primitive an extension, and sometimes take its value away."""
    beside = {"extension": [{"url": "urn:x", "valueCode": "a"}]}
    is_bare = random.random() < 0.4
    if not element.is_list:
        tree[f"_{element.name}"] = beside
        if is_bare:
            del tree[element.name]
        return
    tree[f"_{element.name}"] = [beside, *[None] * (len(tree[element.name]) - 1)]
    if is_bare:
        tree[element.name][0] = None
