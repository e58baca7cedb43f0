"""The whole way of a message inside one process: bytes in, mapped, checked, bytes out; and where the time goes."""

from __future__ import annotations

from typing import Any

import orjson
from tests.support.maps import MAPPINGS, shipped

from bench.mapping import SOURCE, plan_tree
from bench.timing import FLOOR, json_floor, medians, table
from fhirbridge.formats import record_json
from fhirbridge.mapping.run import Context, narrated, to_right
from fhirbridge.services.definitions import beside, read_checker
from fhirbridge.validation.check import Checker


def run() -> str:
    """Return the table of this bench; the floor is the JSON codec on the bytes that come out."""
    checker, map_, context = read_checker(beside(MAPPINGS)), shipped().get("plan"), Context(SOURCE)
    came = record_json.format(plan_tree())
    tree = record_json.parse(came)
    made = to_right(map_, tree, context)
    bodies = [item.body for item in narrated(map_, made.items)]
    went = record_json.format({"resources": bodies})

    def whole() -> bytes:
        items = narrated(map_, to_right(map_, record_json.parse(came), context).items)
        for item in items:
            checker.check(item.body)
        return record_json.format({"resources": [item.body for item in items]})

    seconds = medians(
        {
            FLOOR: json_floor(went),
            "orjson alone, in and out, the bytes that come out": lambda: orjson.dumps(orjson.loads(went)),
            "the whole way": whole,
            "bytes in to tree, duplicate keys refused, exact decimals": lambda: record_json.parse(came),
            "map, trace, coverage": lambda: to_right(map_, tree, context),
            "narrative": lambda: narrated(map_, made.items),
            "structure, invariants and profiles": lambda: _check(checker, bodies, profiles=True),
            "of these, structure and invariants": lambda: _check(checker, bodies, profiles=False),
            "trees to bytes": lambda: record_json.format({"resources": bodies}),
        }
    )
    title = f"Bytes to bytes: {len(came)} bytes of a plan in, {len(bodies)} resources, {len(went)} bytes out"
    return table(title, seconds)


def _check(checker: Checker, bodies: list[dict[str, Any]], *, profiles: bool) -> None:
    for body in bodies:
        checker.check(body, profiles=profiles)
