"""Messages to compare maps on: files, by the map that their place or name tells, or what the store holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from fhirbridge.auth.partners import Partner
from fhirbridge.delivery.routes import routes_for
from fhirbridge.errors import MalformedInput, NotFound
from fhirbridge.formats import fhir_json, record_json
from fhirbridge.mapping.files import Files
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.proving.cases import Case, cases_of
from fhirbridge.records import KINDS
from fhirbridge.services.maps.passing import Routes, Sample
from fhirbridge.store.base import Message, Store

SUFFIXES = frozenset({".json", ".ndjson", ".csv", ".xml"})
LOCAL = "local"
"""The source under which files that nobody sent are mapped."""
MAX_STORED = 2_000
"""No more messages of the store are looked at in one go."""
FHIR = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Messages, and the files of which nothing tells the map."""

    samples: tuple[Sample, ...]
    strangers: tuple[str, ...] = ()


def read_corpus(files: Files, names: Collection[str], *, only: str = "") -> Corpus:
    """Return the messages in files.

    A file belongs to the map `only`; or to that of the folder it lies in; or to the one its name begins with, as
    `riverside-plan.json` and `riverside-plan-two-goals.json` belong to `riverside-plan`.

    Args:
        names: the maps there are.
    """
    samples: list[Sample] = []
    strangers: list[str] = []
    for file in files.names():
        path = PurePosixPath(file)
        if path.suffix not in SUFFIXES or files.find_size(file) is None:
            continue
        map_ = only or find_map(path, names)
        samples += [Sample(map_, LOCAL, body) for body in _bodies(path, files.read(file))] if map_ else []
        strangers += [] if map_ else [file]
    return Corpus(tuple(samples), tuple(strangers))


def folder_samples(files: Files, names: Collection[str]) -> tuple[Sample, ...]:
    """Return the messages in files, each with the map that its place or name tells.

    Raises:
        NotFound: there is none.
    """
    samples = read_corpus(files, names).samples
    if not samples:
        raise NotFound(NOTHING)
    return samples


NOTHING = "There is no message to compare on: name a folder for each map, or files after their map."


def own_samples(files: Files, maps: MapLibrary) -> tuple[Sample, ...]:
    """Return the messages that the tests beside the maps send to the right, each once for its map."""
    found: dict[Sample, None] = {}
    for name in maps.names():
        for case in cases_of(maps.get(name)):
            if case.direction == "right":
                found[Sample(name, case.source, _body_of(files, case))] = None
    return tuple(found)


def _body_of(files: Files, case: Case) -> bytes:
    given = case.given
    return record_json.format(given) if given is not None else files.read(case.in_file or case.base_file)


def find_map(path: PurePosixPath, names: Collection[str]) -> str:
    """Return the map that a file's folder or name tells, "" for none.

    >>> find_map(PurePosixPath("riverside-plan/7.json"), {"plan", "riverside-plan"})
    'riverside-plan'
    >>> find_map(PurePosixPath("tests/plan-two-goals.json"), {"plan", "plan-two"})
    'plan-two'
    """
    folders = [part for part in path.parts[:-1] if part in names]
    stems = [name for name in names if path.stem == name or path.stem.startswith(f"{name}-")]
    return folders[-1] if folders else max(stems, key=len, default="")


def _bodies(path: PurePosixPath, body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if line.strip()] if path.suffix == ".ndjson" else [body]


def stored_samples(store: Store, partners: Mapping[str, Partner], count: int) -> tuple[Sample, ...]:
    """Return the messages that arrived last, newest first; those of partners that are gone are left out."""
    with store.snapshot() as tx:
        messages = tx.latest_messages(min(count, MAX_STORED))
    return tuple(sample for message in messages for sample in sample_of(message, partners))


def sample_of(message: Message, partners: Mapping[str, Partner]) -> Iterator[Sample]:
    """Yield a stored message as a sample; nothing when its partner is gone or nothing reads it."""
    partner = partners.get(message.partner)
    if partner is None:
        return
    if message.media_type != FHIR:
        yield Sample(partner.sources.get(message.kind, message.kind), partner.id, message.body)
        return
    try:
        resource = fhir_json.parse(message.body)
    except MalformedInput:
        return
    yield Sample(message.kind, partner.id, items=((str(resource.get("resourceType")), resource),))


def routes_of(partners: Mapping[str, Partner]) -> Routes:
    """Return, by record kind, the maps through which partners get it."""
    found = {kind: dict.fromkeys(each.map for each in routes_for(partners, kind)) for kind in KINDS}
    return {kind: tuple(names) for kind, names in found.items() if names}
