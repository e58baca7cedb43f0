"""How fast: our checker at both speeds against the models of fhir.resources and @medplum/core, in one run.

All are given the same resources, parsed before the clock starts: what we make of the samples, and the examples of US
Core. The peer in JavaScript runs in a process of its own (`bench/peers/medplum`, `npm install` there once).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from bench import validation
from bench.conformance import material
from bench.conformance.at_hand import AtHand, Missing
from fhirbridge.formats import fhir_json

Tree = dict[str, Any]

HOME = material.ROOT / "bench" / "peers" / "medplum"
GUIDE = "US Core 6.1.0"
PEER = "@medplum/core, with the profiles of US Core claimed"
ROUNDS = 15


def run(hand: AtHand) -> Iterator[str]:
    """Yield the times for a resource, and how much quicker each is than the models and than the peer."""
    examples = {name: tree for name, tree in hand.us_core_examples(GUIDE).items() if tree["resourceType"] != "Bundle"}
    resources = [*hand.own.values(), *examples.values()]
    trees, seconds = validation.measured(resources, hand.checker(GUIDE))
    try:
        seconds[PEER] = _peer(hand, trees)
    except Missing as missing:
        yield f"{PEER}: left out: {missing}\n"
    yield validation.table(f"Speed on {len(trees)} resources, {GUIDE} loaded", len(trees), seconds, peer=PEER)
    yield validation.imports()


def _peer(hand: AtHand, trees: list[Tree]) -> float:
    """Return the seconds that the peer takes for one pass over the resources.

    Raises:
        Missing: node or npm is not there, or npm does not reach its registry.
    """
    _install()
    profiles = [t for _, t in material.iter_package(hand.us_core(GUIDE)) if t["resourceType"] == "StructureDefinition"]
    given = b'{"rounds": %d, "profiles": %s, "resources": %s}' % (ROUNDS, _array(profiles), _array(trees))
    command = ["node", "validate.mjs"]
    done = subprocess.run(command, cwd=HOME, input=given, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise Missing(f"the peer ended with {done.returncode}: {done.stderr.decode()[-200:]}")
    return float(json.loads(done.stdout)["microseconds"]) / 1e6


def _install() -> None:
    if (HOME / "node_modules").is_dir():
        return
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Missing("node and npm are not installed")
    done = subprocess.run(["npm", "install", "--silent"], cwd=HOME, capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        raise Missing("npm could not install @medplum/core")


def _array(trees: list[Tree]) -> bytes:
    return b"[" + b",".join(map(fhir_json.format, trees)) + b"]"
