"""All maps of a folder, read, bound and checked. A library exists only when every map in it passes.

Layout: `records/*.yaml`, `sources/*.yaml`, overlays upon them in `partners/*.yaml`, with `fragments/`, `tables/` and
`schemas/` beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from fhirbridge.errors import Issue, MapError
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.binding.bind import bind
from fhirbridge.mapping.binding.notes import Notes, Surroundings
from fhirbridge.mapping.checking.constraints import Profiles
from fhirbridge.mapping.checking.folder import Ignored, check_files, check_maps, settle
from fhirbridge.mapping.checking.run import check_map
from fhirbridge.mapping.checking.scene import Scene
from fhirbridge.mapping.files import Files, Folder, Listed
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Map, MapText, Place
from fhirbridge.mapping.proving.case_findings import bind_cases
from fhirbridge.mapping.shapes import Shape, schema_shape
from fhirbridge.mapping.side_shapes import SideShapes, XmlShapes
from fhirbridge.mapping.text.envelope import read_map
from fhirbridge.mapping.text.fragments import FragmentText, parse_fragment
from fhirbridge.mapping.text.overlays import Head, chains_of, find_name, parse_chain, parse_head
from fhirbridge.records import KINDS
from fhirbridge.terminology.tables import CodeTable, TableError, link_table, read_table

MAX_MAP_BYTES = 512 * 1024
"""No map or fragment is larger."""
MAX_TABLE_BYTES = 4 * 1024 * 1024
"""No table or schema is larger."""

FOLDERS = ("records", "sources")
OVERLAYS = "partners"


@cache
def record_shapes() -> dict[str, Shape]:
    """Return the shape of every record kind, from its published schema."""
    return {kind: schema_shape(record.published_schema()) for kind, record in KINDS.items()}


Digests = Mapping[str, str]
"""The SHA-256 of each file that a map was read from, by the file's name."""


@dataclass(frozen=True, slots=True)
class MapLibrary:
    """Maps by name, all of them checked. `origins` tells, by a map's file, what it was read from."""

    maps: Mapping[str, Map]
    origins: Mapping[str, Digests] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        where: Path | Files,
        extensions: Mapping[str, ExtensionDefinition],
        *,
        before: MapLibrary | None = None,
        xml: XmlShapes | None = None,
        profiles: Profiles | None = None,
    ) -> MapLibrary:
        """Return the maps of a folder or bundle.

        Args:
            before: maps loaded with the same extensions; those whose files are all the same are taken over from it.
            xml: how XML schemas are read; without it a map with an `xml:` side does not pass.
            profiles: those that blocks are held against; without them no block is.

        Raises:
            MapError: one map or more does not pass; all findings of all maps are in it. Warnings alone do not stop it.
        """
        read = _read_all(_files(where), Definitions(extensions, xml, profiles or {}), before)
        wrong = sum(issue.severity == "error" for issue in read.issues)
        if wrong:
            count = "1 finding" if wrong == 1 else f"{wrong} findings"
            raise MapError(f"{count} in the maps; nothing was loaded", issues=read.issues)
        return cls({map_.name: map_ for map_ in read.maps}, read.origins)

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


@dataclass(frozen=True, slots=True)
class Definitions:
    """What maps may name: extensions by id, how XML schemas are read, profiles by canonical URL."""

    extensions: Mapping[str, ExtensionDefinition]
    xml: XmlShapes | None = None
    profiles: Profiles = field(default_factory=dict)


def inspect_folder(where: Path | Files, definitions: Definitions) -> Inspection:
    """Return the maps of a folder or bundle that bind, every finding in every file, and what comments hide."""
    return _read_all(_files(where), definitions)


def read_written(where: Path | Files, name: str) -> MapText:
    """Return one map as written: whole, with its fragments and the overlays that it is made of. It is not bound.

    Raises:
        MapError: there is no such map, or it cannot be read.
    """
    loader = _Loader(_files(where), {}, Definitions({}))
    issues: list[Issue] = []
    fragments, chains = loader.fragments(issues), loader.chains(issues)
    files = {loader.name_of(file): file for file in (*loader.files(), *chains)}
    if name not in files:
        raise MapError(issues=[Issue("FB111", f"no map `{name}`", hint=did_you_mean(name, files)), *issues])
    return loader.written(chains.get(files[name], (files[name],)), fragments)


def _files(where: Path | Files) -> Files:
    return Folder(where) if isinstance(where, Path) else where


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a folder came to: maps, findings, what each map was read from, and the findings that comments hide."""

    maps: list[Map]
    issues: list[Issue]
    origins: dict[str, Digests]
    ignored: list[Ignored] = field(default_factory=list)


def _read_all(files: Files, definitions: Definitions, before: MapLibrary | None = None) -> Inspection:
    """Return every map, read, or taken over from the maps before where nothing it was read from has changed."""
    files = Listed(files)
    loader = _Loader(files, record_shapes(), definitions)
    shared = {name: _digest(files.read(name)) for name in loader.shared()}
    kept = _unchanged(before, files, shared) if before else {}
    read = Inspection([], list(loader.strays()), {})
    fragments = loader.fragments(read.issues)
    chains = loader.chains(read.issues)
    for file in (*loader.files(), *chains):
        recorder = _Recorder(files, dict(shared))
        try:
            made_of = chains.get(file, (file,))
            map_, found = (kept[file], ()) if file in kept else replace(loader, source=recorder).map(made_of, fragments)
        except MapError as error:
            read.issues.extend(error.issues)
        else:
            read.issues.extend(found)
            read.origins[file] = before.origins[file] if before and file in kept else recorder.digests
            read.maps.append(map_ if file in kept else replace(map_, hash=_hash(map_, recorder.digests)))
    read.issues.extend(_doubled_names(read.maps))
    if len(read.maps) == len(loader.files()) + len(chains) and None not in fragments.values():
        read.issues.extend((*check_maps(read.maps), *check_files(files.names(), _used(read, shared))))
    issues, ignored = settle(loader.texts(), read.issues, profiles_known=bool(definitions.profiles))
    return replace(read, issues=issues, ignored=ignored)


def _used(read: Inspection, shared: Digests) -> set[str]:
    """Return the files that some map was made of."""
    named = {name for digests in read.origins.values() for name in digests if name not in shared}
    return named | {row.place.file for map_ in read.maps for block in map_.blocks for row in block.rows}


def _unchanged(before: MapLibrary, files: Files, shared: Digests) -> dict[str, Map]:
    """Return, by file, the maps whose every file is still what it was."""
    now = dict(shared)
    by_file = {map_.file: map_ for map_ in before.maps.values()}
    return {file: by_file[file] for file, then in before.origins.items() if file in by_file and _same(files, then, now)}


def _same(files: Files, then: Digests, now: dict[str, str]) -> bool:
    """Say whether each file is what it was; `now` holds digests known already and takes those that are made."""
    for name in then:
        if name not in now:
            now[name] = _digest(files.read(name)) if files.find_size(name) is not None else ""
    return {name: now[name] for name in then} == then


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _hash(map_: Map, digests: Digests) -> str:
    """Return the hash of all that a map is made of: its own text, the fragments of its rows, tables and schema."""
    fragments = {row.place.file for block in map_.blocks for row in block.rows}
    used = {name: digest for name, digest in digests.items() if not is_shared(name) or name in fragments}
    return _digest(json.dumps(used, sort_keys=True).encode())


@dataclass(frozen=True, slots=True)
class _Recorder:
    """Files that notes what is read from them."""

    files: Files
    digests: dict[str, str]

    def names(self) -> tuple[str, ...]:
        return self.files.names()

    def find_size(self, name: str) -> int | None:
        return self.files.find_size(name)

    def read(self, name: str) -> bytes:
        body = self.files.read(name)
        self.digests[name] = _digest(body)
        return body


def is_shared(name: str) -> bool:
    """Say whether a file may have a part in every map: YAML that is no map itself."""
    path = PurePosixPath(name)
    return path.suffix in (".yaml", ".yml") and path.parts[0] not in (*FOLDERS, OVERLAYS)


def _doubled_names(maps: Iterable[Map]) -> Iterable[Issue]:
    seen: dict[str, str] = {}
    for map_ in maps:
        if map_.name in seen:
            yield finding("FB103", Place(map_.file, 1, 1), f"map `{map_.name}` stands in {seen[map_.name]} too")
        seen[map_.name] = map_.file


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
    """Reads maps from the files of one folder or bundle, and from nowhere else."""

    source: Files
    shapes: Mapping[str, Shape]
    definitions: Definitions

    def strays(self) -> Iterator[Issue]:
        """Yield a finding for each YAML file that stands where no map is looked for, and for links to elsewhere."""
        for name in self.source.names():
            path = PurePosixPath(name)
            if path.suffix in (".yaml", ".yml"):
                known = (*FOLDERS, OVERLAYS, "fragments")
                if path.parts[0] in known and len(path.parts) == 2 and path.suffix == ".yaml":
                    continue
                hint = f"it belongs into one of the folders {', '.join(known)}, as NAME.yaml"
                yield finding("FB111", Place(name, 1, 1), "no map is looked for in this place", hint=hint)
            elif not path.suffix and self.source.find_size(name) is None:
                yield finding("FB111", Place(name, 1, 1), "this is a link to a folder; maps are read from one folder")

    def shared(self) -> list[str]:
        """Return the files that may have a part in every map."""
        return [name for name in self.source.names() if is_shared(name) and self.source.find_size(name) is not None]

    def files(self) -> list[str]:
        """Return the files of maps, those of the records first."""
        return [file for folder in FOLDERS for file in self._below(folder)]

    def chains(self, issues: list[Issue]) -> dict[str, tuple[str, ...]]:
        """Return, by an overlay's file, the files it is made of; what is wrong with their first lines is added."""
        heads: list[Head] = []
        for file in self._below(OVERLAYS):
            try:
                heads.append(parse_head(self._text(file), file))
            except MapError as error:
                issues.extend(error.issues)
        known = {self.name_of(file): file for file in (reversed(self.files()) if heads else ())}
        chains, found = chains_of(heads, known)
        issues.extend(found)
        return chains

    def name_of(self, file: str) -> str:
        """Return the name that a map's file gives it, nothing where the file cannot be read: that is told elsewhere."""
        try:
            return find_name(self._text(file))
        except MapError:
            return ""

    def _below(self, folder: str) -> list[str]:
        paths = [PurePosixPath(name) for name in self.source.names()]
        return [str(path) for path in paths if str(path.parent) == folder and path.suffix == ".yaml"]

    def fragments(self, issues: list[Issue]) -> dict[str, FragmentText | None]:
        """Return the fragments by name; None for one that cannot be read, whose findings are added."""
        found: dict[str, FragmentText | None] = {}
        for file in self._below("fragments"):
            name = PurePosixPath(file).stem
            try:
                found[name] = parse_fragment(self._text(file), file)
            except MapError as error:
                found[name] = None
                issues.extend(error.issues)
        return found

    def map(self, files: Sequence[str], fragments: Mapping[str, FragmentText | None]) -> tuple[Map, tuple[Issue, ...]]:
        """Return a map and what its checks found; several files are a map and the overlays upon it.

        What can be looked at is looked at, whatever else was refused.

        Raises:
            MapError: it does not bind; all findings are in it.
        """
        written, unread = self._as_far_as_read(files, fragments)
        tables, broken = self._tables(written)
        sides = SideShapes(self.shapes, self._named, self.definitions.xml)
        try:
            left, right = sides.left(written.left), sides.right(written.right)
        except MapError as error:
            raise MapError(issues=_with_user((*unread, *broken, *error.issues), written.file)) from error
        around = Surroundings(left, right, tables, self.definitions.extensions)
        bound = bind(written, around)
        bound.gaps.is_whole = bool(unread)
        known = self.definitions.profiles, self.definitions.extensions
        scene = Scene(bound.map, written, bound.used, bound.gaps, *known)
        found = (*unread, *broken, *bound.issues, *check_map(scene))
        if unread or broken or bound.issues:
            raise MapError(issues=_with_user(found, written.file))
        known_parts = Notes(written, around)
        cases, wrong = bind_cases(known_parts, bound.map, lambda name: self.source.find_size(name) is not None)
        return replace(bound.map, cases=cases), _with_user((*found, *wrong), written.file)

    def _as_far_as_read(
        self, files: Sequence[str], fragments: Mapping[str, FragmentText | None]
    ) -> tuple[MapText, list[Issue]]:
        """Return a map as written, and what cannot be read of it where the rest can be looked at all the same.

        Raises:
            MapError: it cannot be read so far that its sides are known.
        """
        if len(files) > 1:
            return self.written(files, fragments), []
        written, issues = read_map(self._text(files[0]), files[0], fragments)
        if issues and not (written.left.names and written.right.names and all(written.left.names)):
            raise MapError(issues=issues)
        return written, issues

    def texts(self) -> dict[str, str]:
        """Return the text of every map, overlay and fragment that can be read."""
        found: dict[str, str] = {}
        for file in (file for folder in (*FOLDERS, OVERLAYS, "fragments") for file in self._below(folder)):
            with suppress(MapError):
                found[file] = self._text(file)
        return found

    def written(self, files: Sequence[str], fragments: Mapping[str, FragmentText | None]) -> MapText:
        """Return a map, or a map with the overlays upon it, as written."""
        return parse_chain([(self._text(file), file) for file in files], fragments)

    def _text(self, file: str) -> str:
        """Return the text of a file.

        Raises:
            MapError: FB101 or FB111: it lies outside, is no file, is too large, or is no UTF-8.
        """
        start = Place(file, 1, 1)
        size = self.source.find_size(file)
        if size is None:
            raise _refused("FB111", start, "the file is a folder, or a link that leads out of the maps' folder")
        limit = MAX_MAP_BYTES if PurePosixPath(file).suffix == ".yaml" else MAX_TABLE_BYTES
        if size > limit:
            raise _refused("FB101", start, f"the file is larger than {limit // 1024} KiB")
        body = self.source.read(file)
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = replace(start, line=body[: error.start].count(b"\n") + 1)
            raise _refused("FB101", place, "the line is not UTF-8", "save the file as UTF-8") from error

    def _named(self, name: str, place: Place) -> str:
        """Return the text of a file that a map names.

        Raises:
            MapError: there is no such file inside the folder, or it cannot be read.
        """
        if self.source.find_size(name) is None:
            known = [file for file in self.source.names() if file.count("/") == 1 and not file.endswith(".yaml")]
            raise _refused("FB111", place, f"no file `{name}` in the maps' folder", did_you_mean(name, known))
        return self._text(name)

    def _tables(self, written: MapText) -> tuple[dict[str, CodeTable], list[Issue]]:
        """Return the tables of a map that can be read, and what is wrong with the others."""
        tables: dict[str, CodeTable] = {}
        linked: dict[str, CodeTable] = {}
        issues: list[Issue] = []
        for name, file in written.tables.items():
            place = written.table_places[name]
            try:
                tables[name] = read_table(name, file, self._named(file, place))
            except TableError as error:
                hint = f"the table is named in {place}"
                issues.append(finding("FB109", Place(file, error.line, 1), str(error), hint=hint))
            except MapError as error:
                issues.extend(error.issues)
        for name in tables if not issues else ():
            try:
                linked[name] = self._linked(written, name, tables)
            except MapError as error:
                issues.extend(error.issues)
        return linked or tables, issues

    def _linked(self, written: MapText, name: str, tables: Mapping[str, CodeTable]) -> CodeTable:
        """Return a table with the lines of those it goes on in."""
        try:
            return link_table(name, tables)
        except TableError as error:
            place = Place(written.tables[error.table], error.line, 1)
            hint = f"the table is named in {written.table_places[error.table]}"
            raise _refused("FB109", place, str(error), hint) from error
