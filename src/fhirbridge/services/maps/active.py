"""The maps in use: which release is active, noticed by every process without a restart.

Laws of this file: what was read stays in use until the next release has been read whole; a release that cannot be
read leaves the one before in use and says so in the log; asking costs one cheap look at the store every `pause_s`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import BadSettings, BridgeError, Issue, MapError, NotFound, VersionConflict
from fhirbridge.mapping.files import Bundle, Files
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services import logs
from fhirbridge.services.reporting import writes
from fhirbridge.store.base import Store
from fhirbridge.store.releases import Activation, ReleaseRow
from fhirbridge.times import Clock

LOG = logging.getLogger(__name__)

PAUSE_S = 0.5
"""So long a process goes on without looking whether other maps were made active."""

FIRST_WHO, FIRST_WHY = "fhirbridge", "first start"


class ReadMaps(Protocol):
    """Reads and checks maps."""

    def __call__(self, files: Files, before: MapLibrary | None = None, /) -> MapLibrary:
        """Return the maps; those that did not change since `before` are taken from it.

        Raises:
            MapError: a map does not pass its checks.
        """
        ...


@dataclass(frozen=True, slots=True)
class InUse:
    """The maps of one activation."""

    sequence: int
    release: str
    maps: MapLibrary


class ActiveMaps:
    """Gives the maps that are active now. One a process; threads may share it."""

    def __init__(
        self,
        store: Store,
        read: ReadMaps,
        *,
        pause_s: float = PAUSE_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the active release.

        Raises:
            NotFound: no release was activated yet.
            MapError: the active release does not pass the checks of this version.
        """
        self._store, self._read, self._pause_s, self._now_s = store, read, pause_s, now_s
        self._lock = Lock()
        self._failed = 0
        self._looked_at = now_s()
        newest = _find_activation(store)
        if newest is None:
            raise NotFound("No release of maps is active yet.")
        self._in_use = self._open(newest, None)

    @property
    def is_behind(self) -> bool:
        """Whether a newer release was made active that this process could not read."""
        return self._failed > self._in_use.sequence

    @property
    def release(self) -> str:
        """The hash of the release in use."""
        return self._in_use.release

    def now(self) -> MapLibrary:
        """Return the maps to work with; whoever asked keeps them until the work at hand is done."""
        is_due = self._now_s() - self._looked_at >= self._pause_s
        if is_due and self._lock.acquire(blocking=False):  # one thread looks, the others go on
            try:
                self._look()
            finally:
                self._looked_at = self._now_s()
                self._lock.release()
        return self._in_use.maps

    def _look(self) -> None:
        try:
            newest = _find_activation(self._store)
        except Exception as error:  # whoever asked will meet the same store and say what it means
            LOG.warning("active maps could not be looked up", extra=logs.fault(error))
            return
        if newest and newest.sequence not in (self._in_use.sequence, self._failed):
            self._change_to(newest)

    def _change_to(self, newest: Activation) -> None:
        told = {"release": newest.release, "activation": newest.sequence}
        try:
            self._in_use = self._open(newest, self._in_use.maps)
        except BridgeError as error:
            self._failed = newest.sequence
            codes = sorted({issue.code for issue in error.issues})
            LOG.error("release cannot be used; the one before stays", extra={**told, "codes": codes})
        except Exception as error:  # it is tried again at the next look
            LOG.error("release could not be read; the one before stays", extra={**told, **logs.fault(error)})
        else:
            LOG.info("release is in use", extra=told)

    def _open(self, activation: Activation, before: MapLibrary | None) -> InUse:
        maps = self._read(open_release(self._store, activation.release), before)
        return InUse(activation.sequence, activation.release, maps)


def open_release(store: Store, hash_: str) -> Bundle:
    """Return the files of a release.

    Raises:
        NotFound: it is not kept.
        MapError: what is kept is not what was put there.
    """
    with store.snapshot() as tx:
        row = tx.find_release(hash_)
    if row is None:
        raise NotFound("No release with this hash is kept.")
    bundle = Bundle.from_bytes(row.bundle)
    if bundle.hash != hash_:
        raise MapError("A release is not what was kept under its hash; restore the store from a backup.")
    return bundle


def ensure_first(store: Store, clock: Clock, pack: Callable[[], Bundle], read: ReadMaps) -> None:
    """Make the maps of the settings' folder the first release, when none was ever active.

    Raises:
        MapError: a map does not pass its checks.
    """
    if _find_activation(store) is not None:
        return
    bundle = pack()
    read(bundle)
    now = clock()
    activation = Activation(bundle.hash, "activate", FIRST_WHO, FIRST_WHY, now)
    try:
        with store.transaction() as tx:
            tx.put_release(ReleaseRow(bundle.hash, bundle.to_bytes(), now))
            tx.add_activation(activation, after=0)
    except VersionConflict:  # another process was first; its release is the one
        LOG.info("another process made the first release")


def require_named(partners: Mapping[str, Partner], maps: MapLibrary) -> None:
    """Refuse maps that lack one which a partner names, or that cannot write what a partner is to be sent.

    Raises:
        BadSettings: each such partner and map is named.
    """
    issues = [issue for partner in partners.values() for issue in _missing(partner, maps)]
    if issues:
        raise BadSettings(issues[0].message, issues=issues)


HINT = "A map of your folder counts once it is active: `fhirbridge plan FOLDER`, then `fhirbridge activate`."


def _missing(partner: Partner, maps: MapLibrary) -> Iterator[Issue]:
    at = f"partners.{partner.id}"
    for kind, name in partner.sources.items():
        if name not in maps.names():
            yield _unknown(f"{at}.sources.{kind}", name)
    for index, route in enumerate(partner.routes):
        path = f"{at}.routes[{index}].map"
        if route.map not in maps.names():
            yield _unknown(path, route.map)
        elif not writes(maps.get(route.map), route.kind):
            message = f"The map {route.map} makes no partner's format out of {route.kind} records."
            yield Issue(BadSettings.code, message, path, rule="map-writes")


def _unknown(path: str, name: str) -> Issue:
    return Issue(BadSettings.code, f"There is no map {name}.", path, rule="map-known", hint=HINT)


def _find_activation(store: Store) -> Activation | None:
    with store.snapshot() as tx:
        return tx.find_activation()
