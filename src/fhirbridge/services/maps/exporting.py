"""A map as FHIR Mapping Language or StructureMap, with the ConceptMaps it translates by and what it cannot say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fhirbridge.errors import NotFound
from fhirbridge.mapping.export.build import Exported, gap_lines
from fhirbridge.mapping.export.fml import format_fml
from fhirbridge.mapping.export.left import export_left
from fhirbridge.mapping.export.right import export_right
from fhirbridge.mapping.export.structure import Structure
from fhirbridge.mapping.export.structuremap import format_structure_map
from fhirbridge.mapping.export.tables import concept_map, tables_of
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Map
from fhirbridge.services.maps.lineage import maps_of

Form = Literal["fml", "structuremap"]
Direction = Literal["right", "left"]

_WAYS: dict[str, Callable[[Map, str], Exported]] = {"right": export_right, "left": export_left}


MAX_STEM = 80


def _json(tree: object) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


FORMS: dict[str, Callable[[Structure], str]] = {
    "fml": format_fml,
    "structuremap": lambda structure: _json(format_structure_map(structure)),
}
"""Form -> how a StructureMap is written in it."""
WAYS_BACK = ("<=>", "<=")
"""Arrows of rows that bring something back; a constant is only verified."""


@dataclass(frozen=True, slots=True)
class ExportedText:
    """A map in one direction.

    Attributes:
        concept_maps: file name -> JSON text of each ConceptMap that it translates by.
        gaps: what it cannot say, one line for each kind, with the places in the map.
    """

    text: str
    concept_maps: Mapping[str, str]
    gaps: tuple[str, ...]


def _file_name(tree: Mapping[str, Any], trees: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of a ConceptMap's file: plain signs only, and none that another has."""
    stems = [
        re.sub(r"[^A-Za-z0-9_-]+", "-", str(each["url"]).rpartition("/")[2])[:MAX_STEM] or "table" for each in trees
    ]
    place = next(number for number, each in enumerate(trees) if each is tree)
    again = stems[:place].count(stems[place])
    return f"{stems[place]}{f'.{again + 1}' if again else ''}.conceptmap.json"


def export(folder: Path, name: str, *, form: Form, direction: Direction, source: str = "local") -> ExportedText:
    """Return a map written for other engines.

    Args:
        source: the partner under whose name business keys travel.

    Raises:
        NotFound: no such map, or it has no way back.
        MapError: a map of the folder does not pass its checks.
    """
    maps = {map_.name: map_ for map_ in maps_of(folder)}
    if name not in maps:
        hint = did_you_mean(name, maps) or f"known: {', '.join(maps)}"
        raise NotFound(f"There is no map `{name}`; {hint}")
    if direction == "left" and not any(row.arrow in WAYS_BACK for block in maps[name].blocks for row in block.rows):
        raise NotFound(f"The map `{name}` has no way back: all its rows go right only.")
    exported = _WAYS[direction](maps[name], source)
    trees: list[dict[str, Any]] = [concept_map(table, back=direction == "left") for table in tables_of(maps[name])]
    return ExportedText(
        text=FORMS[form](exported.structure),
        concept_maps={_file_name(tree, trees): _json(tree) for tree in trees},
        gaps=tuple(gap_lines(exported.gaps)),
    )
