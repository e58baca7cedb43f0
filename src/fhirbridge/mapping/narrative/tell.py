"""The narrative of what a map made: from a block's plan and the resource itself, and from nothing else.

Told is only what stands in the resource, so that what was taken out of it before is not told. Of a Composition each
section is told too: here by what its entries are called, in a document by what they hold (`sections`).
Laws of this file: the same resource gives the same narrative; an own narrative of a row or of an EHR stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fhirbridge.fhir.narrative.values import short_name, words
from fhirbridge.fhir.narrative.xhtml import bold, bullets, escape, narrative, table, without_narrative
from fhirbridge.fhir.references import find_local
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.narrative.plan import Group, Line, Plan, is_told, plan_of
from fhirbridge.mapping.narrative.sections import Entry, name_of, with_sections
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.results import Item
from fhirbridge.mapping.steps import Step, Steps

Resource = dict[str, Any]
Say = Callable[[str, Tree], str]
"""Returns what a value of a FHIR type says, in words."""


def narrated(map_: Map, items: Iterable[Item]) -> tuple[Item, ...]:
    """Return what a map made, each resource with its narrative; as it is where the map wants none."""
    return tuple(replace(item, body=told(map_, str(item.trace.get("block", "")), item.body)) for item in items)


def told(map_: Map, block: str, resource: Resource, entry: Entry = name_of) -> Resource:
    """Return a resource with its narrative: by the plan of a block, or where there is no such block as it is.

    Args:
        entry: how the entries of a Composition's sections are told.
    """
    plan = find_plan(map_, block)
    if plan is None or map_.policy.narrative == "none":
        return resource
    if "text" in resource:
        return with_sections(resource, entry)
    language = str(resource.get("language", ""))
    rest = {name: value for name, value in resource.items() if name not in _HEAD}
    head = {name: resource[name] for name in _HEAD if name in resource}
    text = narrative(f"<p>{bold(_title(plan, resource))}</p>{rows(plan, resource)}", language)
    return with_sections({**head, "text": text, **rest}, entry)


_HEAD = ("resourceType", "id", "meta")


def find_plan(map_: Map, name: str) -> Plan | None:
    """Return how the resources of a block are told, made when it is first asked for; None for no such block."""
    plans = map_.compiled.telling
    if name not in plans:
        block = next((each for each in map_.blocks if each.name == name), None)
        plans[name] = plan_of(map_, block) if block and _has_narrative(map_, block) else None
    found: Plan | None = plans[name]
    return found


def _has_narrative(map_: Map, block: Block) -> bool:
    return map_.right.kind == "fhir" and is_told(block.type)


def _title(plan: Plan, resource: Resource) -> str:
    own = resource.get("title") if resource.get("resourceType") == "Composition" else None
    return own if isinstance(own, str) and own.strip() else plan.title


def told_together(map_: Map, items: Sequence[Item]) -> tuple[Item, ...]:
    """Return what a map made for one document: each Composition's sections told by what their entries hold."""
    own = [item for item in items if item.trace.get("map") == map_.name]
    plans = ((item, find_plan(map_, str(item.trace.get("block", "")))) for item in own)
    entry = entries_told({f"{item.type}/{item.id}": (plan, item.body) for item, plan in plans if plan})
    return tuple(_retold(map_, item, entry) if item.type == "Composition" else item for item in items)


def _retold(map_: Map, item: Item, entry: Entry) -> Item:
    return replace(item, body=told(map_, str(item.trace.get("block", "")), without_narrative(item.body), entry))


def entries_told(resources: Mapping[str, tuple[Plan, Resource]], base_url: str = "") -> Entry:
    """Return how the sections of a document tell their entries: by what the resources of the document hold. What they
    refer to in turn is named by its words where it is in the document too.

    Args:
        resources: by "Type/id", how each is told, and the resource as it is in the document.
    """
    names = {key: short_name(resource) for key, (_, resource) in resources.items()}

    def key_of(reference: Tree) -> str:
        written = reference.get("reference") if isinstance(reference, dict) else None
        literal = find_local(written, base_url) if isinstance(written, str) else None
        return literal.key if literal else ""

    def say(type_: str, value: Tree) -> str:
        is_unnamed = type_ == "Reference" and isinstance(value, dict) and not value.get("display")
        return (names.get(key_of(value), "") if is_unnamed else "") or words(type_, value)

    def tell(reference: Tree) -> str:
        known = resources.get(key_of(reference))
        return _entry(*known, say) if known else name_of(reference)

    return tell


def _entry(plan: Plan, resource: Resource, say: Say) -> str:
    """Return a resource as a section tells it: its title and rows, without the client, whom all of them are about."""
    own = replace(plan, parts=tuple(part for part in plan.parts if not (isinstance(part, Line) and part.is_subject)))
    return bold(_title(own, resource)) + rows(own, resource, say)


# -- the rows of a table


def rows(plan: Plan, resource: Resource, say: Say = words) -> str:
    """Return the table of what a plan finds in a resource; nothing where it finds nothing."""
    return table((part.label, cell) for part in plan.parts if (cell := _cell(part, resource, say)))


def _cell(part: Line | Group, node: Tree, say: Say) -> str:
    if isinstance(part, Line):
        return _of_line(part, node, say)
    if not part.steps:
        return _lines(part.parts, node, say)
    items = [inner for item in _found(node, part.steps) if (inner := _lines(part.parts, item, say))]
    return bullets(items) if items else ""


def _of_line(line: Line, node: Tree, say: Say) -> str:
    """Return what stands in the first place of a line that holds something; several values are a list."""
    for spot in line.spots:
        if spot.steps and (type(node) is not dict or spot.steps[0].name not in node):
            continue
        said = [escape(text) for value in _found(node, spot.steps) if (text := say(spot.type, value))]
        if said:
            return said[0] if len(said) == 1 else bullets(said)
    return ""


def _lines(parts: Sequence[Line | Group], node: Tree, say: Say) -> str:
    """Return parts one below the other, each behind its label; a list breaks the line by itself."""
    made = ""
    for part in parts:
        cell = _cell(part, node, say)
        if cell:
            label = f"<b>{part.label}</b>: " if part.label else ""
            made += f"{'' if not made or made.endswith('</ul>') else '<br/>'}{label}{cell}"
    return made


def _found(node: Tree, steps: Steps) -> list[Tree]:
    """Return everything that a path finds in a tree, as `paths.read` would; no path is asked for, which is faster."""
    for position, step in enumerate(steps):
        child = node.get(step.name) if type(node) is dict else None
        if child is None:
            return []
        if step.each or step.where or step.index is not None:
            items, rest = _picked(child, step) if type(child) is list else [], steps[position + 1 :]
            return [value for item in items for value in _found(item, rest)] if rest else items
        node = child
    return [node]


def _picked(items: list[Tree], step: Step) -> list[Tree]:
    for where in step.where:
        reads, value = where.reads, where.value
        items = [item for item in items if value in _found(item, reads)]
    return items if step.index is None else items[step.index : step.index + 1]
