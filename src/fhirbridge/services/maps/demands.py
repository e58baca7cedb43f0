"""What FHIR R4 and the profiles of a site demand of an element, in words for reviewers.

Source: http://hl7.org/fhir/R4/elementdefinition.html; facts from the R4 table and the profiles' snapshots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fhirbridge.fhir.elements import Element, find_element
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Steps
from fhirbridge.validation.profiles import Profile, Profiles, iter_elements


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


def demand_of(map_: Map, block: Block, row: Row, profiles: Profiles) -> Demand:
    """Return what the right side demands of what a row writes."""
    if map_.right.kind != "fhir":
        return _of_shape(map_.right_shapes[block.type], row.right)
    elements = tuple(_walk(block.type, row.right))
    demand = _of_element(elements[-1]) if elements else Demand("", "")
    found = (profiles.definitions.find(url) for url in _extension_urls(row.right))
    extension = next((each.tree for each in found if each is not None), None)
    if extension:
        demand = replace(demand, note=_said(extension), cardinality="", profile=str(extension.get("title", "")))
    profile = profiles.index.get(block.profile)
    return _with_profile(demand, profile, ".".join([block.type, *map(_defined, elements)]))


def must_supports(profile: Profile | None) -> tuple[str, ...]:
    """Return the paths of the elements that a profile marks as must-support, slices left out."""
    elements = iter_elements(profile.snapshot) if profile else ()
    return tuple(id_ for id_, node, _ in elements if node.must_support and ":" not in id_)


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


def _with_profile(demand: Demand, profile: Profile | None, path: str) -> Demand:
    """Return the demand with what a profile adds for exactly this path."""
    elements = iter_elements(profile.snapshot) if profile else ()
    own = next((node for id_, node, _ in elements if id_ == path), None)
    if profile is None or own is None:
        return demand
    targets = [url.rpartition("/")[2] for type_ in own.types for url in type_.targets]
    return replace(
        demand,
        cardinality=f"{own.min}..{'*' if own.max is None else own.max}",
        targets=", ".join(targets) or demand.targets,
        must_support=own.must_support,
        note=own.note or demand.note,
        profile=profile.title,
    )
