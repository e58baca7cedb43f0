"""The terminology that a bridge answers with: what it loaded, and the code tables of the maps that are active."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fhirbridge.mapping.export.tables import tables_of
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.terminology.service import Terminology


class SharedTerminology:
    """One a process; threads may share it. Other maps are noticed by being other maps."""

    def __init__(self, load: Callable[[], Terminology] = Terminology.core) -> None:
        """Take what gives the loaded terminology; it is asked when the first question comes."""
        self._load = load
        self._last: tuple[MapLibrary, Terminology] | None = None

    def with_maps(self, maps: MapLibrary) -> Terminology:
        """Return the terminology with every code table of these maps as a concept map."""
        last = self._last
        if last is None or last[0] is not maps:
            last = self._last = (maps, with_tables(self._load(), (maps.get(name) for name in maps.names())))
        return last[1]


def with_tables(terminology: Terminology, maps: Iterable[Map]) -> Terminology:
    """Return a terminology with the code tables of maps before its own concept maps."""
    return terminology.with_tables(table for map_ in maps for table in tables_of(map_))
