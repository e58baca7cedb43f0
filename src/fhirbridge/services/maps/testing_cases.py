"""One test beside a map: what goes in is read, sent through the map, and judged.

Laws of this file: a file is read from the maps' folder and from nowhere else; what a map makes must be valid too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from fhirbridge.errors import BridgeError, Issue
from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.formats import json_text
from fhirbridge.formats.document import Document
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.files import Files
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.cases import Case
from fhirbridge.mapping.proving.covered import Ran
from fhirbridge.mapping.proving.differences import whole
from fhirbridge.mapping.proving.judge import Outcome, bodies_by_block, faults
from fhirbridge.mapping.proving.overrides import CannotChange, changed
from fhirbridge.mapping.run import Item, Mapped, narrated, to_left, to_right
from fhirbridge.services import sides
from fhirbridge.services.maps import trying
from fhirbridge.services.maps.testing_results import Failure
from fhirbridge.services.reading import find_document_issues, find_record_issues, unnamed
from fhirbridge.validation.check import Checker

Tree = Any


@dataclass(frozen=True, slots=True)
class Bench:
    """What tests are run with: the files they may read, and what knows the profiles."""

    files: Files
    checker: Checker


@dataclass(frozen=True, slots=True)
class CaseRun:
    """What came of one test. `output` is what `out:` is compared with: the printed form of what was made."""

    failures: tuple[Failure, ...]
    ran: tuple[Ran, ...] = ()
    output: Tree = field(default=None)


class _CannotRun(Exception):
    """The test cannot be run; the failure says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


def run_case(bench: Bench, map_: Map, case: Case) -> CaseRun:
    """Return what came of one test."""
    try:
        run = _to_right(bench, map_, case) if case.direction == "right" else _to_left(bench, map_, case)
    except _CannotRun as error:
        return CaseRun((error.failure,))
    return replace(run, failures=(*run.failures, *_out_failures(bench, map_, case, run.output)))


# -- what goes in ----------------------------------------------------------------------------------------------------


def _documents(bench: Bench, map_: Map, case: Case) -> list[Document]:
    """Return the documents that a test sends to the right."""
    if case.given is not None:
        return [Document(case.given)]
    key, file = ("in", case.in_file) if case.in_file else ("base", case.base_file)
    documents = _read(bench, case, key, file, lambda body: sides.read(sides.left_of(map_), body))
    return [replace(each, tree=_changed(case, each.tree, map_.root)) for each in documents]


def _items(bench: Bench, map_: Map, case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Return the resources, records or documents that a test sends to the left."""
    if case.given is not None:
        tree = case.given
    else:
        key, file = ("in", case.in_file) if case.in_file else ("base", case.base_file)
        tree = _changed(case, _read(bench, case, key, file, lambda body: _right_tree(map_, body)), "")
    try:
        return list(trying.right_items(map_, tree))
    except BridgeError as error:
        raise _CannotRun(Failure("", error.code, str(case.text.place))) from error


def _right_tree(map_: Map, body: bytes) -> Tree:
    if map_.right.kind in ("csv", "xml"):
        return [document.tree for document in sides.read(sides.right_of(map_), body)]
    return json_text.parse(body)


def _read(bench: Bench, case: Case, key: str, file: str, parse: Any) -> Any:
    """Return what is in a file of a test."""
    place = str(case.place(key))
    try:
        return parse(bench.files.read(file))
    except FileNotFoundError as error:
        raise _CannotRun(Failure(file, "missing", place)) from error
    except BridgeError as error:
        raise _CannotRun(Failure(file, error.code, place)) from error


def _changed(case: Case, tree: Tree, root: str) -> Tree:
    try:
        return changed(tree, case.changes, root)
    except CannotChange as error:
        path = str(error)
        raise _CannotRun(Failure(path, "missing", str(case.place(f"with.{path}")))) from error


# -- running ---------------------------------------------------------------------------------------------------------


def _to_right(bench: Bench, map_: Map, case: Case) -> CaseRun:
    context = Context(source=case.source)
    heads: dict[str, list[Tree]] = {}
    issues: list[Issue] = []
    ran: list[Ran] = []
    for document in _documents(bench, map_, case):
        mapped = _mapped(map_, document.tree, context)
        found = [*document.issues, *unnamed(mapped.issues, document.issues)]
        found += unnamed(_item_issues(bench, map_, mapped.items), found)
        for name, bodies in bodies_by_block(map_, document.tree, mapped.items, context).items():
            heads.setdefault(name, []).extend(bodies)
        issues += found
        ran.append(Ran(document.tree, context, items=mapped.items, issues=tuple(found)))
    made = [item for each in ran for item in each.items]
    return CaseRun(_failures(case, Outcome(heads, issues)), tuple(ran), _printed(map_, made))


def _mapped(map_: Map, tree: Tree, context: Context) -> Mapped:
    wrong = find_record_issues(map_.left.names[0], tree) if map_.left.kind == "record" else ()
    if wrong:
        return Mapped((), tuple(wrong))
    made = to_right(map_, tree, context)
    return Mapped(narrated(map_, made.items), made.issues)


def _item_issues(bench: Bench, map_: Map, items: Sequence[Item]) -> Iterator[Issue]:
    """Yield what is wrong with what a map made: by R4 and the profiles it claims, the record's rules, the schema."""
    for item in items:
        if map_.right.kind == "fhir":
            yield from bench.checker.check(item.body)
        elif map_.right.kind == "record":
            yield from find_record_issues(item.type, item.body, map_, item.trace)
        else:
            yield from find_document_issues(map_, item)


def _printed(map_: Map, items: Sequence[Item]) -> list[Tree]:
    if map_.right.kind == "record":
        return [{"kind": item.type, "record": item.body} for item in items]
    return [item.body for item in items]


def _to_left(bench: Bench, map_: Map, case: Case) -> CaseRun:
    context = Context(source=case.source)
    items = _items(bench, map_, case)
    restored = to_left(map_, items, context)
    outcome = Outcome({map_.root: [restored.tree]}, restored.issues)
    ran = Ran(restored.tree, context, bodies=tuple(items), issues=restored.issues)
    return CaseRun(_failures(case, outcome), (ran,), restored.tree)


# -- judging ---------------------------------------------------------------------------------------------------------


def _failures(case: Case, outcome: Outcome) -> tuple[Failure, ...]:
    return tuple(
        Failure(
            fault.difference.path,
            fault.difference.kind,
            str(case.place(fault.key)),
            fault.difference.expected,
            fault.difference.found,
        )
        for fault in faults(case, outcome)
    )


def _out_failures(bench: Bench, map_: Map, case: Case, output: Tree) -> Iterator[Failure]:
    """Yield how what was made differs from the file that holds it whole."""
    if not case.out_file:
        return
    place = str(case.place("out"))
    try:
        expected = read_out(bench, map_, case)
    except FileNotFoundError:
        yield Failure(case.out_file, "missing", place)
        return
    except BridgeError as error:
        yield Failure(case.out_file, error.code, place)
        return
    for difference in whole(expected, as_golden(expected, output), ""):
        yield Failure(difference.path, difference.kind, place, difference.expected, difference.found)


def as_golden(golden: Tree, output: Tree) -> Tree:
    """Return what was made as the file that holds it whole has it: without the narrative generated for resources that
    have none in the file. Goldens are read by people, and say everything once.
    """
    if not isinstance(output, list) or not all(isinstance(each, dict) and "resourceType" in each for each in output):
        return output
    told = {_name(each) for each in (golden if isinstance(golden, list) else ()) if "text" in each}
    return [each if _name(each) in told else without_narrative(each) for each in output]


def _name(resource: Tree) -> tuple[Tree, Tree]:
    return resource.get("resourceType"), resource.get("id")


def read_out(bench: Bench, map_: Map, case: Case) -> Tree:
    """Return what the `out:` file of a test holds, in the form of `CaseRun.output`.

    Raises:
        FileNotFoundError: it is not there.
        MalformedInput: it cannot be read.
    """
    body = bench.files.read(case.out_file)
    if case.direction == "right":
        tree = _right_tree(map_, body)
        if map_.right.kind == "fhir":  # a list, or a Bundle
            return [resource for _, resource in trying.right_items(map_, tree)]
        return tree if isinstance(tree, list) else [tree]
    return sides.read(sides.left_of(map_), body)[0].tree


def write_out(map_: Map, case: Case, output: Tree) -> bytes:
    """Return the bytes of an `out:` file: JSON to read, or the form of a CSV or XML side."""
    end, trees = (sides.right_of(map_), output) if case.direction == "right" else (sides.left_of(map_), [output])
    if end.side.kind in ("csv", "xml"):
        return sides.write(end, trees)
    return pretty(output)


def pretty(tree: Tree) -> bytes:
    """Return a tree as JSON with two blanks a level, decimals with the digits they have."""
    return msgspec.json.format(json_text.format(tree), indent=2) + b"\n"
