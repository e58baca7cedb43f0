"""Codes: every table fits the codes on both sides, goes back one way, and every code has its system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.required import written_paths
from fhirbridge.mapping.checking.scene import SHOWN, Scene, at, listed, names, walk
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.spelling import path_text
from fhirbridge.terminology.tables import ANY_CODE, CodeTable

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_NEEDS: dict[tuple[str, str], tuple[str, str]] = {
    ("Coding", "code"): ("system", "a code without its system means nothing to who receives it"),
    ("Identifier", "value"): ("system", "a number without its system may be anybody's"),
    ("ContactPoint", "value"): ("system", "R4 demands it (cpt-2): phone, sms, email, url"),
    ("Quantity", "code"): ("system", "R4 demands it (qty-3): http://unitsofmeasure.org"),
}
"""Type and element -> the element that has to stand beside it, and why."""


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong with codes and systems: FB211, FB212, FB218, FB274, FB277."""
    for block in scene.map.blocks:
        for row in block.rows:
            allowed = at(scene.right_shape(block), row.right).codes
            if row.arrow != ":=" and row.codec.name == "copy" and row.expression is None:
                yield from _copied(scene, block, row, allowed)
            if row.codec.table:
                yield from _table(scene, block, row, row.codec.table, allowed)
        if scene.is_fhir:
            yield from _alone(scene, block)
    yield from _not_uri(scene)


def _copied(scene: Scene, block: Block, row: Row, allowed: frozenset[str]) -> Iterator[Issue]:
    sources = scene.left_shape(block, row).codes
    if allowed and (not sources or sources - allowed):
        own = ", ".join(sorted(sources - allowed)) or "any text"
        message = f"`{row.left_text}` may be {own}, `{row.right_text}` may not"
        yield finding("FB211", row.place, message, hint="translate with a code table")


def _table(scene: Scene, block: Block, row: Row, table: CodeTable, allowed: frozenset[str]) -> Iterator[Issue]:
    end = table.unmapped
    ends = (end.row(ANY_CODE),) if end and end.mode == "fixed" else ()
    wrong_targets = [line for line in (*table.rows, *ends) if allowed and line.target not in allowed]
    for line in wrong_targets[:SHOWN]:
        message = f"table `{line.table}` line {line.line}: `{line.target}` is no code of `{row.right_text}`"
        yield finding("FB211", row.place, message, hint=str(did_you_mean(line.target, allowed)))
    if row.arrow == "<=>" and not row.lossy and (ambiguous := table.ambiguous_targets()):
        lines = listed([str(line.line) for line in ambiguous])
        message = f"table `{table.name}` lines {lines} share a target, or lead to one that has no single way back"
        yield finding("FB212", row.place, message, hint="mark one `back = yes`")
    if row.codec.right_type in ("Coding", "CodeableConcept") and (bare := [r for r in table.rows if not r.system]):
        message = f"table `{table.name}` names no system in line {listed([str(line.line) for line in bare])}"
        yield finding("FB277", row.place, message, hint="write the code system's URI in the column `system`")
    if row.expression is None and row.arrow != ":=":
        yield from _kept(scene, block, row, table, allowed)
        yield from _sources(scene, block, row, table)


def _kept(scene: Scene, block: Block, row: Row, table: CodeTable, allowed: frozenset[str]) -> Iterator[Issue]:
    """Yield a finding where codes that no line names are kept as they are, and the right side may not hold them."""
    end = table.unmapped
    sources = scene.left_shape(block, row).codes
    if end and end.mode == "provided" and allowed and not (sources and sources - table.forward.keys() <= allowed):
        message = f"table `{end.table}` line {end.line} keeps codes that `{row.right_text}` does not take"
        yield finding("FB211", row.place, message, hint="write fixed and a code, or leave the line out")


def _sources(scene: Scene, block: Block, row: Row, table: CodeTable) -> Iterator[Issue]:
    sources = scene.left_shape(block, row).codes
    if not sources:
        return
    known = table.forward.keys() | table.unmatched.keys()
    if missing := [] if row.codec.default or table.has_answer else sorted(sources - known):
        message = f"table `{table.name}` has no line for {listed(missing)} of `{row.left_text}`"
        yield finding("FB218", row.place, message, hint="add a line, or name a default: code TABLE else CODE")
    own = {line.source: line.line for line in table.rows if line.table == table.name}
    if extra := sorted(own.keys() - sources):
        lines = listed([f"`{code}` (line {own[code]})" for code in extra])
        message = f"table `{table.name}` has {lines}, which `{row.left_text}` never is"
        yield finding("FB218", row.place, message, hint="take the line out, or add the code to the schema")


# -- systems ---------------------------------------------------------------------------------------------------------


def _alone(scene: Scene, block: Block) -> Iterator[Issue]:
    """Yield a finding for each code or number that is written without the system it needs beside it."""
    shape = scene.right_shape(block)
    written = {path_text(path) for row in block.rows if row.goes_right for path in written_paths(row.right)}
    for row in block.rows:
        for position, step, parent in walk(shape, row.right) if row.goes_right else ():
            needs = _NEEDS.get((parent.type, step.name))
            if not needs or position + 1 != len(row.right):
                continue
            name, why = needs
            beside = ".".join(filter(None, (path_text(row.right[:position]), name)))
            hidden = scene.gaps.hides_right(block.name, (*names(row.right[:position]), name))
            if beside not in written and not hidden:
                message = f"`{row.right_text}` is written without `{name}` beside it"
                yield finding("FB277", scene.right_place(block, row), message, hint=f"{why}; add a row for {name}")


def _not_uri(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for each system that is no absolute URI: declared ones, and constants."""
    for name, uri in scene.written.systems.items():
        if not _URI.fullmatch(uri):
            place = scene.written.table_places[name]
            yield finding("FB274", place, f"system `{name}` is no absolute URI", hint=_URI_HINT)
    for block, row in scene.rows():
        is_uri = scene.is_fhir and at(scene.right_shape(block), row.right).type in ("uri", "url", "canonical")
        if row.arrow == ":=" and is_uri and not _URI.fullmatch(str(row.constant)):
            yield finding("FB274", row.place, f"`{row.right_text}` is no absolute URI", hint=_URI_HINT)


_URI_HINT = "write for example http://agency.example/clients, or urn:oid:1.2.3"
