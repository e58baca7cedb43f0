"""References in the full check: what they say of their target's type, and where they lead in a Bundle or Parameters.

Source: http://hl7.org/fhir/R4/references.html, http://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import re
from typing import Any

from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.content.datatypes import UNSAID, is_bare
from fhirbridge.validation.structure import walk
from fhirbridge.validation.structure.faults import Faults, Kind, note
from fhirbridge.validation.structure.values import Primitive

Tree = dict[str, Any]

TYPE = Kind("reference-type", "The type that the reference states is not the type of what it names.")
QUERY = Kind("reference-query", "A conditional reference is Type?parameter=value.")
MISSING = Kind("reference-missing", "The Parameters hold resources of this type, and not the one that is named.")

_QUERY = re.compile(r"[A-Z][A-Za-z]+\?[_a-zA-Z][_a-zA-Z0-9:.-]*=[^=&]*(?:&[_a-zA-Z][_a-zA-Z0-9:.-]*=[^=&]*)*")
_CONDITIONAL = re.compile(r"[A-Z][A-Za-z]+\?")
_CORE = "http://hl7.org/fhir/StructureDefinition/"


def reference(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a Reference beyond its form and the types it may name."""
    text = value.get("reference")
    if not isinstance(text, str):
        return note(faults, "", UNSAID) if is_bare(value) and value else faults
    if "type" in value:
        faults = _stated(faults, value["type"], text)
    if text.startswith("#") or _CONDITIONAL.match(text):
        return faults
    if state.bundle is not None:
        return state.bundle.reference(faults, text, state.base)  # type: ignore[no-any-return]
    if state.parameters is not None and state.parameters.misses(text):
        return note(faults, ".reference", MISSING)
    return faults


def pointed(faults: Faults | None, text: Any, targets: Any, state: Any, how: Primitive) -> Faults | None:
    """Add what is wrong with the text of a reference, a conditional one included."""
    if isinstance(text, str) and _CONDITIONAL.match(text) and not _QUERY.fullmatch(text):
        return note(faults, ".reference", QUERY)
    return walk.pointed(faults, text, targets, state, how)


def _stated(faults: Faults | None, type_: Any, text: str) -> Faults | None:
    literal = find_literal(text)
    if isinstance(type_, str) and literal and type_.removeprefix(_CORE) != literal.type:
        return note(faults, ".type", TYPE)
    return faults


class Held:
    """The resources in a Parameters, by type and id."""

    def __init__(self, parameters: Tree) -> None:
        self._by_key: dict[str, Tree] = {}
        waiting = [parameters.get("parameter")]
        while waiting:
            items = waiting.pop()
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    self._take(item.get("resource"))
                    waiting.append(item.get("part"))
        self._types = {key.partition("/")[0] for key in self._by_key}

    def _take(self, resource: Any) -> None:
        if isinstance(resource, dict) and isinstance(resource.get("id"), str):
            self._by_key[f"{resource.get('resourceType')}/{resource['id']}"] = resource

    def find(self, reference: str, base: str) -> Tree | None:
        """Return the resource that a relative reference names."""
        return self._by_key.get(reference)

    def misses(self, reference: str) -> bool:
        """Say whether a relative reference names a type that is held, and none of those that are."""
        literal = find_literal(reference)
        return (
            literal is not None and not literal.base and literal.type in self._types and not self.find(literal.key, "")
        )
