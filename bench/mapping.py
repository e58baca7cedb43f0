"""Mapping: the engine against hand-written Python for the same message, with the JSON codec as the floor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.maps import SAMPLES, shipped
from tests.support.records import as_tree

from bench.hand_written import once, plan_to_fhir
from bench.timing import FLOOR, json_floor, medians, table
from fhirbridge.formats import record_json
from fhirbridge.ids import stable_id
from fhirbridge.mapping.compile.making import Making, Systems
from fhirbridge.mapping.compile.program import RightProgram, compile_right
from fhirbridge.mapping.compile.reads import Look, walk
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.run import Context, narrated, to_left, to_right
from fhirbridge.records import KINDS

SOURCE = "riverside"


def plan_tree() -> dict[str, Any]:
    """Return the plan record of the sample message, as the map reads it."""
    document = record_json.parse((SAMPLES / "riverside-plan.json").read_bytes())
    made = to_right(shipped().get("riverside-plan"), document, Context(SOURCE)).items
    return as_tree(KINDS["plan"].model_validate(next(item.body for item in made if item.type == "plan")))


def unordered(tree: Any) -> Any:
    """Return a tree in which the order of fields and of extensions does not matter."""
    if isinstance(tree, dict):
        return {key: unordered(value) for key, value in sorted(tree.items())}
    if isinstance(tree, list):
        return sorted((unordered(item) for item in tree), key=repr)
    return tree


def rows_alone(program: RightProgram, tree: Any) -> Callable[[], object]:
    """Return a call of the generated functions with nothing around them: no coverage, no look at sizes and shapes."""

    def call() -> object:
        run = Making(program.map, Context(SOURCE), Systems(SOURCE))
        for block in program.blocks:
            block(tree, run)
        return run.made

    return call


def run() -> str:
    """Return the table of this bench.

    Raises:
        AssertionError: the hand-written code and the map do not make the same resources.
    """
    plan, map_, context = plan_tree(), shipped().get("plan"), Context(SOURCE)
    made = to_right(map_, plan, context)
    pairs = [(item.type, item.body) for item in made.items]
    bodies = [item.body for item in made.items]
    if unordered(bodies) != unordered(plan_to_fhir(SOURCE, plan)):
        raise AssertionError("the hand-written code makes other resources than the map")
    message = record_json.format({"resources": bodies})
    plain, traced = compile_right(map_, is_traced=False), compile_right(map_)
    seconds = medians(
        {
            FLOOR: json_floor(message),
            "JSON in and out with our checks": lambda: record_json.format(record_json.parse(message)),
            "hand-written Python, no checks, no trace": lambda: plan_to_fhir(SOURCE, plan),
            "hand-written Python that makes each id once": lambda: plan_to_fhir(SOURCE, plan, once(stable_id)),
            "generated code alone, without trace": rows_alone(plain, plan),
            "generated code alone, with trace": rows_alone(traced, plan),
            "coverage, shape and size alone": lambda: walk(plan, traced.plan, Look(), 0),
            "record to FHIR as it runs: code, trace, coverage, shape, size": lambda: to_right(map_, plan, context),
            "narrative of all of it, made when it is printed, filed or handed out": lambda: narrated(map_, made.items),
            "record to FHIR, interpreted": lambda: right.to_right(map_, plan, context),
            "FHIR to record as it runs: code, coverage, size": lambda: to_left(map_, pairs, context),
            "FHIR to record, interpreted": lambda: back.to_left(map_, pairs, context),
        }
    )
    hand = seconds["hand-written Python, no checks, no trace"]
    told = table(f"Mapping: one plan, {len(bodies)} resources, {len(message)} bytes", seconds)
    ratios = "\n".join(f"- {name}: {took / hand:.2f} x" for name, took in list(seconds.items())[2:])
    return f"{told}\nIn times of the hand-written code (below 1 is faster):\n\n{ratios}\n"
