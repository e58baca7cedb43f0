"""What a store keeps of releases of maps: their files, which one is active and since when, previews, and shadows.

Laws: a release is kept whole under its hash and never changed; activations only grow and count 1, 2, 3; nothing here
holds a value of a person: paths, places of rows and counts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """The whole content of a folder of maps, under its hash."""

    hash: str
    bundle: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """One change of the maps in use: to which release, who, when, why. `details` is JSON: what proved it."""

    release: str
    kind: Literal["activate", "rollback"]
    who: str
    why: str
    at: datetime
    details: bytes = b"{}"
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What a release would change, as it was shown to a reviewer: `body` is JSON. `id` is made from its content."""

    id: str
    release: str
    base: str
    body: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """A release that runs beside the active one without being used; `ended_at` is None while it does."""

    release: str
    who: str
    why: str
    since: datetime
    ended_at: datetime | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class ShadowCount:
    """How often a shadow did something at one place: kind of difference, path without indices, rows as FILE:LINE."""

    map: str
    kind: str
    path: str = ""
    old_row: str = ""
    new_row: str = ""
    count: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What is counted together."""
        return self.map, self.kind, self.path, self.old_row, self.new_row


class ReleaseTransaction(Protocol):
    """The part of a transaction that keeps releases."""

    def put_release(self, release: ReleaseRow) -> None:
        """Keep a release; a hash that is known already changes nothing."""
        ...

    def find_release(self, hash_: str) -> ReleaseRow | None: ...
    def iter_releases(self) -> Iterator[tuple[str, datetime]]:
        """(hash, moment it was first kept) of each release, oldest first."""
        ...

    def add_activation(self, activation: Activation, *, after: int) -> Activation:
        """Make a release the one in use from this moment on; `sequence` is counted by the store.

        Args:
            after: the sequence of the activation that the caller saw last, 0 for none.

        Raises:
            VersionConflict: somebody else was quicker.
            NotFound: the release is not kept.
        """
        ...

    def find_activation(self) -> Activation | None:
        """Return the newest activation: its release is the active one. Cheap; asked several times a second."""
        ...

    def iter_activations(self) -> Iterator[Activation]:
        """All activations, oldest first."""
        ...

    def put_preview(self, preview: PreviewRow) -> None:
        """Keep a preview; an id that is known already changes nothing."""
        ...

    def find_preview(self, id_: str) -> PreviewRow | None: ...
    def start_shadow(self, shadow: ShadowRow) -> ShadowRow:
        """Begin a shadow; one that runs ends at the same moment. `sequence` is counted by the store.

        Raises:
            VersionConflict: somebody else began one at the same moment.
            NotFound: the release is not kept.
        """
        ...

    def end_shadow(self, at: datetime) -> ShadowRow | None:
        """End the shadow that runs and return it; None when there is none."""
        ...

    def find_shadow(self) -> ShadowRow | None:
        """Return the newest shadow, running or ended. Cheap; asked several times a second."""
        ...

    def add_shadow_counts(self, sequence: int, counts: Iterable[ShadowCount]) -> None:
        """Add counts to those of a shadow."""
        ...

    def iter_shadow_counts(self, sequence: int) -> Iterator[ShadowCount]:
        """The counts of a shadow, by map, kind, path and rows."""
        ...
