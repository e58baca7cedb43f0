"""How changes between two sets of maps are printed: by map and row, the old row and the new one, then each element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from getpass import getuser

from fhirbridge.services.maps.comparing import Counted, Group

SHORT = 12
"""So many characters of a hash are shown where people read it."""


def to_lines(groups: Iterable[Group]) -> Iterator[str]:
    """Yield the lines that show changes by row."""
    for each in groups:
        row = each.new_row or each.old_row
        yield f"{each.map}  {row.place if row else '(no row)'}"
        yield from _row_lines(each)
        yield from (line for change in each.changes for line in _change_lines(change))
        yield ""


def _row_lines(each: Group) -> Iterator[str]:
    old, new = (row.text if row else "" for row in (each.old_row, each.new_row))
    if old == new:
        yield from [f"    {new}", "    (the same row; what it reads has changed)"] if new else []
        return
    yield from [f"  - {old}"] if old else []
    yield from [f"  + {new}"] if new else []


def _change_lines(change: Counted) -> Iterator[str]:
    path = change.path if change.path == change.subject else f"{change.subject}.{change.path}"
    shown = f"{change.subject} {change.path}" if change.kind.startswith("finding") else path
    yield f"      {change.kind} {shown}  x{change.count}"
    yield from (f"          {old!r} -> {new!r}" for old, new in change.values)


def default_who() -> str:
    """Return the name of the user of this process."""
    try:
        return getuser()
    except (OSError, KeyError):  # a container may know no name for its user
        return "unknown"
