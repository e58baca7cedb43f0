"""The sample of each record kind beside the maps, with every field filled, and what its map makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fhirbridge.services.maps.trying import map_file

Tree = dict[str, Any]


def sample_file(kind: str, mappings: Path) -> Path:
    """Return the file of a kind's sample."""
    return mappings / "tests" / f"{kind}.json"


def made_of_sample(kind: str, mappings: Path) -> list[Tree]:
    """Return the resources that the map of a record kind makes of its sample.

    Raises:
        NotFound: the kind has no map.
        MapError: a map of the folder does not pass its checks.
    """
    run = map_file(mappings, kind, sample_file(kind, mappings).read_bytes()).run
    return [{"resourceType": each.type, "id": each.id, **each.body} for each in run.mapped.items] if run else []
