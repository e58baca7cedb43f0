"""The Patient of a person: what all sources say of one person, in one resource whose id is the person's.

Numbers, names, addresses and telecoms of all sources stand side by side; of a single-valued element the first source
(by its id, then by the record's key) that has it is believed, so that the order of arrival does not matter. The trace
names the `sources` of each element: who may see it is decided by their consents, not by those of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fhirbridge.formats import record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.run import Item, narrated, to_right
from fhirbridge.services import identity
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.disclose import source_of
from fhirbridge.store.base import RecordRow, Transaction

PERSON_MAP = "person"
PATIENT = "Patient"


def build(bridge: Bridge, tx: Transaction, person_id: str) -> Item:
    """Return the Patient of a person as an item to be put; also of one of whom only a number is known."""
    body: dict[str, Any] = {}
    trace: dict[str, Any] = {"elements": {}}
    for row in tx.iter_records(person_id, PERSON_MAP):
        found = _mapped(bridge, tx, row)
        if found:
            trace = {**found.trace, **trace, "elements": trace["elements"]}
            _merge(body, trace["elements"], found)
    classes = identity.classes_of_numbers(tx, bridge.partners, person_id)
    _add_numbers(body, trace["elements"], classes, identity.tellers_of_numbers(tx, person_id))
    trace.pop("record", None)
    made = Item(PATIENT, person_id, person_id, body, trace, identity.IDENTITY_CLASS)
    return narrated(bridge.maps.get(PERSON_MAP), [made])[0]


def _mapped(bridge: Bridge, tx: Transaction, row: RecordRow) -> Item | None:
    """Return the Patient that one source's person record makes; a justice number stays justice data in it."""
    known = identity.known_patient(tx, row.person_id)
    mapped = to_right(bridge.maps.get(PERSON_MAP), record_json.parse(row.body), Context(row.source, known))
    item = next((item for item in mapped.items if item.type == PATIENT), None)
    if item is None:
        return None
    body = {name: value for name, value in item.body.items() if name not in ("resourceType", "id")}
    is_justice = identity.is_justice_side(bridge.partners, row.source)
    told = {"class": identity.JUSTICE_CLASS if is_justice else identity.IDENTITY_CLASS}
    elements = {f"identifier[{index}]": dict(told) for index, _ in enumerate(body.get("identifier", []))}
    kept = {path: entry for path, entry in item.trace["elements"].items() if not path.startswith("identifier")}
    record = f"{row.kind}/{row.source}/{row.key}"
    return replace(item, body=body, trace={**item.trace, "record": record, "elements": {**kept, **elements}})


def _add_numbers(
    body: dict[str, Any],
    elements: dict[str, Any],
    classes: Mapping[identity.Number, str],
    tellers: Mapping[identity.Number, list[str]],
) -> None:
    """Add the numbers that no person record said; give every number the class it has by all sources, and its tellers:
    that somebody is also another agency's client is for that agency's consent to tell.
    """
    numbers = body.setdefault("identifier", [])
    said = {(each.get("system"), each.get("value")) for each in numbers}
    numbers += [{"system": number[0], "value": number[1]} for number in sorted(classes) if number not in said]
    for index, each in enumerate(numbers):
        number = (each.get("system"), each.get("value"))
        if number in classes:
            elements[f"identifier[{index}]"] = {"class": classes[number], "sources": tellers.get(number, [])}


def _merge(body: dict[str, Any], elements: dict[str, Any], other: Item) -> None:
    """Add to a Patient what another source says of the same person; trace entries move with their elements."""
    for name, value in other.body.items():
        if name not in body:
            body[name] = list(value) if isinstance(value, list) else value
            _move(elements, other, name, name)
        elif isinstance(value, list) and isinstance(body[name], list):
            for index, part in enumerate(value):
                if part in body[name]:
                    _share(elements, f"{name}[{body[name].index(part)}]", source_of(other.trace))
                else:
                    _move(elements, other, f"{name}[{index}]", f"{name}[{len(body[name])}]")
                    body[name].append(part)
        elif value == body[name]:
            _share(elements, name, source_of(other.trace))


def _move(elements: dict[str, Any], other: Item, old: str, new: str) -> None:
    told = {"record": other.trace.get("record", ""), "sources": [source_of(other.trace)]}
    for path, entry in other.trace.get("elements", {}).items():
        if _is_under(path, old):
            elements[f"{new}{path[len(old) :]}"] = {**entry, **told}


def _share(elements: dict[str, Any], at: str, source: str) -> None:
    """Note that another source says the same of an element."""
    for path, entry in elements.items():
        if _is_under(path, at):
            elements[path] = {**entry, "sources": [*entry.get("sources", ()), source]}


def _is_under(path: str, at: str) -> bool:
    return path == at or path.startswith((f"{at}.", f"{at}["))
