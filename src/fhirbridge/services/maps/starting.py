"""A first map with a passing test, made from a sample of a partner's format: files written, checked and run.

Laws of this file: no file that is there is written over; nothing of the sample is printed; what was written stays
where the map does not pass, with what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.errors import Issue, MalformedInput, MapError, NotFound
from fhirbridge.formats import csv_guess, json_text, xml_document
from fhirbridge.formats.xsd import read_schema
from fhirbridge.formats.xsd_guess import guess_schema
from fhirbridge.mapping.library import record_shapes
from fhirbridge.mapping.proposals.draft import Draft
from fhirbridge.mapping.proposals.drafting import draft_map
from fhirbridge.mapping.proposals.sample import Sample, Source
from fhirbridge.mapping.proposals.schemas import csv_columns, json_schema
from fhirbridge.mapping.proposals.skeleton import LeftSide, skeleton, table_csv, table_file
from fhirbridge.services.maps import testing, testing_update
from fhirbridge.services.maps.checking import check_all

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
MAX_FIELDS = 1_000
"""A sample with more fields is no sample of a message that anybody maps by hand."""
LAWS = 20
"""So many examples of each law are tried on a new map."""


@dataclass(frozen=True, slots=True)
class Started:
    """What was made.

    Attributes:
        files: those written, from the top of the maps' folder.
        placed, unplaced: how many fields found a place, and the paths of those that did not.
        decide: what somebody has to decide.
        issues: what `check` finds in the new files.
        failures: the tests and laws that do not hold, with the path where.
    """

    files: tuple[str, ...]
    placed: int
    unplaced: tuple[str, ...]
    decide: tuple[str, ...]
    issues: tuple[Issue, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the map passes its checks, its test and the laws."""
        return not self.failures and not any(issue.severity in ("error", "fatal") for issue in self.issues)


@dataclass(frozen=True, slots=True)
class _Read:
    """A sample that was read: its fields, the ending of its file, and how a draft becomes its left side and schema."""

    sample: Sample
    ending: str
    left: Callable[[str, Draft], LeftSide]
    schema: Callable[[Draft], tuple[str, str] | None]


def kinds() -> tuple[str, ...]:
    """Return the kinds of records that a map can be started for."""
    return tuple(record_shapes())


def start(folder: Path, name: str, body: bytes, wanted: Sequence[str]) -> Started:
    """Write a first map for a partner's format into a folder of maps, check it and run its test.

    Args:
        name: of the map and of its files.
        body: a sample: JSON, CSV or XML.
        wanted: kinds of records that it is to become.

    Raises:
        MalformedInput: the name is none, or the sample cannot be read.
        NotFound: there is no such kind of record.
        MapError: the sample has no field that could be a key, or a file is there already.
    """
    shapes = _wanted(name, wanted)
    read = _sniff(body)
    if sum(1 for _ in Source(read.sample.root, "doc", ()).leaves()) > MAX_FIELDS:
        raise MalformedInput(f"The sample has more than {MAX_FIELDS} fields.")
    draft = draft_map(name, read.sample, shapes)
    if not draft.blocks:
        raise MapError("No map can be made of this sample.", issues=[Issue("FB103", each) for each in draft.decide])
    files = _files(draft, read, body)
    _write(folder, files)
    return _proved(folder, draft, tuple(files))


def _wanted(name: str, wanted: Sequence[str]) -> Mapping[str, Any]:
    if not NAME.fullmatch(name):
        raise MalformedInput("A map's name is small letters, digits and hyphens, such as county-jail.")
    shapes = record_shapes()
    for kind in wanted:
        if kind not in shapes:
            raise NotFound(f"There is no record kind of that name; known are: {', '.join(shapes)}.")
    return {kind: shapes[kind] for kind in wanted}


# -- reading ---------------------------------------------------------------------------------------------------------


def _sniff(body: bytes) -> _Read:
    """Return the sample in whichever format it is."""
    if not body.strip():
        raise MalformedInput("The sample is empty.")
    if b"\0" in body:
        raise MalformedInput("The sample is not text, or it is UTF-16: save it as UTF-8 and start again.")
    start_ = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start_ == b"<":
        return _read_xml(body)
    return _read_json(body) if start_ in (b"{", b"[") else _read_csv(body)


def _read_json(body: bytes) -> _Read:
    tree = json_text.parse(body)
    if not isinstance(tree, dict):
        raise MalformedInput("The sample must be one JSON object; take one of the list.")
    sample = Sample.of([tree])
    return _Read(
        sample,
        "json",
        lambda name, _: LeftSide("schema", f"schemas/{name}.schema.json"),
        lambda draft: (f"schemas/{draft.name}.schema.json", json_schema(sample, draft)),
    )


def _read_csv(body: bytes) -> _Read:
    guessed = csv_guess.guess(body)
    sample = Sample.of(guessed.lines)
    sample.root.children = {name: sample.root.children[name] for name in guessed.header if name in sample.root.children}
    options = [("encoding", guessed.encoding)] if guessed.encoding != "utf-8" else []
    options += [("delimiter", guessed.delimiter)] if guessed.delimiter != "," else []
    return _Read(
        sample,
        "csv",
        lambda _, draft: LeftSide("csv", columns=csv_columns(sample, draft), options=options),
        lambda _: None,
    )


def _read_xml(body: bytes) -> _Read:
    schema, root = guess_schema(body)
    shape = read_schema("sample.xsd", root, lambda _: schema)
    sample = Sample.of([xml_document.parse(body, shape).tree])
    return _Read(
        sample,
        "xml",
        lambda name, _: LeftSide("xml", f"schemas/{name}.xsd", options=[("root", root)]),
        lambda draft: (f"schemas/{draft.name}.xsd", guess_schema(body, draft.unplaced)[0]),
    )


# -- writing ---------------------------------------------------------------------------------------------------------


def _files(draft: Draft, read: _Read, body: bytes) -> dict[str, bytes]:
    """Return the files of a new map, by their names from the top of the folder."""
    sample, output = f"tests/{draft.name}.{read.ending}", f"tests/{draft.name}.out.json"
    left = read.left(draft.name, draft)
    files = {f"sources/{draft.name}.yaml": skeleton(draft, left, sample, output).encode()}
    if schema := read.schema(draft):
        files[schema[0]] = schema[1].encode()
    files |= {table_file(draft.name, name): table_csv(codes).encode() for name, codes in draft.tables.items()}
    return {**files, sample: body, output: b"[]\n"}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    present = [name for name in files if (folder / name).exists()]
    if present:
        raise MapError(
            f"Nothing was written: {', '.join(present)} is there already. Choose another name, or take that away."
        )
    top = folder.resolve()
    if any(not (folder / name).resolve().is_relative_to(top) for name in files):
        raise MapError("Nothing was written: a folder of maps is a link that leads elsewhere.")
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)


# -- proving ---------------------------------------------------------------------------------------------------------


def _proved(folder: Path, draft: Draft, files: tuple[str, ...]) -> Started:
    rows = {row.left for block in draft.blocks for row in block.rows if row.arrow != ":="}
    issues = tuple(
        issue for each in check_all(folder) for issue in each.issues if issue.location.split(":")[0] in files
    )
    started = Started(files, len(rows), tuple(draft.unplaced), tuple(draft.decide), issues)
    if not started.passes:
        return started
    selection = testing.Selection((draft.name,))
    testing_update.update(folder, selection)
    report = testing.run_in_folder(folder, selection, laws=LAWS)
    failures = tuple(
        f"{result.name}: {failure.path} {failure.kind}" for result in report.results for failure in result.failures
    )
    return Started(files, len(rows), started.unplaced, started.decide, issues, failures)
