"""What holds for every resource: labels once, languages that agree, ids that differ, links that lead somewhere.

Source: http://hl7.org/fhir/R4/resource.html, http://hl7.org/fhir/R4/narrative.html, http://hl7.org/fhir/R4/languages.html
"""

from __future__ import annotations

from typing import Any

from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

TWICE = Kind("meta-security", "This security label stands twice.")
ID_TWICE = Kind("id-twice", "Two elements of the resource have this id.")
CONTAINED_TWICE = Kind("contained-twice", "Two contained resources have this id.")
NO_LANGUAGE = Kind("narrative-language", "The narrative does not say the language that the resource is in.", "warning")
OTHER_LANGUAGE = Kind("narrative-language", "The narrative is in another language than the resource.", "warning")
LINK = Kind("narrative-link", "A link in the narrative names no id that is here.")


def every(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a resource of any type as a whole."""
    meta = value.get("meta")
    if isinstance(meta, dict) and "security" in meta:
        faults = _labels(faults, meta["security"])
    if state.languages is not None and isinstance(value.get("language"), str):
        faults = _language(faults, value, state.languages)
    if state.links:
        faults = _links(faults, value, state)
    return _twice(faults, value["contained"]) if "contained" in value else faults


def _labels(faults: Faults | None, labels: Any) -> Faults | None:
    seen: set[tuple[str, str]] = set()
    for index, label in enumerate(labels if isinstance(labels, list) else ()):
        told = (str(label.get("system")), str(label.get("code"))) if isinstance(label, dict) else ("", "")
        if told in seen:
            faults = note(faults, f".meta.security[{index}]", TWICE)
        seen.add(told)
    return faults


def _language(faults: Faults | None, value: Tree, languages: tuple[str, str]) -> Faults | None:
    told = [each for each in languages if each]
    if not told:
        return note(faults, ".text.div", NO_LANGUAGE)
    return note(faults, ".text.div", OTHER_LANGUAGE) if set(told) != {value["language"]} else faults


def _links(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    items = value.get("contained")
    held = [value, *(items if isinstance(items, list) else ())]
    known = (state.ids or set()) | {str(each.get("id")) for each in held if isinstance(each, dict)}
    if state.bundle is not None:
        known |= state.bundle.ids
    return faults if known.issuperset(state.links) else note(faults, ".text.div", LINK)


def _twice(faults: Faults | None, items: Any) -> Faults | None:
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        id_ = str(item["id"]) if isinstance(item, dict) and "id" in item else ""
        if id_ and id_ in seen:
            faults = note(faults, f".contained[{index}].id", CONTAINED_TWICE)
        seen.add(id_)
    return faults


def element_id(faults: Faults | None, id_: Any, state: Any) -> Faults | None:
    """Add the fault of an element whose id another element of the resource has."""
    if not isinstance(id_, str):
        return faults
    if state.ids is None:
        state.ids = set()
    if id_ in state.ids:
        return note(faults, ".id", ID_TWICE)
    state.ids.add(id_)
    return faults
