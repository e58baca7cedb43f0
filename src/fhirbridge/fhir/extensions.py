"""Extensions as maps name them: id, URL and value type, read from their StructureDefinitions.

A simple extension has one `value[x]`; one that holds further extensions has the type "".
Source: http://hl7.org/fhir/R4/defining-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import BadSettings
from fhirbridge.fhir.core_definitions import all_extensions


@dataclass(frozen=True, slots=True)
class ExtensionDefinition:
    """An extension as it is used: its URL and the type of its value, with the targets of a Reference.

    `contexts`: the elements it may stand in, such as `Goal.target` or `Annotation`; () where that is not told.
    """

    url: str
    type: str
    targets: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()

    @property
    def value_name(self) -> str:
        """The JSON name of the value: `valueCode`."""
        return f"value{self.type[:1].upper()}{self.type[1:]}"


@cache
def core_extensions() -> Mapping[str, ExtensionDefinition]:
    """Return the extensions of R4 itself with one value type or none, by id; a map names the parts of the others."""
    found = ((url, known) for url, known in all_extensions().items() if len(known.part.types) <= 1)
    return {
        url.rpartition("/")[2]: ExtensionDefinition(url, "".join(known.part.types), (), tuple(sorted(known.contexts)))
        for url, known in found
    }


def load_extensions(folder: Path) -> Mapping[str, ExtensionDefinition]:
    """Return the extensions that a folder's `*.json` StructureDefinitions define, by StructureDefinition.id.

    Raises:
        BadSettings: a file is no StructureDefinition of an Extension; names the file.
    """
    return dict(_read(file) for file in sorted(folder.glob("*.json")))


def _read(file: Path) -> tuple[str, ExtensionDefinition]:
    try:
        definition = msgspec.json.decode(file.read_bytes())
        found = find_extension(definition)
        if found is None:
            raise ValueError(file.name)
        return str(definition["id"]), found
    except (KeyError, TypeError, ValueError) as error:
        message = f"{file.name} is no StructureDefinition of an Extension with one value type."
        raise BadSettings(message) from error


def find_extension(definition: Mapping[str, Any]) -> ExtensionDefinition | None:
    """Return the extension that a StructureDefinition describes; None for another one, or for several value types.

    Raises:
        KeyError, TypeError: it is not written as a StructureDefinition.
    """
    if definition["resourceType"] != "StructureDefinition" or definition["type"] != "Extension":
        return None
    types = list(_iter_value_types(definition))
    if len(types) > 1:
        return None
    type_, targets = types[0] if types else ("", ())
    return ExtensionDefinition(str(definition["url"]), type_, targets, tuple(_iter_contexts(definition)))


def _iter_value_types(definition: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the types that `Extension.value[x]` may have; a use forbidden with max 0 has none."""
    view = definition.get("differential") or definition["snapshot"]
    for element in view["element"]:
        if element["path"] == "Extension.value[x]" and element.get("max") != "0":
            for type_ in element["type"]:
                targets = (profile.rpartition("/")[2] for profile in type_.get("targetProfile", []))
                yield type_["code"], tuple(targets)


def _iter_contexts(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the elements that an extension may stand in; nothing when one is told in another way than by its path."""
    contexts = definition.get("context", [])
    if all(context.get("type") == "element" for context in contexts):
        yield from (str(context["expression"]) for context in contexts)
