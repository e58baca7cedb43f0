"""What is judged: resources of FHIR packages, what our maps make of the samples beside them, our own package."""

from __future__ import annotations

import codecs
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.conformance.judge import Question
from fhirbridge import bootstrap
from fhirbridge.formats import fhir_json, record_json
from fhirbridge.services import own_package
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.maps.documenting import Source, document_of
from fhirbridge.services.maps.samples import sample_file
from fhirbridge.services.maps.trying import map_file
from fhirbridge.settings import Settings

Tree = dict[str, Any]

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "mappings"
DOCUMENTS = ("plan", "referral", "discharge")
MOMENT = "2026-11-22T17:00:00Z"
LARGEST = 60_000
"""No example of more characters is asked about; the few there are would take most of the time."""
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


def examples(file: Path) -> dict[str, Tree]:
    """Return the example resources of a package by name: no definitions, nothing above `LARGEST`."""
    found = ((name, tree) for name, tree in iter_package(file) if tree["resourceType"] not in DEFINITIONS)
    return {name: tree for name, tree in found if len(fhir_json.format(tree)) <= LARGEST}


def as_questions(resources: dict[str, Tree]) -> list[Question]:
    """Return resources as questions: each by what it claims."""
    return [(name, tree, ()) for name, tree in resources.items()]


# -- what we make


@contextmanager
def open_bridge() -> Iterator[Bridge]:
    """Open a bridge with the maps and profiles that ship, which keeps nothing."""
    bridge = bootstrap.build(Settings(base_url="https://bridge.example", store=bootstrap.MEMORY))
    try:
        yield bridge
    finally:
        bridge.store.close()


def iter_golden(bridge: Bridge) -> Iterator[tuple[str, Tree]]:
    """Yield what each map to FHIR makes of the sample of its record, with the narrative it gets on its way out.

    Of the maps of our records these are the golden outputs, as `make test` proves; the others are those of partners.
    """
    for name in bridge.maps.names():
        map_ = bridge.maps.get(name)
        if map_.left.kind == "record" and map_.right.kind == "fhir":
            run = map_file(MAPPINGS, name, sample_file(map_.root, MAPPINGS).read_bytes()).run
            for item in run.mapped.items if run else ():
                yield f"{name}-{item.type}-{item.id}", {"resourceType": item.type, "id": item.id, **item.body}


def iter_examples(bridge: Bridge) -> Iterator[tuple[str, Tree]]:
    """Yield the examples of our package, with their claims."""
    for tree in own_package.iter_examples(bridge, MAPPINGS):
        yield f"example-{tree['resourceType']}-{tree['id']}", tree


def iter_documents() -> Iterator[tuple[str, Tree]]:
    """Yield the document that is made of each sample which makes one."""
    person = sample_file("person", MAPPINGS).read_bytes()
    for name in DOCUMENTS:
        body = sample_file(name, MAPPINGS).read_bytes()
        made = document_of(MAPPINGS, name, body, moment=MOMENT, source=Source(person=person))
        if made.bundle is not None:
            yield f"document-{name}", made.bundle


def write_own_package(bridge: Bridge, file: Path) -> Path:
    """Write our own definitions as a package to a file, and return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(own_package.build(bridge, ROOT))
    return file
