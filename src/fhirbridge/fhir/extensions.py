"""Our own extensions: name, URL and value type, read from their StructureDefinitions.

A simple extension has one `value[x]`; one that holds further extensions has the type "".
Source: http://hl7.org/fhir/R4/defining-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import BadSettings


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


def load_extensions(folder: Path) -> Mapping[str, ExtensionDefinition]:
    """Return the extensions that a folder's `*.json` StructureDefinitions define, by StructureDefinition.id.

    Raises:
        BadSettings: a file is no StructureDefinition of an Extension; names the file.
    """
    return dict(_read(file) for file in sorted(folder.glob("*.json")))


def _read(file: Path) -> tuple[str, ExtensionDefinition]:
    try:
        definition = msgspec.json.decode(file.read_bytes())
        if definition["resourceType"] != "StructureDefinition" or definition["type"] != "Extension":
            raise ValueError(file.name)
        types = list(_iter_value_types(definition))
        if len(types) > 1:
            raise ValueError(file.name)
        type_, targets = types[0] if types else ("", ())
        contexts = tuple(_iter_contexts(definition))
        return str(definition["id"]), ExtensionDefinition(str(definition["url"]), type_, targets, contexts)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{file.name} is no StructureDefinition of an Extension with one value type."
        raise BadSettings(message) from error


def _iter_value_types(definition: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the types that `Extension.value[x]` may have; a use forbidden with max 0 has none."""
    view = definition.get("differential") or definition["snapshot"]
    for element in view["element"]:
        if element["path"] == "Extension.value[x]" and element.get("max") != "0":
            for type_ in element["type"]:
                targets = (profile.rpartition("/")[2] for profile in type_.get("targetProfile", []))
                yield type_["code"], tuple(targets)


def _iter_contexts(definition: dict[str, Any]) -> Iterator[str]:
    """Yield the elements that an extension may stand in; nothing when one is told in another way than by its path."""
    contexts = definition.get("context", [])
    if all(context.get("type") == "element" for context in contexts):
        yield from (str(context["expression"]) for context in contexts)
