"""Small code systems, value sets and concept maps, and a terminology of nothing else."""

from __future__ import annotations

from typing import Any

from fhirbridge.terminology.service import Terminology
from fhirbridge.terminology.shelf import Shelf

FRUIT = "https://codes.example/fruit"
FRUIT_SET = "https://codes.example/ValueSet/fruit"
FRUIT_MAP = "https://codes.example/ConceptMap/fruit-colour"
COLOUR = "https://codes.example/colour"


def make_system(*concepts: dict[str, Any], url: str = FRUIT, **changes: Any) -> dict[str, Any]:
    """A CodeSystem of some concepts."""
    own = {"resourceType": "CodeSystem", "url": url, "version": "1", "name": "Fruit", "content": "complete"}
    return {**own, "concept": list(concepts), **changes}


def make_set(*include: dict[str, Any], url: str = FRUIT_SET, exclude: Any = (), **changes: Any) -> dict[str, Any]:
    """A ValueSet of some parts."""
    compose = {"include": list(include), **({"exclude": list(exclude)} if exclude else {})}
    return {"resourceType": "ValueSet", "url": url, "version": "1", "compose": compose, **changes}


def make_map(*groups: dict[str, Any], url: str = FRUIT_MAP, **changes: Any) -> dict[str, Any]:
    """A ConceptMap of some groups."""
    return {"resourceType": "ConceptMap", "url": url, "status": "active", "group": list(groups), **changes}


def concept(code: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A concept with concepts below it; its display is the code in capitals."""
    own = {"code": code, "display": code.title(), **more}
    return {**own, "concept": list(children)} if children else own


def make_terminology(*trees: Any) -> Terminology:
    """A terminology that knows these resources only."""
    return Terminology(Shelf()).with_resources(trees)


FRUIT_TREE = make_system(
    concept(
        "citrus",
        concept("lemon", property=[{"code": "taste", "valueCode": "sour"}]),
        concept("orange", property=[{"code": "taste", "valueCode": "sweet"}, {"code": "ripe", "valueBoolean": True}]),
        property=[{"code": "notSelectable", "valueBoolean": True}],
    ),
    concept("plum", property=[{"code": "status", "valueCode": "retired"}]),
    concept("apple", designation=[{"value": "Apfel", "language": "de"}]),
)
"""Citrus groups lemon and orange; plum is retired; apple has a German word."""
