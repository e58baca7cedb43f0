"""The entries of C-CDA sections: problems, goals, interventions, medications, planned contacts.

Each reader takes a section and yields trees; an entry of another template is left to the section's text.
Source: C-CDA R2.1 templates, by their root: 2.16.840.1.113883.10.20.22.4.*
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.formats.ccda.values import (
    Node,
    Tree,
    all_,
    coded,
    filled,
    first,
    first_value,
    key_of,
    referenced,
    span,
    worker,
)

Texts = dict[str, str]

TEMPLATES = "2.16.840.1.113883.10.20.22.4."
PROBLEM, GOAL, MEDICATION = "4", "121", "16"
CONTAINERS = frozenset({"131", "146"})
"""Intervention act and planned intervention act: what is done stands inside of them."""
PLANNED = frozenset({"39", "40", "41", "42", "44"})
"""Planned act, encounter, procedure, medication activity, observation."""
DONE = frozenset({"12", "14", "49", "20"})
"""Procedure activity act, procedure activity procedure, encounter activity, instruction."""
ENCOUNTER = "40"

STATES = {"active": "active", "completed": "resolved", "aborted": "inactive", "suspended": "inactive"}
"""Status of a concern -> clinical status of the problem."""


def template_of(node: Node) -> frozenset[str]:
    """Return the numbers of the C-CDA entry templates that an element conforms to."""
    roots = (each.get("root", "") for each in all_(node, "v:templateId"))
    return frozenset(root.removeprefix(TEMPLATES) for root in roots if root.startswith(TEMPLATES))


def _iter_of(section: Node, numbers: frozenset[str]) -> Iterator[Node]:
    """Yield what in a section conforms to one of the templates, outermost first, and nothing inside of it again."""
    waiting = list(reversed(section.findall("*")))
    while waiting:
        node = waiting.pop()
        if isinstance(node.tag, str) and template_of(node) & numbers:
            yield node
        else:
            waiting.extend(reversed(node.findall("*")))


def problems(section: Node, texts: Texts) -> Iterator[Tree]:
    """Yield {id, text, code, system, status, onset, ended} of each problem observation."""
    for node in _iter_of(section, frozenset({PROBLEM})):
        if node.get("negationInd") == "true":
            continue
        onset, ended = span(first(node, "v:effectiveTime"))
        yield from _told(
            {
                "id": key_of(node),
                **coded(first_value(node), texts),
                "status": "resolved" if ended else _concern_status(node),
                "onset": onset,
                "ended": ended,
            }
        )


def _concern_status(node: Node) -> str | None:
    """Return the status of the concern that a problem stands in."""
    act = next(node.iterancestors("{urn:hl7-org:v3}act"), None)
    code = first(act, "v:statusCode")
    return STATES.get(code.get("code", "")) if code is not None else None


def goals(section: Node, texts: Texts) -> Iterator[Tree]:
    """Yield {id, text, set, due, byClient} of each goal observation; its words are those of the narrative or value."""
    for node in _iter_of(section, frozenset({GOAL})):
        start, due = span(first(node, "v:effectiveTime"))
        value = first_value(node)
        said = (
            referenced(first(node, "v:text"), texts)
            or coded(value, texts).get("text")
            or (value.text if value is not None else None)
            or coded(first(node, "v:code"), texts).get("text")
        )
        yield from _told({"id": key_of(node), "text": said, "set": start, "due": due, "byClient": _by_client(node)})


def _by_client(node: Node) -> bool | None:
    """Say whether the client is an author of an entry: then a patient role stands where a worker's would."""
    authors = all_(node, "v:author/v:assignedAuthor/v:code")
    return True if any(code.get("code") == "ONESELF" for code in authors) else None


def interventions(section: Node, texts: Texts) -> Iterator[Tree]:
    """Yield {id, text, start, by} of what is planned or done: what stands inside an intervention act, else the act."""
    for act in _iter_of(section, CONTAINERS | PLANNED | DONE):
        inner = list(_iter_of(act, PLANNED | DONE)) if template_of(act) & CONTAINERS else []
        for node in inner or [act]:
            yield from _told(_activity(node, texts))


def _activity(node: Node, texts: Texts) -> Tree:
    start, _ = span(first(node, "v:effectiveTime"))
    said = referenced(first(node, "v:text"), texts) or coded(first(node, "v:code"), texts).get("text")
    by = worker(first(node, "v:performer/v:assignedEntity"))
    return {"id": key_of(node), "text": said, "start": start, "by": by}


def planned_contacts(section: Node, texts: Texts) -> Iterator[Tree]:
    """Yield {id, text, start, by} of each planned encounter that names who will see the client."""
    for node in _iter_of(section, frozenset({ENCOUNTER})):
        found = filled(**_activity(node, texts))
        if {"text", "start"} <= found.keys() and {"number", "name"} <= found.get("by", {}).keys():
            yield found


def medications(section: Node, texts: Texts) -> Iterator[Tree]:
    """Yield {id, text, code, system, dose, start, lastDose} of each medication activity that was not ruled out."""
    for node in _iter_of(section, frozenset({MEDICATION})):
        if node.get("negationInd") == "true":
            continue
        product = first(node, "v:consumable/v:manufacturedProduct/v:manufacturedMaterial")
        named = coded(first(product, "v:code"), texts) or filled(text=_text(first(product, "v:name")))
        start, _ = span(first(node, "v:effectiveTime"))
        yield from _told({"id": key_of(node), **named, "dose": _dose(node, texts), "start": start})


def _dose(node: Node, texts: Texts) -> str | None:
    """Return how it is taken: as the narrative says it, else amount, route and how often, in words."""
    said = referenced(first(node, "v:text"), texts)
    if said:
        return said
    amount, route = first(node, "v:doseQuantity"), first(node, "v:routeCode")
    how_much = " ".join(part for part in (_attribute(amount, "value"), _attribute(amount, "unit")) if part)
    return ", ".join(part for part in (how_much, _attribute(route, "displayName"), _how_often(node)) if part) or None


def _how_often(node: Node) -> str | None:
    period = first(node, "v:effectiveTime/v:period")
    value, unit = _attribute(period, "value"), _attribute(period, "unit")
    return f"every {value} {unit}" if value and unit else None


def _attribute(node: Node | None, name: str) -> str | None:
    return node.get(name) if node is not None else None


def _text(node: Node | None) -> str | None:
    return node.text if node is not None else None


def _told(entry: dict[str, Any]) -> Iterator[Tree]:
    """Yield an entry that has an id and says something; others stay in the section's text."""
    found = filled(**entry)
    if "id" in found and "text" in found:
        yield found
