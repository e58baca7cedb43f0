"""Releases of maps: kept by hash, activated one after the other, run as shadows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fhirbridge.errors import NotFound, VersionConflict
from fhirbridge.store.releases import Activation, PreviewRow, ReleaseRow, ShadowCount, ShadowRow
from fhirbridge.store.schema import map_activation, map_preview, map_release, map_shadow, map_shadow_count
from fhirbridge.store.sql.work import Work

UNKNOWN = "No release with this hash is kept."
OVERTAKEN = "Somebody else changed the maps in use at the same time."
KEY = ("map", "kind", "path", "old_row", "new_row")


class Releases(Work):
    """The part of a transaction that keeps releases of maps."""

    def put_release(self, release: ReleaseRow) -> None:
        """Keep a release."""
        self._insert_new(map_release, asdict(release))

    def find_release(self, hash_: str) -> ReleaseRow | None:
        """Return a release with its files."""
        return self._find(select(map_release).where(map_release.c.hash == hash_), _release)

    def iter_releases(self) -> Iterator[tuple[str, datetime]]:
        """(hash, moment it was first kept) of each release, oldest first."""
        columns = map_release.c.hash, map_release.c.created_at
        rows = self._pages(select(*columns), [map_release.c.created_at, map_release.c.hash])
        return ((row.hash, row.created_at) for row in rows)

    def add_activation(self, activation: Activation, *, after: int) -> Activation:
        """Make a release the active one; the primary key decides who was first."""
        if self._last_sequence(map_activation) != after:
            raise VersionConflict(OVERTAKEN)
        self._require_release(activation.release)
        placed = replace(activation, sequence=after + 1)
        self._connection.execute(insert(map_activation).values(asdict(placed)))
        return placed

    def find_activation(self) -> Activation | None:
        """Return the newest activation."""
        newest = select(map_activation).order_by(map_activation.c.sequence.desc()).limit(1)
        return self._find(newest, _activation)

    def iter_activations(self) -> Iterator[Activation]:
        """All activations, oldest first."""
        return map(_activation, self._pages(select(map_activation), [map_activation.c.sequence]))

    def put_preview(self, preview: PreviewRow) -> None:
        """Keep a preview."""
        self._insert_new(map_preview, asdict(preview))

    def find_preview(self, id_: str) -> PreviewRow | None:
        """Return a preview."""
        return self._find(select(map_preview).where(map_preview.c.id == id_), _preview)

    def start_shadow(self, shadow: ShadowRow) -> ShadowRow:
        """Begin a shadow and end the one that runs."""
        self._require_release(shadow.release)
        self.end_shadow(shadow.since)
        placed = replace(shadow, ended_at=None, sequence=self._last_sequence(map_shadow) + 1)
        self._connection.execute(insert(map_shadow).values(asdict(placed)))
        return placed

    def end_shadow(self, at: datetime) -> ShadowRow | None:
        """End the shadow that runs."""
        ended = update(map_shadow).where(map_shadow.c.ended_at.is_(None)).values(ended_at=at)
        return self._find(ended.returning(map_shadow), _shadow)

    def find_shadow(self) -> ShadowRow | None:
        """Return the newest shadow."""
        return self._find(select(map_shadow).order_by(map_shadow.c.sequence.desc()).limit(1), _shadow)

    def add_shadow_counts(self, sequence: int, counts: Iterable[ShadowCount]) -> None:
        """Add counts; in one order, so that two workers never wait for each other in a ring."""
        make = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        for each in sorted(counts, key=lambda each: each.key):
            row = make(map_shadow_count).values(sequence=sequence, **asdict(each))
            total = {"count": map_shadow_count.c.count + row.excluded.count}
            self._connection.execute(row.on_conflict_do_update(index_elements=["sequence", *KEY], set_=total))

    def iter_shadow_counts(self, sequence: int) -> Iterator[ShadowCount]:
        """The counts of a shadow, in order."""
        found = select(map_shadow_count).where(map_shadow_count.c.sequence == sequence)
        return map(_shadow_count, self._pages(found, [map_shadow_count.c[name] for name in KEY]))

    def _last_sequence(self, table: Table) -> int:
        last: int = self._connection.execute(select(func.coalesce(func.max(table.c.sequence), 0))).scalar_one()
        return last

    def _require_release(self, hash_: str) -> None:
        known = select(map_release.c.hash).where(map_release.c.hash == hash_)
        if self._connection.execute(known).one_or_none() is None:
            raise NotFound(UNKNOWN)


def _release(row: Row[Any]) -> ReleaseRow:
    return ReleaseRow(**row._mapping)


def _activation(row: Row[Any]) -> Activation:
    return Activation(**row._mapping)


def _preview(row: Row[Any]) -> PreviewRow:
    return PreviewRow(**row._mapping)


def _shadow(row: Row[Any]) -> ShadowRow:
    return ShadowRow(**row._mapping)


def _shadow_count(row: Row[Any]) -> ShadowCount:
    return ShadowCount(**{name: value for name, value in row._mapping.items() if name != "sequence"})
