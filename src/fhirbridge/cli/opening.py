"""From the settings file that a command was given to the bridge it works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fhirbridge import bootstrap, settings
from fhirbridge.errors import BridgeError
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.definitions import find_defaults
from fhirbridge.services.maps.releases import Desk

EXAMPLE_URL = "https://bridge.example"


@contextmanager
def open_bridge(path: str) -> Iterator[Bridge]:
    """Open the bridge of a settings file for one command and close its store afterwards."""
    bridge = bootstrap.build(settings.load(Path(path)))
    try:
        yield bridge
    finally:
        bridge.store.close()


@contextmanager
def shipped_bridge() -> Iterator[Bridge]:
    """Open a bridge with the maps and profiles of the package, which keeps nothing and knows no partner."""
    bridge = bootstrap.build(settings.Settings(base_url=EXAMPLE_URL, store=bootstrap.MEMORY))
    try:
        yield bridge
    finally:
        bridge.store.close()


@contextmanager
def open_desk(path: str) -> Iterator[Desk]:
    """Open what those who change maps work with, and close its store afterwards."""
    desk = bootstrap.open_desk(settings.load(Path(path)))
    try:
        yield desk
    finally:
        desk.store.close()


def is_inactive(path: str, folder: Path) -> bool:
    """Say whether a folder holds other maps than the active ones of the bridge that the settings name."""
    try:
        return bootstrap.is_active(settings.load(Path(path)), folder) is False
    except BridgeError:  # no settings, or none that can be used: then no bridge uses these maps
        return False


def find_maps(path: str) -> Path:
    """Return the folder of maps: the one the settings name, else the one that comes with the package."""
    file = Path(path)
    named = settings.load(file).mappings if file.exists() else None
    return named or find_defaults() / "mappings"


def find_own_maps(path: str) -> Path:
    """Return the folder of maps that the settings name, for a command that writes into it.

    Raises:
        click.UsageError: there are no settings, or they name no folder: the maps of the package are not to be changed.
    """
    file = Path(path)
    if not file.exists():
        raise click.UsageError(
            f"There is no {file} here, so nothing says which folder to write to. Go to the folder of your bridge, "
            "name its settings with -s, or name the folder of maps."
        )
    named = settings.load(file).mappings
    if named is None:
        raise click.UsageError(
            f"{file} names no `mappings` of your own, and those of the package are not to be changed. "
            "`fhirbridge init DIR --own-maps` makes a bridge with a copy, or name the folder of maps."
        )
    return named


def find_profiles(path: str) -> Path:
    """Return the folder of profiles: the one the settings name, else the one that comes with the package."""
    file = Path(path)
    named = settings.load(file).profiles if file.exists() else None
    return named or find_defaults() / "profiles"


def find_own_profiles(path: str) -> Path:
    """Return the folder of profiles that the settings name, for a command that writes into it; it is made if need be.

    Raises:
        click.UsageError: there are no settings, or they name no folder: the profiles of the package stay as they are.
    """
    file = Path(path)
    named = settings.load(file).profiles if file.exists() else None
    if named is None:
        raise click.UsageError(
            f'{file} names no folder of `profiles`, so nothing says where to keep a package. Add profiles = "profiles" '
            "to it, or name other settings with -s. What comes with fhirbridge stays in use beside your packages."
        )
    named.mkdir(parents=True, exist_ok=True)
    return named
