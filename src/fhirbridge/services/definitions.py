"""Where maps and profiles come from, and how their folders are read: for bootstrap and for those who write maps.

A profiles folder holds one folder a package: `<package>/*.json` are profiles, `<package>/extensions/*.json` the
extensions that maps may name. Official packages stand in it as `packages/*.tgz`. What comes with fhirbridge is there
for every site, unless its own folder has a package of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import fhirbridge
from fhirbridge.errors import BadPackage, BadSettings, Issue
from fhirbridge.fhir.extensions import ExtensionDefinition, core_extensions, find_extension, load_extensions
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.files import Files
from fhirbridge.mapping.library import Definitions, Inspection, MapLibrary, inspect_folder
from fhirbridge.mapping.model import Map
from fhirbridge.terminology.service import Terminology
from fhirbridge.validation.check import Checker
from fhirbridge.validation.claims import Claims, load_claims
from fhirbridge.validation.packages import ARCHIVES, core_package, terminology_of
from fhirbridge.validation.packages import Definitions as Packages
from fhirbridge.validation.profiles import Profiles, proved

CLAIMS = "claims.toml"


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
    """Return the extensions that maps may name, by id: those of the folders, else of packages, else of R4 itself.

    Raises:
        BadSettings: a file of a folder is no extension, or a package cannot be read.
    """
    own = {id_: each for folder in _folders(profiles) for id_, each in load_extensions(folder / "extensions").items()}
    return {**_official_extensions(profiles), **own}


def _official_extensions(profiles: Path) -> dict[str, ExtensionDefinition]:
    """Return the extensions of packages and of R4 that have one value type; others cannot be named in a map."""
    found = dict(core_extensions())
    for package in reversed(read_packages(profiles).site):
        for each in package.iter_of("StructureDefinition"):
            if each.head.type == "Extension" and (extension := find_extension(each.tree)) is not None:
                found[each.head.id] = extension
    return found


def load_maps(where: Path | Files, profiles: Path, *, before: MapLibrary | None = None) -> MapLibrary:
    """Return the maps of a folder or bundle, every kind of schema read.

    Args:
        before: maps loaded with the same profiles; what has not changed is taken over from it.

    Raises:
        MapError: one map or more does not pass; all findings of all maps are in it.
        BadSettings: a file of the profiles is no extension.
    """
    known = read_profiles(profiles).index
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
    known = Definitions(read_extensions(profiles), read_schema, read_profiles(profiles).index)
    return inspect_folder(where, known)


def read_checker(profiles: Path, packages: Iterable[Path] = ()) -> Checker:
    """Return a checker that knows the profiles of all packages of a profiles folder.

    Args:
        packages: archives from elsewhere, beside those of the folder.

    Raises:
        BadSettings: a file cannot be used as a profile, or a package cannot be read.
    """
    return Checker(proved(Profiles(read_packages(profiles, packages))))


def read_claims(profiles: Path, guides: Iterable[str] = ()) -> Claims:
    """Return what may be claimed of which guide: the `claims.toml` of a profiles folder, else that of the package.

    Args:
        guides: those that are claimed to everybody.
    Raises:
        BadSettings: the file cannot be read, or does not list a guide.
    """
    own = profiles / CLAIMS
    return load_claims(own if own.is_file() else find_defaults() / "profiles" / CLAIMS, guides)


def read_profiles(profiles: Path) -> Profiles:
    """Return the profiles of a profiles folder, those of its own folders proved.

    Raises:
        BadSettings: a file cannot be used as a profile, or a package cannot be read.
    """
    return proved(Profiles(read_packages(profiles)))


def read_packages(profiles: Path, packages: Iterable[Path] = ()) -> Packages:
    """Return the packages of a profiles folder, with what comes with fhirbridge and what R4 itself defines.

    Args:
        packages: archives from elsewhere, beside those of the folder.

    Raises:
        BadSettings: there is no such folder, a file of a folder is no JSON, or an archive cannot be read.
    """
    if not profiles.is_dir():
        raise BadSettings("The folder of profiles is not there.")
    try:
        found = Packages.load(profiles, packages, shipped=_shipped(), core=(core_package(),))
        _ = found.site  # now, not in the middle of a check
    except BadPackage as error:
        raise BadSettings(error.message) from error
    return found


def read_terminology(profiles: Path) -> Terminology:
    """Return the terminology that ships, with that of a profiles folder and its packages before it.

    Raises:
        BadSettings: a file of a folder is no JSON, or a package cannot be read.
    """
    return terminology_of(read_packages(profiles))


def _shipped() -> tuple[Path, ...]:
    return (find_defaults() / "profiles" / "fhirbridge",)


def _folders(profiles: Path) -> Iterator[Path]:
    own = {folder.name: folder for folder in sorted(profiles.iterdir()) if folder.is_dir() and folder.name != ARCHIVES}
    yield from own.values()
    yield from (folder for folder in _shipped() if folder.name not in own)
