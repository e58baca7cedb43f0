"""The sections of a Composition in words: what their entries are called, or what they hold, or why there are none.

What an entry holds is told only where it goes along, in a document: the Composition itself knows nothing of how
sensitive the resources are that it refers to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhirbridge.fhir.narrative.values import words
from fhirbridge.fhir.narrative.xhtml import bullets, escape, narrative, paragraph
from fhirbridge.mapping.paths import Tree

Resource = dict[str, Any]
Entry = Callable[[Tree], str]
"""Returns the XHTML that tells what a reference of a section points to, "" for nothing."""

REASONS = {
    "nilknown": "None known.",
    "notasked": "Not asked.",
    "withheld": "Not available.",
    "unavailable": "Not available.",
    "notstarted": "Not started.",
    "closed": "Closed.",
}
"""Why a section is empty, in words. Source: http://terminology.hl7.org/CodeSystem/list-empty-reason"""
NOTHING = "Nothing is recorded here."


def name_of(reference: Tree) -> str:
    """Return what a reference calls its target, as XHTML."""
    return escape(words("Reference", reference))


def with_sections(composition: Resource, tell: Entry) -> Resource:
    """Return a Composition in which each section is told; any other resource as it is."""
    sections = composition.get("section")
    if composition.get("resourceType") != "Composition" or not isinstance(sections, list):
        return composition
    language = str(composition.get("language", ""))
    return {**composition, "section": [_section(each, tell, language) for each in sections]}


def _section(section: Tree, tell: Entry, language: str) -> Tree:
    """Return a section with what its entries, or the reason that there are none, say; one of its own text stays."""
    if not isinstance(section, dict):
        return section
    below = section.get("section")
    inner = [_section(each, tell, language) for each in below] if isinstance(below, list) else []
    parts = {"text": narrative(_section_text(section, tell), language)} if "text" not in section else {}
    told = _in_order({**section, **parts})
    return {**told, "section": inner} if inner else told


def _section_text(section: Resource, tell: Entry) -> str:
    entries = section.get("entry")
    said = [text for each in (entries if isinstance(entries, list) else ()) if (text := tell(each))]
    if said:
        return bullets(said)
    reason = section.get("emptyReason")
    coding = reason.get("coding") if isinstance(reason, dict) else None
    codes = [each.get("code") for each in coding if isinstance(each, dict)] if isinstance(coding, list) else []
    known = next((REASONS[code] for code in codes if isinstance(code, str) and code in REASONS), NOTHING)
    own = reason.get("text") if isinstance(reason, dict) else None
    return paragraph(own if isinstance(own, str) and own.strip() else known)


_FIRST = ("id", "extension", "modifierExtension", "title", "code", "author", "focus", "text")


def _in_order(section: Resource) -> Resource:
    """Return a section with its text where FHIR has it."""
    first = {name: section[name] for name in _FIRST if name in section}
    return {**first, **{name: value for name, value in section.items() if name not in first}}
