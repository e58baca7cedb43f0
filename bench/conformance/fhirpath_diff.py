"""Our FHIRPath and fhirpathpy's on every R4 invariant, over a folder of R4 resources: agreements, disagreements, time.

    python -m bench.conformance.fhirpath_diff FOLDER [--every N]

Both judge what we judge: the published expression, or its correction. `txt-1` and `txt-2` are left out, for fhirpathpy
has no htmlChecks(). It has no answer for all: what it raises is counted as `raised`. Its trace() is silenced: it would
print the data. Rules that our structure check judges itself are compared, but not timed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import fhirpathpy
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from fhirbridge.fhir.elements import elements_of, is_resource, rules_of
from fhirbridge.fhir.fhirpath import Compiled, NotJudged, Scene, compile_path
from fhirbridge.fhir.fhirpath.types import parent_of
from fhirbridge.validation.invariants import STRUCTURAL, corrected

Tree = dict[str, Any]
Theirs = Callable[[Any, Tree], list[Any]]

LEFT_OUT = frozenset({"txt-1", "txt-2"})
MAX_BYTES = 200_000


def iter_values(type_: str, value: Tree, resource: Tree) -> Iterator[tuple[str, Tree, Tree]]:
    """Yield each object with its type and the resource it stands in."""
    if type_ == "Resource":
        type_, resource = str(value.get("resourceType")), value
    yield type_, value, resource
    for element in elements_of(type_):
        found = value.get(element.name)
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, dict):
                yield from iter_values(element.type, item, resource)


@cache
def rules(type_: str) -> tuple[tuple[str, Compiled, Theirs], ...]:
    """Return the rules of a type, each compiled by both."""
    found = [rule for each in _line(type_) for rule in rules_of(each) if rule.path == each and rule.key not in LEFT_OUT]
    return tuple((rule.key, *_compiled(corrected(rule.expression), type_)) for rule in found)


def _line(type_: str | None) -> Iterator[str]:
    while type_:
        yield type_
        type_ = parent_of(type_)


def _compiled(expression: str, type_: str) -> tuple[Compiled, Theirs]:
    theirs = fhirpathpy.compile(expression, models["r4"], {"traceFn": lambda *shown: None})

    def judge(value: Any, resource: Tree) -> list[Any]:
        node = value if is_resource(type_) else ResourceNode.create_node(value, type_)  # type: ignore[no-untyped-call]
        return list(theirs(node, {"resource": resource, "rootResource": resource}))

    compiled = compile_path(expression, type_)
    ours(compiled, {}, Scene())  # it is written now, not while it is timed
    return compiled, judge


def ours(compiled: Compiled, value: Any, scene: Scene) -> str:
    """Return our answer as a word."""
    try:
        return str(compiled.test(value, scene))
    except NotJudged as fault:
        return f"not judged: {fault.reason}"


def theirs(judge: Theirs, value: Any, resource: Tree) -> str:
    """Return fhirpathpy's answer as a word; empty is not true."""
    try:
        found = judge(value, resource)
    except Exception:  # whatever it raises is an answer too
        return "raised"
    return str(found[0] is True if len(found) == 1 and isinstance(found[0], bool) else bool(found))


class Tally:
    """Answers counted, with an example file for each pair that differs."""

    def __init__(self) -> None:
        self.count = 0
        self.timed = 0
        self.different: Counter[tuple[str, str, str]] = Counter()
        self.where: dict[tuple[str, str, str], str] = {}
        self.seconds = [0.0, 0.0]

    def add(self, key: str, file: str, ask: tuple[Callable[[], str], Callable[[], str]]) -> None:
        """Ask both and count what they say."""
        said = []
        for place, question in enumerate(ask):
            start = time.perf_counter()
            said.append(question())
            self.seconds[place] += (time.perf_counter() - start) * (key not in STRUCTURAL)
        self.count += 1
        self.timed += key not in STRUCTURAL
        if said[0] != said[1]:
            self.different[key, said[0], said[1]] += 1
            self.where.setdefault((key, said[0], said[1]), file)

    def report(self) -> Iterator[str]:
        """Yield the lines of the report."""
        yield f"{self.count} judgements, {sum(self.different.values())} differ"
        micros = [seconds / max(1, self.timed) * 1e6 for seconds in self.seconds]
        yield f"{micros[0]:.2f} us a rule, fhirpathpy {micros[1]:.1f} us: {micros[1] / max(micros[0], 0.01):.0f} times"
        for pair, count in self.different.most_common():
            yield f"{pair[0]:10} we {pair[1]:24} it {pair[2]:8} {count:6}  {self.where[pair]}"


def main() -> None:
    """Read the folder and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each Nth file only")
    arguments = parser.parse_args()
    tally = Tally()
    for file in sorted(arguments.folder.glob("*.json"))[:: arguments.every]:
        if file.stat().st_size < MAX_BYTES:
            _judge_file(file, tally)
    print("\n".join(tally.report()))


def _judge_file(file: Path, tally: Tally) -> None:
    tree = json.loads(file.read_bytes())
    if not isinstance(tree, dict) or not is_resource(str(tree.get("resourceType"))):
        return
    for type_, value, resource in iter_values("Resource", tree, tree):
        scene = Scene(resource=resource, root=tree)
        for key, compiled, judge in rules(type_):
            asked = (partial(ours, compiled, value, scene), partial(theirs, judge, value, resource))
            tally.add(key, file.name, asked)


if __name__ == "__main__":
    main()
