"""The twin's part for releases of maps: dictionaries and tuples, counted by their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fhirbridge.errors import BridgeError, NotFound, VersionConflict
from fhirbridge.store.releases import Activation, PreviewRow, ReleaseRow, ShadowCount, ShadowRow

CountKey = tuple[int, tuple[str, str, str, str, str]]


@dataclass(slots=True)
class ReleaseState:
    """All that is kept of releases; every value is replaced, never changed."""

    releases: dict[str, ReleaseRow] = field(default_factory=dict)
    activations: tuple[Activation, ...] = ()
    previews: dict[str, PreviewRow] = field(default_factory=dict)
    shadows: tuple[ShadowRow, ...] = ()
    counts: dict[CountKey, ShadowCount] = field(default_factory=dict)

    def copied(self) -> ReleaseState:
        """Return a state that can be changed without changing this one."""
        return ReleaseState(dict(self.releases), self.activations, dict(self.previews), self.shadows, dict(self.counts))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment to keep needs a zone")
    return moment.astimezone(UTC)


class MemoryReleases:
    """The part of the twin's transaction that keeps releases."""

    _held: ReleaseState
    _writes: bool

    @property
    def _changing(self) -> ReleaseState:
        if not self._writes:
            raise BridgeError("A snapshot only reads.")
        return self._held

    def put_release(self, release: ReleaseRow) -> None:
        self._changing.releases.setdefault(release.hash, replace(release, created_at=_utc(release.created_at)))

    def find_release(self, hash_: str) -> ReleaseRow | None:
        return self._held.releases.get(hash_)

    def iter_releases(self) -> Iterator[tuple[str, datetime]]:
        return iter(sorted(((row.hash, row.created_at) for row in self._held.releases.values()), key=lambda e: e[::-1]))

    def add_activation(self, activation: Activation, *, after: int) -> Activation:
        if len(self._held.activations) != after:
            raise VersionConflict("Somebody else changed the maps in use at the same time.")
        self._require_release(activation.release)
        placed = replace(activation, sequence=after + 1, at=_utc(activation.at))
        self._changing.activations = (*self._held.activations, placed)
        return placed

    def find_activation(self) -> Activation | None:
        return self._held.activations[-1] if self._held.activations else None

    def iter_activations(self) -> Iterator[Activation]:
        return iter(self._held.activations)

    def put_preview(self, preview: PreviewRow) -> None:
        self._changing.previews.setdefault(preview.id, replace(preview, made_at=_utc(preview.made_at)))

    def find_preview(self, id_: str) -> PreviewRow | None:
        return self._held.previews.get(id_)

    def start_shadow(self, shadow: ShadowRow) -> ShadowRow:
        self._require_release(shadow.release)
        self.end_shadow(shadow.since)
        placed = replace(shadow, since=_utc(shadow.since), ended_at=None, sequence=len(self._held.shadows) + 1)
        self._changing.shadows = (*self._held.shadows, placed)
        return placed

    def end_shadow(self, at: datetime) -> ShadowRow | None:
        last = self.find_shadow()
        if last is None or last.ended_at is not None:
            return None
        ended = replace(last, ended_at=_utc(at))
        self._changing.shadows = (*self._held.shadows[:-1], ended)
        return ended

    def find_shadow(self) -> ShadowRow | None:
        return self._held.shadows[-1] if self._held.shadows else None

    def add_shadow_counts(self, sequence: int, counts: Iterable[ShadowCount]) -> None:
        for each in counts:
            known = self._held.counts.get((sequence, each.key))
            total = each.count + (known.count if known else 0)
            self._changing.counts[sequence, each.key] = replace(each, count=total)

    def iter_shadow_counts(self, sequence: int) -> Iterator[ShadowCount]:
        return iter([count for (of, _), count in sorted(self._held.counts.items()) if of == sequence])

    def _require_release(self, hash_: str) -> None:
        if hash_ not in self._held.releases:
            raise NotFound("No release with this hash is kept.")
