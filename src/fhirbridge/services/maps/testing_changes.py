"""Which maps have changed since the last commit: asked of git, with fixed arguments and no shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from fhirbridge.errors import BadSettings
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.cases import cases_of
from fhirbridge.services.definitions import beside, load_maps
from fhirbridge.services.maps.testing import case_files

_CHANGED = ("diff", "--name-only", "-z", "--relative", "HEAD", "--", ".")
_NEW = ("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
TIMEOUT_S = 60


def changed_maps(folder: Path) -> frozenset[str]:
    """Return the names of the maps one of whose files git says has changed against HEAD, or is new.

    A map's files are its own text, its overlays, fragments, tables and schemas, and the files of its tests.

    Raises:
        BadSettings: there is no git, or the folder is in no work tree with a commit.
        MapError: a map does not pass its checks.
    """
    changed = changed_files(folder)
    library = load_maps(folder, beside(folder))
    return frozenset(name for name in library.names() if changed & files_of(library, library.get(name)))


def changed_files(folder: Path) -> frozenset[str]:
    """Return the files below a folder that differ from HEAD, by their path from there.

    Raises:
        BadSettings: there is no git, or the folder is in no work tree with a commit.
    """
    return frozenset(name for arguments in (_CHANGED, _NEW) for name in _git(folder, arguments).split("\0") if name)


def files_of(library: MapLibrary, map_: Map) -> frozenset[str]:
    """Return every file that a map and its tests are made of."""
    read = {name for name in library.origins.get(map_.file, {}) if not name.startswith("fragments/")}
    rows = {row.place.file for block in map_.blocks for row in block.rows}
    tests = {name for case in cases_of(map_) for name in case_files(case)}
    return frozenset(read | rows | tests | {map_.file})


def _git(folder: Path, arguments: tuple[str, ...]) -> str:
    git = shutil.which("git")
    if git is None:
        raise BadSettings("There is no git on this machine; leave out --changed.")
    command = [git, "-C", str(folder.resolve()), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)  # noqa: S603  # fixed arguments
    if done.returncode != 0:
        raise BadSettings("The folder of maps is in no git work tree with a commit; leave out --changed.")
    return done.stdout.decode("utf-8", "replace")
