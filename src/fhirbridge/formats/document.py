"""One document of a partner, as a format reads it: its tree, where in the file it stood, what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    Attributes:
        tree: nested dict, list and scalars; what could not be read is left out and stands in `issues`.
        lines: for CSV the line of each row it was made of, counted from 1; nothing for other formats.
        issues: what was wrong; expressions begin with `doc`.
    """

    tree: Any
    lines: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()
