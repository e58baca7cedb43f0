"""Maps proved before a message meets them: a folder in, each map with its findings out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fhirbridge.errors import Issue
from fhirbridge.mapping.library import check_folder
from fhirbridge.services.definitions import beside, read_extensions


@dataclass(frozen=True, slots=True)
class Checked:
    """One map and what its checks found."""

    name: str
    version: str
    file: str
    hash: str
    issues: tuple[Issue, ...]


def check_all(folder: Path) -> tuple[Checked, ...]:
    """Return each map of a folder with its issues (`location` is "records/plan.yaml:23:5").

    A file that is so wrong that no map comes of it stands there with its file name only.
    """
    maps, issues = check_folder(folder, read_extensions(beside(folder)))
    by_file: dict[str, list[Issue]] = {}
    for issue in issues:
        by_file.setdefault(issue.location.split(":")[0], []).append(issue)
    checked = [Checked(m.name, m.version, m.file, m.hash, tuple(by_file.pop(m.file, ()))) for m in maps]
    broken = [Checked(Path(file).stem, "", file, "", tuple(found)) for file, found in by_file.items()]
    return tuple(sorted((*checked, *broken), key=lambda each: each.file))
