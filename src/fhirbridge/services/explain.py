"""Where an element of a resource came from: source field, map file and line, codec, versions. No values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fhirbridge.errors import NotFound
from fhirbridge.formats import fhir_json
from fhirbridge.mapping.model import Map
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.reading import nearest
from fhirbridge.store.base import RecordRow, ResourceRow, Transaction

ENGINE_MADE = frozenset({"resourceType", "id", "meta", "identifier"})


@dataclass(frozen=True, slots=True)
class Step:
    """One map that an element went through, from `source` to `target`."""

    target: str
    source: str
    map: str
    version: str
    hash: str
    file: str
    line: int
    codec: str
    data_class: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one element came to be: FHIR element first, the partner's own field last."""

    resource: str
    version: int
    path: str
    record: str
    message: str
    steps: tuple[Step, ...]
    absent: str = ""

    def to_lines(self) -> list[str]:
        """Return the explanation as lines of text."""
        lines = [f"{self.resource} version {self.version}, element {self.path}"]
        lines += [self.absent] if self.absent else []
        for step in self.steps:
            lines.append(f"  {step.target}  <-  {step.source or 'a constant of the map'}")
            place = f"{step.file}:{step.line}, codec {step.codec}" if step.file else "made by the bridge"
            lines.append(f"      {place}{f', class {step.data_class}' if step.data_class else ''}")
            lines += [f"      map {step.map} {step.version}, sha256 {step.hash[:12]}"] if step.map else []
        lines.append(f"record {self.record or 'of several sources'}, arrived with message {self.message or '-'}")
        return lines

    def to_tree(self) -> dict[str, object]:
        """Return the explanation as a JSON tree."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def explain(bridge: Bridge, type_: str, id_: str, path: str) -> Explanation:
    """Return where `path` (such as `description.text` or `target[0].dueDate`) of a resource came from.

    Raises:
        NotFound: no such resource.
    """
    with bridge.store.snapshot() as tx:
        row = tx.find_resource(type_, id_)
        if row is None:
            raise NotFound
        return _explain(bridge, tx, row, path.removeprefix(f"{type_}."))


def _explain(bridge: Bridge, tx: Transaction, row: ResourceRow, path: str) -> Explanation:
    trace = json.loads(row.trace)
    entry, _ = nearest(trace.get("elements", {}), path)
    record_name = str((entry or {}).get("record", trace.get("record", "")))
    record = _find_record(tx, record_name)
    is_there = not row.deleted and _has(fhir_json.parse(row.body), path)
    steps = _steps(trace, entry, record, row.type + "." + path) if entry and is_there else ()
    return Explanation(
        resource=f"{row.type}/{row.id}",
        version=row.version,
        path=path,
        record=record_name,
        message=record.message_id if record else "",
        steps=steps,
        absent="" if steps else _absent(bridge, trace, row, path),
    )


def _find_record(tx: Transaction, name: str) -> RecordRow | None:
    kind, _, rest = name.partition("/")
    source, _, key = rest.partition("/")
    return tx.find_record(kind, source, key)


def _steps(
    trace: Mapping[str, Any], entry: Mapping[str, Any], record: RecordRow | None, target: str
) -> tuple[Step, ...]:
    first = _step(trace, entry, target)
    if record is None or not first.source:
        return (first,)
    told = json.loads(record.trace)
    own, rest = nearest(told.get("elements", {}), first.source.partition(".")[2])
    if own is None:
        return (first,)
    second = _step(told, own, first.source)
    return (first, Step(**{**asdict(second), "source": f"{second.source}{rest}"}))


def _step(trace: Mapping[str, Any], entry: Mapping[str, Any], target: str) -> Step:
    return Step(
        target=target,
        source=str(entry.get("from", "")),
        map=str(trace.get("map", "")),
        version=str(trace.get("version", "")),
        hash=str(trace.get("hash", "")),
        file=str(entry.get("file", "")),
        line=int(entry.get("line", 0)),
        codec=str(entry.get("codec", "")),
        data_class=str(entry.get("class", "")),
    )


# -- why it is not there


def _has(tree: Any, path: str) -> bool:
    """Say whether something stands at a path such as `target[0].dueDate`."""
    for name in re.findall(r"[^.\[\]]+", path):
        try:
            tree = tree[int(name) if isinstance(tree, list) else name]
        except (KeyError, IndexError, ValueError, TypeError):
            return False
    return True


def _absent(bridge: Bridge, trace: Mapping[str, Any], row: ResourceRow, path: str) -> str:
    top = re.split(r"[.\[]", path)[0]
    if top in ENGINE_MADE:
        return f"{top} is made by the bridge, from the record's key and what the store knows of the resource."
    if row.deleted:
        return "The resource is deleted: its record no longer speaks of it."
    name = str(trace.get("map", ""))
    if name not in bridge.maps.names():
        return "No map wrote this element."
    return _absent_in(bridge.maps.get(name), row.type, path)


def _absent_in(map_: Map, type_: str, path: str) -> str:
    """Say which rows would write the element, or that none does."""
    plain = re.sub(r"\[[^\]]*\]", "", path)
    rows = [row for block in map_.blocks if block.type == type_ for row in block.rows if row.goes_right]
    found = [row for row in rows if re.sub(r"\[[^\]]*\]", "", row.right_text).startswith(plain)]
    if not found:
        return f"No row of map {map_.name} writes this element."
    texts = "; ".join(f"{row.left_text or 'a constant'} ({row.place.file}:{row.place.line})" for row in found)
    return f"The record has nothing in the field that would fill it: {texts}."
