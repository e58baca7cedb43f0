"""Where the files of maps come from: a folder on disk, or a bundle that holds a whole folder under one hash.

Laws of this file: nothing outside a folder is read, links followed; a bundle's bytes, and so its hash, depend on the
names and contents of its files alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Protocol

import msgspec

from fhirbridge.errors import Issue, MapError

SUFFIXES = frozenset({".yaml", ".yml", ".csv", ".json", ".ndjson", ".xsd", ".xml"})
"""What a release holds: maps, fragments, tables, schemas and the samples of their tests."""
MAX_FILES = 5_000
MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_BUNDLE_BYTES = 64 * 1024 * 1024
"""No release is larger; a partner's data does not belong into a maps folder."""


class Files(Protocol):
    """The files of maps, by their path from the top of the folder, written with slashes: `records/plan.yaml`."""

    def names(self) -> tuple[str, ...]:
        """Return every file's path, in order."""
        ...

    def find_size(self, name: str) -> int | None:
        """Return how many bytes a file has; None where no file of this folder stands."""
        ...

    def read(self, name: str) -> bytes:
        """Return what is in a file.

        Raises:
            FileNotFoundError: no file of this folder stands there.
        """
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below one folder on disk. A link that leads out of it is listed and cannot be read."""

    path: Path

    def names(self) -> tuple[str, ...]:
        """Return every file's path, in order; what stands in a hidden folder, such as `.git`, is left out."""
        found = (path.relative_to(self.path) for path in self.path.rglob("*") if path.is_symlink() or path.is_file())
        return tuple(sorted(name.as_posix() for name in found if not any(part.startswith(".") for part in name.parts)))

    def find_size(self, name: str) -> int | None:
        """Return how many bytes a file has; None for a folder, and for what lies outside."""
        path = self.path / normpath(name)
        try:
            inside = path.resolve().is_relative_to(self.path.resolve()) and path.is_file()
            return path.stat().st_size if inside else None
        except (OSError, ValueError):  # a name that no file system takes
            return None

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        if self.find_size(name) is None:
            raise FileNotFoundError(name)
        return (self.path / normpath(name)).read_bytes()


@dataclass(frozen=True)
class Bundle:
    """A whole folder of maps in memory."""

    contents: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, body: bytes) -> Bundle:
        """Return the bundle that `to_bytes` wrote.

        Raises:
            MapError: the bytes are no bundle.
        """
        try:
            return cls(dict(msgspec.msgpack.decode(body, type=list[tuple[str, bytes]])))
        except msgspec.MsgspecError as error:
            raise MapError("What is kept as a release is no bundle of maps.") from error

    def to_bytes(self) -> bytes:
        """Return the files in one text of bytes; equal files give equal bytes."""
        return msgspec.msgpack.encode(sorted(self.contents.items()))

    @cached_property
    def hash(self) -> str:
        """The SHA-256, in hex, of the bundle's bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def names(self) -> tuple[str, ...]:
        """Return every file's path, in order."""
        return tuple(sorted(self.contents))

    def find_size(self, name: str) -> int | None:
        """Return how many bytes a file has, None for a file that is not there."""
        body = self.contents.get(normpath(name))
        return None if body is None else len(body)

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        if self.find_size(name) is None:
            raise FileNotFoundError(name)
        return self.contents[normpath(name)]


def pack(files: Files) -> Bundle:
    """Return the files of maps as a bundle; other kinds of files are left out.

    Raises:
        MapError: FB101 or FB111: a link leads out of the folder, or there is too much in it.
    """
    named = {name: files.find_size(name) for name in files.names()}
    sizes = {name: size for name, size in named.items() if size is None or PurePosixPath(name).suffix in SUFFIXES}
    issues = [*_unusable(sizes), *_too_much(sizes)]
    if issues:
        raise MapError("The folder cannot be kept as a release.", issues=issues)
    return Bundle({name: files.read(name) for name in sizes})


def _unusable(sizes: Mapping[str, int | None]) -> Iterable[Issue]:
    for name, size in sizes.items():
        if size is None:
            hint = "put a copy of the file into the folder"
            yield Issue("FB111", "the file is a link that leads out of the maps' folder", location=name, hint=hint)
        elif size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024 // 1024
            yield Issue("FB101", f"the file is larger than {limit} MiB", location=name, hint="keep data elsewhere")


def _too_much(sizes: Mapping[str, int | None]) -> Iterable[Issue]:
    hint = "keep what is no map, table, schema or test sample in another folder"
    if len(sizes) > MAX_FILES:
        yield Issue("FB101", f"the folder has more than {MAX_FILES} files", hint=hint)
    if sum(size or 0 for size in sizes.values()) > MAX_BUNDLE_BYTES:
        yield Issue("FB101", f"the folder is larger than {MAX_BUNDLE_BYTES // 1024 // 1024} MiB", hint=hint)


@dataclass(frozen=True)
class Listed:
    """The same files, for the time of one reading of the maps: each is read once; what is hashed is what is parsed."""

    files: Files
    _sizes: dict[str, int | None] = field(default_factory=dict)
    _bodies: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.files.names()

    def names(self) -> tuple[str, ...]:
        """Return every file's path, in order."""
        return self._names

    def find_size(self, name: str) -> int | None:
        """Return how many bytes a file has, None for a file that is not there."""
        if name not in self._sizes:
            self._sizes[name] = self.files.find_size(name)
        return self._sizes[name]

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        if name not in self._bodies:
            self._bodies[name] = self.files.read(name)
        return self._bodies[name]
