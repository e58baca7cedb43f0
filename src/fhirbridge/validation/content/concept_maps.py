"""The rules of ConceptMap: that the codes it maps from and to exist in the systems it names.

Source: http://hl7.org/fhir/R4/conceptmap.html
"""

from __future__ import annotations

from typing import Any

from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

SOURCE = Kind("conceptmap-source", "The system that is mapped from has no such code.")
TARGET = Kind("conceptmap-target", "The system that is mapped to has no such code.")


def _items(value: Any, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


def concept_map(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add codes of a ConceptMap that their systems do not have."""
    for i, group in enumerate(_items(value, "group")):
        for j, element in enumerate(_items(group, "element")):
            piece = f".group[{i}].element[{j}]"
            if _is_missing(group, "source", element, state):
                faults = note(faults, f"{piece}.code", SOURCE)
            for k, target in enumerate(_items(element, "target")):
                if _is_missing(group, "target", target, state):
                    faults = note(faults, f"{piece}.target[{k}].code", TARGET)
    return faults


def _is_missing(group: Tree, side: str, concept: Tree, state: Any) -> bool:
    system, code, version = group.get(side), concept.get("code"), group.get(f"{side}Version")
    if not isinstance(system, str) or not isinstance(code, str):
        return False
    told = version if isinstance(version, str) else ""
    return bool(state.codes.ask("", system, code, "", told).outcome == "out")
