"""All maps of a folder, read, bound and checked. A library exists only when every map in it passes.

Layout: `records/*.yaml`, `sources/*.yaml`, with `fragments/`, `tables/` and `schemas/` beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fhirbridge.errors import Issue, MapError
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.bind import Surroundings, bind
from fhirbridge.mapping.check import check_map
from fhirbridge.mapping.envelope import FragmentText, parse_fragment, parse_map
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Map, MapText, Place
from fhirbridge.mapping.shapes import Shape, schema_shape
from fhirbridge.records import KINDS
from fhirbridge.terminology.tables import CodeTable, TableError, parse_table

FOLDERS = ("records", "sources")


def record_shapes() -> dict[str, Shape]:
    """Return the shape of every record kind, from its published schema."""
    return {kind: schema_shape(record.published_schema()) for kind, record in KINDS.items()}


@dataclass(frozen=True, slots=True)
class MapLibrary:
    """Maps by name, all of them checked."""

    maps: Mapping[str, Map]

    @classmethod
    def load(cls, folder: Path, extensions: Mapping[str, ExtensionDefinition]) -> MapLibrary:
        """Return the maps of a folder.

        Raises:
            MapError: one map or more does not pass; all findings of all maps are in it.
        """
        maps, issues = check_folder(folder, extensions)
        if issues:
            raise MapError(f"{len(issues)} findings in the maps; nothing was loaded", issues=issues)
        return cls({map_.name: map_ for map_ in maps})

    def get(self, name: str) -> Map:
        """Return a map by name.

        Raises:
            MapError: there is no such map.
        """
        if name not in self.maps:
            hint = did_you_mean(name, self.maps)
            raise MapError(issues=[Issue("FB111", f"no map `{name}`", hint=hint)])
        return self.maps[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all maps, in order."""
        return tuple(sorted(self.maps))


def check_folder(folder: Path, extensions: Mapping[str, ExtensionDefinition]) -> tuple[list[Map], list[Issue]]:
    """Return the maps of a folder that bind, and every finding in every file."""
    loader = _Loader(folder, extensions, record_shapes())
    maps: list[Map] = []
    issues: list[Issue] = []
    fragments = loader.fragments(issues)
    for file in loader.files():
        try:
            map_, found = loader.map(file, fragments)
        except MapError as error:
            issues.extend(error.issues)
        else:
            issues.extend(found)
            maps.append(map_)
    issues.extend(_doubled_names(maps))
    return maps, issues


def _doubled_names(maps: Iterable[Map]) -> Iterable[Issue]:
    seen: dict[str, str] = {}
    for map_ in maps:
        if map_.name in seen:
            yield finding("FB103", Place(map_.file, 1, 1), f"map `{map_.name}` stands in {seen[map_.name]} too")
        seen[map_.name] = map_.file


@dataclass(frozen=True, slots=True)
class _Loader:
    """Reads files below one folder, never outside it."""

    folder: Path
    extensions: Mapping[str, ExtensionDefinition]
    shapes: dict[str, Shape]

    def files(self) -> list[Path]:
        return [path for name in FOLDERS for path in sorted((self.folder / name).glob("*.yaml"))]

    def fragments(self, issues: list[Issue]) -> dict[str, FragmentText]:
        found = {}
        for path in sorted((self.folder / "fragments").glob("*.yaml")):
            try:
                found[path.stem] = parse_fragment(path.read_text("utf-8"), f"fragments/{path.name}")
            except MapError as error:
                issues.extend(error.issues)
        return found

    def map(self, file: Path, fragments: Mapping[str, FragmentText]) -> tuple[Map, tuple[Issue, ...]]:
        written = parse_map(file.read_text("utf-8"), file.relative_to(self.folder).as_posix(), fragments)
        around = Surroundings(self._left(written), self.shapes, self._tables(written), self.extensions)
        map_, issues, used = bind(written, around)
        if issues:
            raise MapError(issues=issues)
        return map_, check_map(map_, written, self.shapes, used)

    def _inside(self, name: str, place: Place) -> str:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            known = [p.relative_to(self.folder).as_posix() for p in self.folder.glob("*/*") if p.is_file()]
            raise MapError(issues=[finding("FB111", place, f"no file `{name}`", hint=did_you_mean(name, known))])
        return path.read_text("utf-8")

    def _left(self, written: MapText) -> Shape:
        place = Place(written.file, 1, 1)
        name = written.left.names[0] if written.left.names else ""
        if written.left.kind == "record":
            if name not in self.shapes:
                hint = did_you_mean(name, self.shapes)
                raise MapError(issues=[finding("FB111", place, f"no record kind `{name}`", hint=hint)])
            return self.shapes[name]
        try:
            return schema_shape(json.loads(self._inside(name, place)))
        except (ValueError, KeyError, TypeError) as error:
            raise MapError(issues=[finding("FB111", place, f"schema `{name}` cannot be read: {error}")]) from error

    def _tables(self, written: MapText) -> dict[str, CodeTable]:
        tables: dict[str, CodeTable] = {}
        for name, file in written.tables.items():
            place = written.table_places[name]
            try:
                tables[name] = parse_table(name, self._inside(file, place))
            except TableError as error:
                message = f"`{file}` line {error.line}: {error}"
                raise MapError(issues=[finding("FB109", place, message)]) from error
        return tables
