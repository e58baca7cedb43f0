"""A whole map as one text: what its file, its fragments and the overlays upon it come to."""

from __future__ import annotations

from pathlib import Path

from fhirbridge.mapping.library import read_written
from fhirbridge.mapping.text.layout import laid_out
from fhirbridge.mapping.text.writing import map_text


def effective(folder: Path, name: str) -> str:
    """Return a map of a folder as YAML without fragments or overlays; each row says from which file and line it comes.

    Raises:
        MapError: there is no such map, or it cannot be read.
    """
    return laid_out(map_text(read_written(folder, name)), f"{name}.yaml")
