"""Where an element of a stored resource came from, or why it is not there: field, row, codec, table line, versions.

No values are told. What the present map says is told only where it is the map that made the element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from fhirbridge.errors import MalformedInput, NotFound
from fhirbridge.formats import fhir_json, record_json
from fhirbridge.mapping.business_keys import iter_keys
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.reasons import ENGINE_MADE, NARRATIVE, Instance, Reason, instances, no_row, why_absent
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.maps.telling import explain_entry, has_path
from fhirbridge.services.reading import nearest, parse
from fhirbridge.store.base import RecordRow, ResourceRow, Transaction


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
    row: str = ""
    table: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one element came to be: FHIR element first, the partner's own field last."""

    resource: str
    version: int
    path: str
    record: str
    message: str
    steps: tuple[Step, ...]
    absent: tuple[Reason, ...] = ()

    def to_lines(self) -> list[str]:
        """Return the explanation as lines of text."""
        lines = [f"{self.resource} version {self.version}, element {self.path}"]
        lines += [line for reason in self.absent for line in reason.to_lines()]
        lines += [line for step in self.steps for line in _step_lines(step)]
        lines.append(f"record {self.record or 'of several sources'}, arrived with message {self.message or '-'}")
        return lines

    def to_tree(self) -> dict[str, object]:
        """Return the explanation as a JSON tree."""
        reasons = [asdict(reason) for reason in self.absent]
        return {**asdict(self), "steps": [asdict(step) for step in self.steps], "absent": reasons}


def _step_lines(step: Step) -> Iterator[str]:
    made = "the default of the row" if step.default else "a constant of the map"
    yield f"  {step.target}  <-  {step.source or made}"
    place = f"{step.file}:{step.line}, codec {step.codec}" if step.file else "made by the bridge"
    more = [step.table] if step.table else []
    more += [f"class {step.data_class}"] if step.data_class else []
    yield f"      {', '.join([place, *more])}"
    if step.row:
        yield f"      {step.row}"
    if step.map:
        yield f"      map {step.map} {step.version}, sha256 {step.hash[:12]}"


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
    is_there = not row.deleted and has_path(fhir_json.parse(row.body), path)
    steps = _steps(bridge, tx, trace, record, f"{row.type}.{path}") if entry and is_there else ()
    return Explanation(
        resource=f"{row.type}/{row.id}",
        version=row.version,
        path=path,
        record=record_name,
        message=record.message_id if record else "",
        steps=steps,
        absent=() if steps else _absent(bridge, trace, row, record, path),
    )


def _find_record(tx: Transaction, name: str) -> RecordRow | None:
    kind, _, rest = name.partition("/")
    source, _, key = rest.partition("/")
    return tx.find_record(kind, source, key)


def _steps(
    bridge: Bridge, tx: Transaction, trace: Mapping[str, Any], record: RecordRow | None, target: str
) -> tuple[Step, ...]:
    """Return the step from the element to the record and, where one is known, from there to the partner's field."""
    entry, _ = nearest(trace["elements"], target.partition(".")[2])
    first = _step(bridge, trace, entry or {}, target, record_json.parse(record.body) if record else {})
    if record is None or not first.source:
        return (first,)
    told = json.loads(record.trace)
    kind, _, field_ = first.source.partition(".")
    own, rest = nearest(told.get("elements", {}), field_)
    if own is None:
        return (first,)
    second = _step(bridge, told, own, f"{kind}.{field_.removesuffix(rest)}", _message_tree(bridge, tx, record))
    return (first, replace(second, target=first.source, source=f"{second.source}{rest}"))


def _message_tree(bridge: Bridge, tx: Transaction, record: RecordRow) -> Any:
    """Return the document of the sender that a record was made of; nothing where it is not known any more."""
    message = tx.find_message(record.message_id)
    partner = bridge.partners.get(message.partner) if message else None
    if message is None or partner is None or not message.body:
        return {}
    lines = tuple(json.loads(record.trace).get("lines", ()))
    try:
        documents = parse(bridge.maps, partner, message.kind, message.body)
    except MalformedInput:  # the map in use reads another format than the one of that day
        return {}
    return next((document.tree for document in documents if document.lines == lines), {})


def _step(bridge: Bridge, trace: Mapping[str, Any], entry: Mapping[str, Any], target: str, tree: Any) -> Step:
    """Return one step; row and table line only where the map that made it is the one in use."""
    map_ = _find_map(bridge, trace)
    type_, _, path = target.partition(".")
    told = explain_entry(map_, entry, tree, type_=type_, path=path) if map_ and entry.get("file") else None
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
        row=told.row if told else "",
        table=told.table if told else "",
        default=bool(entry.get("default")),
    )


def _find_map(bridge: Bridge, trace: Mapping[str, Any]) -> Map | None:
    """Return the map that a trace names when it is still the one in use, else None."""
    name = str(trace.get("map", ""))
    map_ = bridge.maps.get(name) if name in bridge.maps.names() else None
    return map_ if map_ and map_.hash == trace.get("hash") else None


# -- why it is not there


def _absent(
    bridge: Bridge, trace: Mapping[str, Any], row: ResourceRow, record: RecordRow | None, path: str
) -> tuple[Reason, ...]:
    top = re.split(r"[.\[]", path)[0]
    if top == "text":
        return (Reason(NARRATIVE),)
    if top in ENGINE_MADE:
        text = f"{top} is made by the bridge, from the record's key and what the store knows of the resource."
        return (Reason(text),)
    if row.deleted:
        return (Reason("The resource is deleted: its record no longer speaks of it."),)
    map_ = _find_map(bridge, trace)
    if map_ is None:
        changed = "The map that wrote this resource is no longer in use." if trace.get("map") else ""
        return (Reason(changed or "No map wrote this element."),)
    found = _instances(map_, row, record_json.parse(record.body) if record else {})
    if not found:
        return (Reason(no_row(map_, row.type, path)),)
    return why_absent(map_, found, path, (), Context(source=record.source if record else ""))


def _instances(map_: Map, row: ResourceRow, tree: Any) -> list[Instance]:
    """Return the item of the record that a resource was made of; all of its type where it cannot be told."""
    found = [each for b in map_.blocks if b.type == row.type for each in instances(map_, b, tree)]
    values = {value for _, value in iter_keys(fhir_json.parse(row.body))}
    return [each for each in found if each.key in values] or found
