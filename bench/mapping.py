"""Mapping: the engine against hand-written Python for the same message, with the JSON codec as the floor."""

from __future__ import annotations

from typing import Any

from tests.support.maps import SAMPLES, shipped
from tests.support.records import as_tree

from bench.hand_written import plan_to_fhir
from bench.timing import FLOOR, json_floor, medians, table
from fhirbridge.formats import record_json
from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.records import KINDS

SOURCE = "riverside"


def _plan() -> dict[str, Any]:
    document = record_json.parse((SAMPLES / "riverside-plan.json").read_bytes())
    made = to_right(shipped().get("riverside-plan"), document, Context(SOURCE)).items
    return as_tree(KINDS["plan"].model_validate(next(item.body for item in made if item.type == "plan")))


def _unordered(tree: Any) -> Any:
    """Return a tree in which the order of fields and of extensions does not matter."""
    if isinstance(tree, dict):
        return {key: _unordered(value) for key, value in sorted(tree.items())}
    if isinstance(tree, list):
        return sorted((_unordered(item) for item in tree), key=repr)
    return tree


def run() -> str:
    """Return the table of this bench.

    Raises:
        AssertionError: the hand-written code and the map do not make the same resources.
    """
    plan, map_, context = _plan(), shipped().get("plan"), Context(SOURCE)
    made = to_right(map_, plan, context)
    pairs = [(item.type, item.body) for item in made.items]
    bodies = [item.body for item in made.items]
    if _unordered(bodies) != _unordered(plan_to_fhir(SOURCE, plan)):
        raise AssertionError("the hand-written code makes other resources than the map")
    message = record_json.format({"resources": bodies})
    seconds = medians(
        {
            FLOOR: json_floor(message),
            "JSON in and out with our checks": lambda: record_json.format(record_json.parse(message)),
            "hand-written Python, no checks, no trace": lambda: plan_to_fhir(SOURCE, plan),
            "map, record to FHIR, with checks and trace": lambda: to_right(map_, plan, context),
            "map, FHIR to record": lambda: to_left(map_, pairs, context),
        }
    )
    return table(f"Mapping: one plan, {len(bodies)} resources, {len(message)} bytes", seconds)
