"""Maps and fragments brought into their one layout. Nothing but blanks, quotes and the order of keys changes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.text.layout import laid_out

FOLDERS = ("records", "sources", "partners", "fragments")
"""Where the maps and fragments of a folder of maps stand."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One file: its text, its text in the one layout, and why it has none where it cannot be read."""

    file: Path
    before: str
    after: str
    issues: tuple[Issue, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the file is not in its layout."""
        return self.before != self.after

    def diff(self) -> str:
        """Return what changes, as a unified diff; nothing where nothing does."""
        old, new = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        return "".join(unified_diff(old, new, str(self.file), str(self.file)))


def find_files(places: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files named, and those of the folders named: their maps and fragments, or their own YAML files."""
    return tuple(dict.fromkeys(file for place in places for file in _files(place)))


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    below = [file for name in FOLDERS for file in sorted((place / name).glob("*.yaml"))]
    return below or sorted(place.glob("*.yaml"))


def lay_out(file: Path) -> Layout:
    """Return a file with its layout; what cannot be read stays as it is and has issues."""
    body = file.read_bytes()
    try:
        before = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        message, hint = "the line is not UTF-8", "save the file as UTF-8"
        return Layout(file, "", "", (Issue("FB101", message, location=f"{file}:{line}:1", hint=hint),))
    try:
        return Layout(file, before, laid_out(before.removeprefix("\ufeff"), str(file)))
    except MapError as error:
        return Layout(file, before, before, tuple(error.issues))


def write(layout: Layout) -> None:
    """Write a file in its layout, whole or not at all."""
    new = layout.file.with_name(f".{layout.file.name}.new")
    new.write_text(layout.after, encoding="utf-8", newline="\n")
    new.chmod(layout.file.stat().st_mode)
    os.replace(new, layout.file)
