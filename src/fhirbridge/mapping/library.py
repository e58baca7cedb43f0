"""All maps of a folder, read, bound and checked. A library exists only when every map in it passes.

Layout: `records/*.yaml`, `sources/*.yaml`, with `fragments/`, `tables/` and `schemas/` beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fhirbridge.errors import Issue, MapError
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.binding.bind import bind
from fhirbridge.mapping.binding.notes import Surroundings
from fhirbridge.mapping.check import check_map
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Map, MapText, Place
from fhirbridge.mapping.shapes import Shape, schema_shape
from fhirbridge.mapping.text.envelope import parse_map
from fhirbridge.mapping.text.fragments import FragmentText, parse_fragment
from fhirbridge.records import KINDS
from fhirbridge.terminology.tables import CodeTable, TableError, parse_table

MAX_MAP_BYTES = 512 * 1024
"""No map or fragment is larger."""
MAX_TABLE_BYTES = 4 * 1024 * 1024
"""No table or schema is larger."""

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
    issues: list[Issue] = list(loader.strays())
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
    return maps, list(dict.fromkeys(issues))


def _doubled_names(maps: Iterable[Map]) -> Iterable[Issue]:
    seen: dict[str, str] = {}
    for map_ in maps:
        if map_.name in seen:
            yield finding("FB103", Place(map_.file, 1, 1), f"map `{map_.name}` stands in {seen[map_.name]} too")
        seen[map_.name] = map_.file


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _refused(code: str, place: Place, message: str, hint: str = "") -> MapError:
    return MapError(issues=[finding(code, place, message, hint=hint)])


def _with_user(issues: Iterable[Issue], file: str) -> tuple[Issue, ...]:
    """Return the findings; one in a shared fragment says which map met it."""
    return tuple(
        issue if issue.location.startswith(f"{file}:") else replace(issue, message=f"{issue.message} (met by {file})")
        for issue in issues
    )


@dataclass(frozen=True, slots=True)
class _Loader:
    """Reads files below one folder, never outside it."""

    folder: Path
    extensions: Mapping[str, ExtensionDefinition]
    shapes: dict[str, Shape]

    def strays(self) -> Iterator[Issue]:
        """Yield a finding for each YAML file that stands where no map is looked for."""
        for path in sorted(self.folder.rglob("*.y*ml")):
            name = path.relative_to(self.folder)
            if name.parts[0] in (*FOLDERS, "fragments") and len(name.parts) == 2 and path.suffix == ".yaml":
                continue
            hint = "maps are records/NAME.yaml and sources/NAME.yaml, fragments are fragments/NAME.yaml"
            yield finding("FB111", Place(name.as_posix(), 1, 1), "no map is looked for in this place", hint=hint)

    def files(self) -> list[Path]:
        return [path for name in FOLDERS for path in sorted((self.folder / name).glob("*.yaml"))]

    def fragments(self, issues: list[Issue]) -> dict[str, FragmentText | None]:
        """Return the fragments by name; None for one that cannot be read, whose findings are added."""
        found: dict[str, FragmentText | None] = {}
        for path in sorted((self.folder / "fragments").glob("*.yaml")):
            try:
                found[path.stem] = parse_fragment(self._text(path), f"fragments/{path.name}")
            except MapError as error:
                found[path.stem] = None
                issues.extend(error.issues)
        return found

    def map(self, file: Path, fragments: Mapping[str, FragmentText | None]) -> tuple[Map, tuple[Issue, ...]]:
        written = parse_map(self._text(file), file.relative_to(self.folder).as_posix(), fragments)
        self._check_right(written)
        around = Surroundings(self._left(written), self._right(written), self._tables(written), self.extensions)
        bound = bind(written, around)
        if bound.issues:
            raise MapError(issues=_with_user(bound.issues, written.file))
        return bound.map, _with_user(check_map(bound.map, written, self.shapes, bound.used), written.file)

    def _text(self, path: Path) -> str:
        """Return the text of a file that lies inside the folder, links followed.

        Raises:
            MapError: FB101 or FB111: it lies outside, is no file, is too large, or is no UTF-8.
        """
        start = Place(_shown(path, self.folder), 1, 1)
        if not self._is_inside(path):
            raise _refused("FB111", start, "the file is a folder, or a link that leads out of the maps' folder")
        limit = MAX_MAP_BYTES if path.suffix == ".yaml" else MAX_TABLE_BYTES
        if path.stat().st_size > limit:
            raise _refused("FB101", start, f"the file is larger than {limit // 1024} KiB")
        body = path.read_bytes()
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = replace(start, line=body[: error.start].count(b"\n") + 1)
            raise _refused("FB101", place, "the line is not UTF-8", "save the file as UTF-8") from error

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self.folder.resolve()) and path.is_file()
        except (OSError, ValueError):  # a name that no file system takes
            return False

    def _named(self, name: str, place: Place) -> str:
        """Return the text of a file that a map names.

        Raises:
            MapError: there is no such file inside the folder, or it cannot be read.
        """
        if not self._is_inside(self.folder / name):
            known = [p.relative_to(self.folder).as_posix() for p in self.folder.glob("*/*") if p.suffix != ".yaml"]
            raise _refused("FB111", place, f"no file `{name}` in the maps' folder", did_you_mean(name, known))
        return self._text(self.folder / name)

    def _check_right(self, written: MapText) -> None:
        for name in written.right.names if written.right.kind == "record" else ():
            if name not in self.shapes:
                hint = did_you_mean(name, self.shapes)
                raise _refused("FB111", written.right.place, f"no record kind `{name}`", hint)

    def _right(self, written: MapText) -> Mapping[str, Shape]:
        """Return the shape of each thing that the right side lets a block make."""
        return {name: self.shapes[name] for name in written.right.names} if written.right.kind == "record" else {}

    def _left(self, written: MapText) -> Shape:
        place = written.left.place
        name = written.left.names[0]
        if written.left.kind == "record":
            if name not in self.shapes:
                raise _refused("FB111", place, f"no record kind `{name}`", did_you_mean(name, self.shapes))
            return self.shapes[name]
        text = self._named(name, place)
        try:
            return schema_shape(json.loads(text))
        except json.JSONDecodeError as error:
            at = Place(name, error.lineno, error.colno)
            raise _refused("FB111", at, f"the schema is no JSON: {error.msg}", f"named in {place}") from error
        except ValueError as error:
            raise _refused("FB111", place, f"schema `{name}` cannot be used: {error}") from error
        except RecursionError as error:
            raise _refused("FB111", place, f"schema `{name}` is nested too deep") from error

    def _tables(self, written: MapText) -> dict[str, CodeTable]:
        tables: dict[str, CodeTable] = {}
        for name, file in written.tables.items():
            place = written.table_places[name]
            try:
                tables[name] = parse_table(name, self._named(file, place))
            except TableError as error:
                hint = f"the table is named in {place}"
                raise _refused("FB109", Place(file, error.line, 1), str(error), hint) from error
        return tables
