"""Where maps and profiles come from, and how their folders are read: for bootstrap and for those who write maps.

A profiles folder holds one folder a package: `<package>/*.json` are profiles, `<package>/extensions/*.json` the
extensions that maps may name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import fhirbridge
from fhirbridge.errors import Issue
from fhirbridge.fhir.extensions import ExtensionDefinition, load_extensions
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.files import Files
from fhirbridge.mapping.library import Definitions, Inspection, MapLibrary, inspect_folder
from fhirbridge.mapping.model import Map
from fhirbridge.validation.check import Checker
from fhirbridge.validation.profiles import Profile, Profiles, load_profiles


def find_defaults() -> Path:
    """Return the folder that holds the `mappings` and `profiles` that come with this package."""
    package = Path(fhirbridge.__file__).resolve().parent
    in_wheel = package / "defaults"
    return in_wheel if in_wheel.is_dir() else package.parents[1]


def beside(maps: Path) -> Path:
    """Return the profiles folder that belongs to a folder of maps: the one beside it, else that of the package."""
    own = maps.resolve().parent / "profiles"
    return own if own.is_dir() else find_defaults() / "profiles"


def read_extensions(profiles: Path) -> Mapping[str, ExtensionDefinition]:
    """Return the extensions of all packages of a profiles folder, by id.

    Raises:
        BadSettings: a file is no extension.
    """
    return {
        id_: each for package in _packages(profiles) for id_, each in load_extensions(package / "extensions").items()
    }


def load_maps(where: Path | Files, profiles: Path, *, before: MapLibrary | None = None) -> MapLibrary:
    """Return the maps of a folder or bundle, every kind of schema read.

    Args:
        before: maps loaded with the same profiles; what has not changed is taken over from it.

    Raises:
        MapError: one map or more does not pass; all findings of all maps are in it.
        BadSettings: a file of the profiles is no extension.
    """
    known = read_profiles(profiles).by_url
    return MapLibrary.load(where, read_extensions(profiles), before=before, xml=read_schema, profiles=known)


def check_maps(where: Path | Files, profiles: Path) -> tuple[list[Map], list[Issue]]:
    """Return the maps of a folder or bundle that bind, and every finding in every file.

    Raises:
        BadSettings: a file of the profiles is no extension or profile.
    """
    read = inspect_maps(where, profiles)
    return read.maps, read.issues


def inspect_maps(where: Path | Files, profiles: Path) -> Inspection:
    """Return the maps of a folder or bundle that bind, every finding, and those that comments in the files hide.

    Raises:
        BadSettings: a file of the profiles is no extension or profile.
    """
    known = Definitions(read_extensions(profiles), read_schema, read_profiles(profiles).by_url)
    return inspect_folder(where, known)


def read_checker(profiles: Path) -> Checker:
    """Return a checker that knows the profiles of all packages of a profiles folder.

    Raises:
        BadSettings: a file cannot be used as a profile.
    """
    return Checker(read_profiles(profiles))


def read_profiles(profiles: Path) -> Profiles:
    """Return the profiles of all packages of a profiles folder.

    Raises:
        BadSettings: a file cannot be used as a profile.
    """
    found: dict[str, Profile] = {}
    for package in _packages(profiles):
        found.update(load_profiles(package).by_url)
    return Profiles(found)


def _packages(profiles: Path) -> Iterator[Path]:
    return (folder for folder in sorted(profiles.iterdir()) if folder.is_dir())
