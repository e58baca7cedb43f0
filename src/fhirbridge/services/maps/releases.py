"""Maps changed with confidence: reviewed, made active, taken back; who, when and why are kept.

Laws of this file: nothing becomes active that does not pass its checks and tests; a difference that nobody has seen
stops an activation; one transaction makes a release active; what is kept holds no value of a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import Issue, MapError, NotFound, ReleaseRefused
from fhirbridge.mapping.files import Bundle, Files, Folder, pack
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.maps.active import ReadMaps, open_release, require_named
from fhirbridge.services.maps.comparing import Differences, Edition, Group, Key, digest, find_differences, group
from fhirbridge.services.maps.corpora import folder_samples, own_samples, routes_of, stored_samples
from fhirbridge.services.maps.passing import Pair, Sample
from fhirbridge.services.maps.reviewing import count_marks, require_reviewed
from fhirbridge.store.base import Store
from fhirbridge.store.releases import Activation, PreviewRow, ReleaseRow
from fhirbridge.times import Clock, format_instant

ID_CHARS = 20
MIN_PREFIX = 6
"""A hash may be written short, but not shorter than this."""
DEFAULT_LAST = 200
"""So many stored messages a preview looks at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the maps' own tests said. `failures` names each that failed, with its place."""

    count: int = 0
    failures: tuple[str, ...] = ()


class RunTests(Protocol):
    """Runs the tests that lie beside the maps of a release."""

    def __call__(self, files: Bundle, /) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What those who change maps work with."""

    store: Store
    clock: Clock
    partners: Mapping[str, Partner]
    read: ReadMaps
    test: RunTests

    def read_named(self, files: Files, before: MapLibrary | None = None) -> MapLibrary:
        """Return maps that have every one which a partner names.

        Raises:
            MapError: a map does not pass its checks.
            BadSettings: a map that a partner names is not there.
        """
        maps = self.read(files, before)
        require_named(self.partners, maps)
        return maps


@dataclass(frozen=True, slots=True)
class Signed:
    """Who wants something, and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a release would change: against which release, over how many messages, and every difference by row."""

    id: str
    release: str
    base: str
    message_count: int
    test_count: int
    groups: tuple[Group, ...] = field(default_factory=tuple)
    marks: Mapping[str, int] = field(default_factory=dict)
    """Files in which proposals wait to be looked at, and how many lines; such a release is not made active."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One activation, or a release that was previewed and never active (sequence 0)."""

    release: str
    sequence: int
    kind: str
    at: str
    who: str
    why: str
    is_active: bool


# -- preview


def preview(desk: Desk, bundle: Bundle, corpus: Path | None = None, *, last: int = DEFAULT_LAST) -> Preview:
    """Prove a release, compare it with the active one, and keep release and preview.

    Args:
        corpus: a folder of messages to compare on; when not given the `last` stored ones, and while the store has
            none the samples that lie beside the maps.

    Raises:
        NotFound: the folder holds no message.
        MapError: a map does not pass its checks.
        BadSettings: a map that a partner names is not there.
        ReleaseRefused: a test fails.
    """
    base = find_active(desk.store)
    maps, tested = prove(desk, bundle)
    pair = Pair(_read_base(desk, base), maps, routes_of(desk.partners))
    found = find_differences(pair, _samples(desk, bundle, maps, corpus, last))
    id_ = digest(bundle.hash, base.release, keys=found.keys)[:ID_CHARS]
    _keep(desk, bundle, PreviewRow(id_, bundle.hash, base.release, _to_body(found, last), desk.clock()))
    groups = found.groups(open_release(desk.store, base.release), bundle)
    marks = count_marks(bundle)
    return Preview(id_, bundle.hash, base.release, found.message_count, tested.count, groups, marks)


def _samples(desk: Desk, bundle: Bundle, maps: MapLibrary, corpus: Path | None, last: int) -> tuple[Sample, ...]:
    """Return the messages to compare on; while the store has none, the samples that lie beside the maps."""
    if corpus is not None:
        return folder_samples(Folder(corpus), maps.names())
    stored = stored_samples(desk.store, desk.partners, last)
    return stored or own_samples(bundle, maps)


def to_tree(found: Preview) -> dict[str, object]:
    """Return what a preview says of itself, without the changes, as a JSON tree."""
    return {
        "preview": found.id,
        "release": found.release,
        "active": found.base,
        "tests": found.test_count,
        "messages": found.message_count,
        "review": dict(found.marks),
    }


def prove(desk: Desk, bundle: Bundle) -> tuple[MapLibrary, Verdict]:
    """Return the maps of a release that passes its checks and its tests, and has every map that a partner names.

    Raises:
        MapError, BadSettings, ReleaseRefused: see `preview`.
    """
    maps = desk.read_named(bundle)
    tested = desk.test(bundle)
    if tested.failures:
        issues = [
            Issue(ReleaseRefused.code, "This test fails.", location=place) for place in dict.fromkeys(tested.failures)
        ]
        raise ReleaseRefused("The tests of the maps fail; `fhirbridge test` shows how.", issues=issues)
    return maps, tested


def find_active(store: Store) -> Activation:
    """Return the newest activation.

    Raises:
        NotFound: no release was ever active.
    """
    with store.snapshot() as tx:
        found = tx.find_activation()
    if found is None:
        raise NotFound("No release of maps is active yet.")
    return found


def _read_base(desk: Desk, base: Activation) -> MapLibrary:
    """Return the active maps; none where this version of the program cannot read them, so that all counts as new."""
    try:
        return desk.read(open_release(desk.store, base.release))
    except MapError:
        return MapLibrary({})


def _keep(desk: Desk, bundle: Bundle, row: PreviewRow) -> None:
    with desk.store.transaction() as tx:
        tx.put_release(ReleaseRow(bundle.hash, bundle.to_bytes(), desk.clock()))
        tx.put_preview(row)


def _to_body(found: Differences, last: int) -> bytes:
    return json.dumps({"last": last, "messages": found.message_count, "keys": sorted(found.keys)}).encode()


# -- activate and roll back


def activate(desk: Desk, reviewed: str, signed: Signed, bundle: Bundle | None = None) -> Activation:
    """Make the release of a preview the active one.

    Args:
        bundle: the release as it is now, where it comes from a folder; it must be the one that was reviewed.

    Raises:
        NotFound: there is no such preview.
        MapError, BadSettings: the release does not pass its checks.
        ReleaseRefused: tests fail; proposals wait to be looked at; or release, active release or differences are not
            those of the preview.
        VersionConflict: somebody else made a release active at the same moment.
    """
    row = _find_preview(desk.store, reviewed)
    base = find_active(desk.store)
    _require_same(row, base, bundle)
    release = bundle or open_release(desk.store, row.release)
    require_reviewed(release)
    maps, tested = prove(desk, release)
    pair = Pair(_read_base(desk, base), maps, routes_of(desk.partners))
    seen = _Seen.of(row)
    _require_seen(desk, pair, seen, (open_release(desk.store, base.release), release))
    proof = {"preview": row.id, "maps": len(maps.names()), "tests": tested.count, "changes": len(seen.keys)}
    details = json.dumps(proof).encode()
    return _make_active(desk, Activation(release.hash, "activate", signed.who, signed.why, desk.clock(), details), base)


def roll_back(desk: Desk, signed: Signed, to: str = "") -> Activation:
    """Make a release active again that was so before; it was proved then and is only read once more.

    Args:
        to: its hash, or the beginning of it; the release active before the present one when not given.

    Raises:
        NotFound: no such release was active before.
        MapError, BadSettings: this version of the program, or a partner, cannot do with it any more.
        VersionConflict: somebody else made a release active at the same moment.
    """
    with desk.store.snapshot() as tx:
        activations = list(tx.iter_activations())
    if not activations:
        raise NotFound("No release of maps is active yet.")
    base = activations[-1]
    earlier = [each.release for each in activations if each.release != base.release]
    target = _pick(to, earlier) if to else next(reversed(earlier), "")
    if not target:
        raise NotFound("No other release was active before; `fhirbridge releases` lists them.")
    desk.read_named(open_release(desk.store, target))
    details = json.dumps({"from": base.release}).encode()
    return _make_active(desk, Activation(target, "rollback", signed.who, signed.why, desk.clock(), details), base)


def _make_active(desk: Desk, activation: Activation, base: Activation) -> Activation:
    with desk.store.transaction() as tx:
        return tx.add_activation(activation, after=base.sequence)


def _find_preview(store: Store, id_: str) -> PreviewRow:
    with store.snapshot() as tx:
        row = tx.find_preview(id_)
    if row is None:
        raise NotFound("There is no such preview; `fhirbridge plan FOLDER` makes one and prints its id.")
    return row


AGAIN = "Run `fhirbridge plan` again and read what it shows."


def _require_same(row: PreviewRow, base: Activation, bundle: Bundle | None) -> None:
    if bundle and bundle.hash != row.release:
        raise _refused("The folder is not what was reviewed.", "release-reviewed", AGAIN)
    if row.release == base.release:
        raise _refused("This release is active already.", "release-new", "There is nothing to do.")
    if row.base != base.release:
        raise _refused("Another release became active since the preview.", "base-reviewed", AGAIN)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a preview showed, and over how many stored messages."""

    keys: frozenset[Key]
    last: int

    @classmethod
    def of(cls, row: PreviewRow) -> _Seen:
        """Return what the kept preview says."""
        body = json.loads(row.body)
        return cls(frozenset(tuple(key) for key in body["keys"]), body["last"])


def _require_seen(desk: Desk, pair: Pair, seen: _Seen, files: tuple[Bundle, Bundle]) -> None:
    """Refuse a release that changes something in the stored messages of now that the preview did not show."""
    found = find_differences(pair, stored_samples(desk.store, desk.partners, seen.last))
    unseen = [(key, count) for key, count in found.counts.items() if key not in seen.keys]
    if unseen:
        issues = [issue for each in group(unseen, *files) for issue in _unseen_issues(each)]
        raise ReleaseRefused("The release changes what the preview did not show.", issues=issues)


def _unseen_issues(each: Group) -> Iterator[Issue]:
    row = each.new_row or each.old_row
    for change in each.changes:
        path = change.path if change.path == change.subject else f"{change.subject}.{change.path}"
        place = row.place if row else each.map
        yield Issue(ReleaseRefused.code, f"{change.kind}, and not reviewed", path, location=place, hint=AGAIN)


def _refused(message: str, rule: str, hint: str) -> ReleaseRefused:
    return ReleaseRefused(message, issues=[Issue(ReleaseRefused.code, message, rule=rule, hint=hint)])


# -- what there is


def list_releases(store: Store) -> Iterator[Listed]:
    """Yield every activation, newest first, then the releases that were previewed and never active."""
    with store.snapshot() as tx:
        activations, releases = list(tx.iter_activations()), list(tx.iter_releases())
    for each in reversed(activations):
        is_active = each is activations[-1]
        yield Listed(each.release, each.sequence, each.kind, format_instant(each.at), each.who, each.why, is_active)
    used = {each.release for each in activations}
    for hash_, at in releases:
        if hash_ not in used:
            yield Listed(hash_, 0, "previewed", format_instant(at), "", "", is_active=False)


def find_bundle(store: Store, name: str) -> Bundle:
    """Return a release by its hash, by the beginning of it, or the one that is `active`.

    Raises:
        NotFound: there is none, or more than one.
    """
    if name == "active":
        return open_release(store, find_active(store).release)
    with store.snapshot() as tx:
        hashes = [hash_ for hash_, _ in tx.iter_releases()]
    return open_release(store, _pick(name, hashes))


def find_edition(desk: Desk, name: str) -> Edition:
    """Return a release with its maps, named as for `find_bundle`.

    Raises:
        NotFound: there is none, or more than one.
        MapError: this version of the program cannot read it.
    """
    files = find_bundle(desk.store, name)
    return Edition(files, desk.read(files))


def pack_folder(folder: Path) -> Bundle:
    """Return the files of a folder as they would be released.

    Raises:
        MapError: a link leads out of the folder, or there is too much in it.
    """
    return pack(Folder(folder))


def _pick(prefix: str, hashes: Iterable[str]) -> str:
    found = {each for each in hashes if each.startswith(prefix)} if len(prefix) >= MIN_PREFIX else set()
    if len(found) != 1:
        raise NotFound(
            "There is no such folder, and not exactly one release whose hash begins so; see `fhirbridge releases`."
        )
    return found.pop()
