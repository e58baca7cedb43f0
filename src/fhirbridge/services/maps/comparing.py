"""Two sets of maps compared over many messages: what changes, how often, grouped by the row that makes it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fhirbridge.errors import NotFound
from fhirbridge.mapping.compare import Change
from fhirbridge.mapping.files import Files, Folder
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.definitions import beside, load_maps
from fhirbridge.services.maps.corpora import NOTHING, Corpus, own_samples, read_corpus
from fhirbridge.services.maps.passing import MapChange, Pair, Sample, differences

MAX_SHOWN = 3
"""So many values of one element are kept, where values are asked for."""

Key = tuple[str, str, str, str, str, str]
"""Map, kind, subject, path, old row and new row: what is one change, whatever message shows it."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Maps with the files they were read from."""

    files: Files
    maps: MapLibrary


def open_folder(folder: Path) -> Edition:
    """Return the maps of a folder, with the profiles that belong to it.

    Raises:
        MapError: a map does not pass its checks.
    """
    return Edition(Folder(folder), load_maps(folder, beside(folder)))


def open_files(folder: Path) -> Files:
    """Return the files of a folder."""
    return Folder(folder)


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row of a map: its place, `records/plan.yaml:23`, and its text."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """One element that changes, in how many places of the messages, and some values where they were asked for."""

    kind: str
    subject: str
    path: str
    count: int
    values: tuple[tuple[Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What one row makes differently. No row: the engine made the element, or a block appeared or went."""

    map: str
    old_row: RowShown | None
    new_row: RowShown | None
    changes: tuple[Counted, ...]


@dataclass(slots=True)
class Differences:
    """All that changes over a number of messages."""

    counts: Counter[Key] = field(default_factory=Counter)
    values: dict[Key, list[tuple[Any, Any]]] = field(default_factory=dict)
    message_count: int = 0

    def add(self, found: Iterable[MapChange], *, values: bool = False) -> None:
        """Count the changes that one message shows."""
        for name, change in found:
            key = key_of(name, change)
            self.counts[key] += 1
            kept = self.values.setdefault(key, []) if values else None
            if kept is not None and len(kept) < MAX_SHOWN:
                kept.append((change.old, change.new))

    @property
    def keys(self) -> frozenset[Key]:
        """What changes, without how often."""
        return frozenset(self.counts)

    def groups(self, old: Files, new: Files) -> tuple[Group, ...]:
        """Return the changes by the row that makes them, each row with its text."""
        return group(self.counts.items(), old, new, self.values)


def key_of(name: str, change: Change) -> Key:
    """Return what is counted as one change."""
    return name, change.kind, change.subject, change.path, change.old_row, change.new_row


def find_differences(pair: Pair, samples: Iterable[Sample]) -> Differences:
    """Return what changes over all samples; one that meets no changed map is counted and not run."""
    found = Differences()
    changed = pair.changed()
    for sample in samples:
        found.message_count += 1
        if pair.concerns(sample, changed):
            found.add(differences(pair, sample), values=pair.values)
    return found


def compare_editions(
    old: Edition, new: Edition, corpus: Files | None = None, *, only: str = "", values: bool = False
) -> tuple[Differences, tuple[str, ...]]:
    """Return what changes over the messages in files, and the files of which nothing tells the map.

    Args:
        corpus: when not given, what the tests beside the new maps send.
        only: the map that reads every file.

    Raises:
        NotFound: there is no message to compare on, or no map of that name.
    """
    names = {*old.maps.names(), *new.maps.names()}
    if only and only not in names:
        raise NotFound(f"There is no such map; known are: {', '.join(sorted(names))}.")
    found = read_corpus(corpus, names, only=only) if corpus else Corpus(own_samples(new.files, new.maps))
    if not found.samples:
        raise NotFound(NOTHING)
    return find_differences(Pair(old.maps, new.maps, values=values), found.samples), found.strangers


def digest(*parts: str, keys: Iterable[Key]) -> str:
    """Return the SHA-256, in hex, of what was compared and of what changes."""
    return hashlib.sha256(json.dumps([parts, sorted(keys)]).encode()).hexdigest()


def group(
    counts: Iterable[tuple[Key, int]],
    old: Files,
    new: Files,
    values: Mapping[Key, Sequence[tuple[Any, Any]]] | None = None,
) -> tuple[Group, ...]:
    """Return counted changes by map and row, in the order of the new rows."""
    counted = sorted(counts)
    rows = _Rows(old, new, [(name, old_row, new_row) for (name, _, _, _, old_row, new_row), _ in counted])
    by_row: dict[_RowPair, list[Counted]] = {}
    for key, count in counted:
        name, kind, subject, path, old_row, new_row = key
        changes = by_row.setdefault(rows.whole((name, old_row, new_row)), [])
        changes.append(Counted(kind, subject, path, count, tuple((values or {}).get(key, ()))))
    found = [
        Group(name, _shown(old, old_row), _shown(new, new_row), tuple(changes))
        for (name, old_row, new_row), changes in by_row.items()
    ]
    return tuple(sorted(found, key=_order))


_RowPair = tuple[str, str, str]
"""Map, old row, new row."""


class _Rows:
    """Knows which old row and which new row are one: an element that went names the old one only."""

    def __init__(self, old: Files, new: Files, pairs: Iterable[_RowPair]) -> None:
        pairs = set(pairs)
        self._old, self._new = old, new
        self._new_of = {(name, one): other for name, one, other in sorted(pairs) if one and other}
        self._old_of = {(name, other): one for name, one, other in sorted(pairs) if one and other}
        self._gone = {(name, one) for name, one, other in pairs if not other}
        self._fresh = {(name, other) for name, one, other in pairs if not one}

    def whole(self, pair: _RowPair) -> _RowPair:
        """Return the pair with the row that is missing, where there is one: seen elsewhere, moved, or edited."""
        name, one, other = pair
        if one and not other:
            edited = one if (name, one) in self._fresh else ""
            return name, one, self._new_of.get((name, one)) or _moved(one, self._old, self._new) or edited
        if other and not one:
            edited = other if (name, other) in self._gone else ""
            return name, self._old_of.get((name, other)) or _moved(other, self._new, self._old) or edited, other
        return pair


def _moved(place: str, here: Files, there: Files) -> str:
    """Return where the row at a place stands in the other files, "" when its text is not in that file."""
    row, (file, _) = _shown(here, place), _split(place)
    if row is None or not row.text or there.find_size(file) is None:
        return ""
    lines = [" ".join(line.split()) for line in _lines(there, file)]
    return f"{file}:{lines.index(row.text) + 1}" if row.text in lines else ""


def to_items(groups: Iterable[Group]) -> Iterator[dict[str, Any]]:
    """Yield each group as a JSON tree."""
    for each in groups:
        rows = {
            side: {"place": row.place, "text": row.text} if row else None
            for side, row in (("old_row", each.old_row), ("new_row", each.new_row))
        }
        changes = [
            {"kind": c.kind, "subject": c.subject, "path": c.path, "count": c.count}
            | ({"values": [{"old": old, "new": new} for old, new in c.values]} if c.values else {})
            for c in each.changes
        ]
        yield {"map": each.map, **rows, "changes": changes}


def _order(each: Group) -> tuple[str, str, int]:
    row = each.new_row or each.old_row
    return each.map, *_split(row.place if row else "")


def _split(place: str) -> tuple[str, int]:
    """Return file and line of a place; 0 where it names a file only."""
    file, _, line = place.rpartition(":")
    return (file, int(line)) if file and line.isdecimal() else (place, 0)


def _shown(files: Files, place: str) -> RowShown | None:
    """Return a row with its text, as the file has it in that line."""
    file, line = _split(place)
    if not place or not line or files.find_size(file) is None:
        return RowShown(place, "") if place else None
    lines = _lines(files, file)
    return RowShown(place, " ".join(lines[line - 1].split()) if line <= len(lines) else "")


def _lines(files: Files, file: str) -> list[str]:
    return files.read(file).decode("utf-8-sig", "replace").splitlines()
