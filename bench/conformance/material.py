"""What is judged: resources from FHIR packages, and the golden outputs beside our maps."""

from __future__ import annotations

import codecs
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhirbridge.formats import fhir_json, record_json

Tree = dict[str, Any]

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "mappings" / "tests"
DEFINITIONS = frozenset(
    """
    CapabilityStatement CodeSystem CompartmentDefinition ConceptMap GraphDefinition ImplementationGuide
    MessageDefinition NamingSystem OperationDefinition SearchParameter StructureDefinition StructureMap
    TerminologyCapabilities TestScript TestReport ValueSet
    """.split()  # noqa: SIM905
)
"""Types that describe FHIR itself; they are no records of people and are left out of the comparison of examples."""


def iter_package(file: Path) -> Iterator[tuple[str, Tree]]:
    """Yield each resource of a FHIR package with its name, examples and definitions alike."""
    with tarfile.open(file) as archive:
        for member in archive:
            is_resource = member.isfile() and member.name.endswith(".json") and "package.json" not in member.name
            if is_resource and (stream := archive.extractfile(member)) is not None:
                tree = record_json.parse(stream.read().removeprefix(codecs.BOM_UTF8))
                if "resourceType" in tree:
                    yield Path(member.name).stem, tree


def examples(file: Path, *, largest: int = 60_000) -> dict[str, Tree]:
    """Return the example resources of a package by name: no definitions, nothing above `largest` characters."""
    found = ((name, tree) for name, tree in iter_package(file) if tree["resourceType"] not in DEFINITIONS)
    return {name: tree for name, tree in found if len(fhir_json.format(tree)) <= largest}


def iter_golden() -> Iterator[tuple[str, Tree]]:
    """Yield every resource in the golden outputs of our maps."""
    for file in sorted(GOLDEN.glob("*.expected.json")):
        whole = record_json.parse(file.read_bytes())
        for index, item in enumerate(whole if isinstance(whole, list) else [whole]):
            resource = item.get("resource", item)
            if isinstance(resource, dict) and "resourceType" in resource:
                yield f"{file.stem}-{index}-{resource['resourceType']}", resource
