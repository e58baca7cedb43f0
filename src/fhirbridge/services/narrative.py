"""Narrative made anew for what may leave: told by the map that made the resource, of what is left of it.

Laws of this file: what was taken out of a resource is in no word of its narrative; where the map or its block is not
there any more, there is no narrative.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.narrative.plan import Plan
from fhirbridge.mapping.narrative.sections import Entry, name_of, with_sections
from fhirbridge.mapping.narrative.tell import find_plan, told

Resource = dict[str, Any]
Trace = Mapping[str, Any]


def told_anew(maps: MapLibrary, trace: Trace, resource: Resource, entry: Entry = name_of) -> Resource:
    """Return a resource with a narrative made of what it holds now; an EHR's own narrative that is left stays.

    Args:
        entry: how the entries of a Composition's sections are told; they are told in any case, for a section that has
            lost its entries must say something (cmp-1).
    """
    bare, map_ = without_narrative(resource), _find_map(maps, trace)
    return with_sections(told(map_, str(trace.get("block", "")), bare, entry) if map_ else bare, entry)


def find_plan_of(maps: MapLibrary, trace: Trace) -> Plan | None:
    """Return how a resource is told, by its trace; None where the map or its block is not there any more."""
    map_ = _find_map(maps, trace)
    return find_plan(map_, str(trace.get("block", ""))) if map_ else None


def _find_map(maps: MapLibrary, trace: Trace) -> Map | None:
    return maps.maps.get(str(trace.get("map", "")))
