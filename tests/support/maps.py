"""The shipped maps, loaded once, and tiny maps made for one test."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fhirbridge.errors import Issue
from fhirbridge.fhir.extensions import ExtensionDefinition, load_extensions
from fhirbridge.mapping.library import MapLibrary, check_folder
from fhirbridge.mapping.model import Map

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "mappings"
SAMPLES = MAPPINGS / "tests"


@cache
def extensions() -> Mapping[str, ExtensionDefinition]:
    """Return the extensions of our own profiles."""
    return load_extensions(ROOT / "profiles" / "fhirbridge" / "extensions")


@cache
def shipped() -> MapLibrary:
    """Return the maps that fhirbridge ships."""
    return MapLibrary.load(MAPPINGS, extensions())


def check_text(folder: Path, text: str, **files: str) -> tuple[list[Map], list[Issue]]:
    """Return what `check` says of one map's text; other files are named like `tables__x_csv`."""
    (folder / "records").mkdir(exist_ok=True)
    (folder / "records" / "probe.yaml").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return check_folder(folder, extensions())
