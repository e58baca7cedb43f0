"""What FHIR R4 and our profiles demand of an element, in words for reviewers.

Source: http://hl7.org/fhir/R4/elementdefinition.html; facts from the R4 table and the profiles' differentials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.fhir.elements import Element, find_element
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Steps

Definitions = Mapping[str, Mapping[str, Any]]
"""StructureDefinitions by canonical URL."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a target's definition demands of one element.

    Attributes:
        cardinality: `1..1`; of a record's field the same.
        type: FHIR or JSON type.
        binding: strength and value set, or the codes that a record's field may be.
        targets: what a reference may name.
        note: what the profile or schema says of it.
        profile: title of the profile that says more than R4, nothing where none does.
    """

    cardinality: str
    type: str
    binding: str = ""
    targets: str = ""
    must_support: bool = False
    note: str = ""
    profile: str = ""


def read_definitions(profiles: Path) -> Definitions:
    """Return the StructureDefinitions below a profiles folder."""
    files = sorted([*profiles.glob("*/*.json"), *profiles.glob("*/extensions/*.json")])
    trees = (msgspec.json.decode(file.read_bytes()) for file in files)
    return {tree["url"]: tree for tree in trees if tree.get("resourceType") == "StructureDefinition"}


def demand_of(map_: Map, block: Block, row: Row, definitions: Definitions) -> Demand:
    """Return what the right side demands of what a row writes."""
    if map_.right.kind != "fhir":
        return _of_shape(map_.right_shapes[block.type], row.right)
    elements = tuple(_walk(block.type, row.right))
    demand = _of_element(elements[-1]) if elements else Demand("", "")
    extension = next((definitions[url] for url in _extension_urls(row.right) if url in definitions), None)
    if extension:
        demand = replace(demand, note=_said(extension), cardinality="", profile=str(extension.get("title", "")))
    return _with_profile(demand, definitions.get(block.profile), ".".join([block.type, *map(_defined, elements)]))


def must_supports(definition: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the paths of the elements that a profile marks as must-support, slices left out."""
    elements = definition["differential"]["element"] if definition else ()
    found = (each["path"] for each in elements if each.get("mustSupport") and "sliceName" not in each)
    return tuple(dict.fromkeys(found))


def defined_path(type_: str, steps: Steps) -> str:
    """Return a path as definitions write it: choices as `value[x]`."""
    return ".".join([type_, *map(_defined, _walk(type_, steps))])


def _of_shape(shape: Shape, steps: Steps) -> Demand:
    for step in steps:
        child = shape.find_child(step.name)
        if child is None:
            break
        shape = child
    most = "*" if shape.is_list else "1"
    codes = ", ".join(sorted(shape.codes))
    return Demand(f"{int(shape.is_required)}..{most}", shape.type, codes, note=shape.description)


def _walk(type_: str, steps: Steps) -> Iterator[Element]:
    for step in steps:
        element = find_element(type_, step.name)
        if element is None:
            return
        yield element
        type_ = element.type


def _of_element(element: Element) -> Demand:
    binding = f"{element.binding.strength}: {element.binding.value_set}" if element.binding else ""
    most = "*" if element.max is None else str(element.max)
    return Demand(f"{element.min}..{most}", element.type, binding, ", ".join(element.targets))


def _defined(element: Element) -> str:
    return f"{element.choice}[x]" if element.choice else element.name


def _extension_urls(steps: Steps) -> Iterator[str]:
    """Yield the URLs of the extensions that a path goes through, the innermost first."""
    for step in reversed(steps):
        if step.name == "extension":
            yield from (str(where.value) for where in step.where if where.steps[-1].name == "url")


def _said(definition: Mapping[str, Any]) -> str:
    return str(definition.get("description") or definition.get("title", ""))


def _with_profile(demand: Demand, definition: Mapping[str, Any] | None, path: str) -> Demand:
    """Return the demand with what a profile's differential adds for exactly this path."""
    elements = definition["differential"]["element"] if definition else ()
    own = next((each for each in elements if each["path"] == path and "sliceName" not in each), None)
    if definition is None or own is None:
        return demand
    least, _, most = demand.cardinality.partition("..")
    targets = [p.rpartition("/")[2] for type_ in own.get("type", ()) for p in type_.get("targetProfile", ())]
    return replace(
        demand,
        cardinality=f"{own.get('min', least)}..{own.get('max', most)}",
        targets=", ".join(targets) or demand.targets,
        must_support=bool(own.get("mustSupport")),
        note=str(own.get("comment") or own.get("short") or demand.note),
        profile=str(definition.get("title") or definition.get("name", "")),
    )
