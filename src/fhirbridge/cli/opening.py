"""From the settings file that a command was given to the bridge it works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fhirbridge import bootstrap, settings
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.definitions import find_defaults


@contextmanager
def open_bridge(path: str) -> Iterator[Bridge]:
    """Open the bridge of a settings file for one command and close its store afterwards."""
    bridge = bootstrap.build(settings.load(Path(path)))
    try:
        yield bridge
    finally:
        bridge.store.close()


def find_maps(path: str) -> Path:
    """Return the folder of maps: the one the settings name, else the one that comes with the package."""
    file = Path(path)
    named = settings.load(file).mappings if file.exists() else None
    return named or find_defaults() / "mappings"
