"""A large file through one map on all cores, with flat memory: lines of JSON or CSV in, lines of JSON out.

Laws of this file: what comes out stands in the order in which it came in; no more than a few chunks are ever held; a
document that cannot be used is set aside whole with its findings, and the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from fhirbridge.errors import BridgeError, InvalidContent, Issue, MalformedInput
from fhirbridge.formats import csv_text, json_text, record_json
from fhirbridge.formats.document import Document
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.csv_layout import csv_layout
from fhirbridge.mapping.model import Map, SideKind
from fhirbridge.mapping.paths import without_indices
from fhirbridge.services import sides
from fhirbridge.services.maps import trying

CHUNK = 100
"""Documents that a process takes at once."""
WAITING = 3
"""Chunks that wait for each process."""
MAX_LINE_BYTES = 2_000_000
"""No line of a file of lines is longer."""
SOURCES: frozenset[SideKind] = frozenset({"record", "schema", "csv"})
TARGETS: frozenset[SideKind] = frozenset({"record", "schema", "fhir"})


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: the maps' folder, the map, the partner in whose name keys are made."""

    folder: Path
    map: str
    source: str = "local"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a document: the line it begins in, counted from 1, and the issue."""

    line: int
    issue: Issue


@dataclass(slots=True)
class Summary:
    """What was done so far.

    Attributes:
        read_bytes: how much of the file has been read.
        counts: how often each (code, severity, field without indices) was found.
        findings: the first of them.
    """

    mapped: int = 0
    refused: int = 0
    read_bytes: int = 0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many documents were read."""
        return self.mapped + self.refused


MAX_FINDINGS = 100
"""More findings than this are counted and not listed."""

_Numbered = tuple[int, bytes | Document]
"""The line a document begins in, and the document: a line of JSON as it came, or a document of a CSV file."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What a process made of one chunk: lines for the output, lines for what is set aside, and the findings."""

    mapped: int
    output: bytes
    refused: int
    rejected: bytes
    findings: list[Finding]
    counts: Counter[tuple[str, str, str]]


def map_bulk(
    job: Job, file: Path, out: BinaryIO, rejected: BinaryIO, *, processes: int | None = None
) -> Iterator[Summary]:
    """Write what a map makes of each document of a file; yield the same summary after each chunk.

    Args:
        file: `.ndjson` with one JSON document a line, or the CSV file that the map's left side states.
        out: gets one line of JSON a document, as `fhirbridge map` prints it.
        rejected: gets one line of JSON a document that cannot be used: its line, its findings, the document.
        processes: one for each core when left out.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
        InvalidContent: the map's sides are not such that lines can be read or written.
        MalformedInput: the CSV file cannot be read on.
    """
    map_ = _get_map(job)
    summary = Summary()
    count = processes or os.cpu_count() or 1
    with file.open("rb") as stream:
        chunks = _chunks(_documents(map_, stream))
        for done in _in_order(job, chunks, count):
            out.write(done.output)
            rejected.write(done.rejected)
            summary.read_bytes = stream.tell()
            yield _added(summary, done)


def _get_map(job: Job) -> Map:
    map_ = trying.get_map(job.folder, job.map)
    if map_.left.kind not in SOURCES or map_.right.kind not in TARGETS:
        message = "Only documents that stand in lines can be mapped in bulk: JSON or CSV in, JSON out."
        raise InvalidContent(message, issues=[Issue("FB500", message, rule="bulk", hint="use `fhirbridge map`")])
    return map_


def _added(summary: Summary, done: _Done) -> Summary:
    summary.mapped += done.mapped
    summary.refused += done.refused
    summary.counts.update(done.counts)
    summary.findings += done.findings[: MAX_FINDINGS - len(summary.findings)]
    return summary


# -- reading


def _documents(map_: Map, stream: BinaryIO) -> Iterator[_Numbered]:
    if map_.left.kind == "csv":
        end = sides.left_of(map_)
        documents = csv_text.iter_documents(stream, csv_layout(map_.left), unknown=end.unknown)
        return ((document.lines[0] if document.lines else 0, document) for document in documents)
    return _lines(stream)


def _lines(stream: BinaryIO) -> Iterator[_Numbered]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) == MAX_LINE_BYTES:
            raise MalformedInput(f"Line {number} is longer than {MAX_LINE_BYTES} bytes.")
        if line.strip():
            yield number, line


def _chunks(documents: Iterable[_Numbered]) -> Iterator[list[_Numbered]]:
    items = iter(documents)
    while chunk := list(islice(items, CHUNK)):
        yield chunk


# -- the processes


def _in_order(job: Job, chunks: Iterator[list[_Numbered]], processes: int) -> Iterator[_Done]:
    """Yield what each chunk came to, in order; new chunks are read only as fast as old ones are done."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(job,)) as pool:
        waiting: deque[Future[_Done]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_map_chunk, chunk))
                if len(waiting) > processes * WAITING:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            message = "A process of this run ended by itself; the machine may be out of memory."
            raise BridgeError(message) from None


class _Work:
    """What one process works with; set once, when it begins."""

    map: Map
    context: Context


def _begin(job: Job) -> None:
    _Work.map, _Work.context = _get_map(job), Context(source=job.source)


def _map_chunk(chunk: Sequence[_Numbered]) -> _Done:
    output, rejected = [], []
    findings: list[Finding] = []
    counts: Counter[tuple[str, str, str]] = Counter()
    for line, document in chunk:
        made, issues = _map_one(document)
        counts.update((issue.code, issue.severity, without_indices(issue.expression)) for issue in issues)
        findings += [Finding(line, issue) for issue in issues[: MAX_FINDINGS - len(findings)]]
        if any(issue.severity in ("error", "fatal") for issue in issues):
            rejected.append(_set_aside(line, document, issues))
        else:
            output.append(record_json.format(made) + b"\n")
    return _Done(len(output), b"".join(output), len(rejected), b"".join(rejected), findings, counts)


def _map_one(document: bytes | Document) -> tuple[object, list[Issue]]:
    try:
        read = Document(record_json.parse(document)) if isinstance(document, bytes) else document
    except BridgeError as error:
        return None, list(error.issues)
    run, issues = trying.run_document(_Work.map, read, _Work.context)
    return trying.output_of(_Work.map, run.mapped.items), issues


def _set_aside(line: int, document: bytes | Document, issues: Sequence[Issue]) -> bytes:
    told = [{"code": i.code, "severity": i.severity, "path": i.expression, "message": i.message} for i in issues]
    whole: dict[str, Any] = {"line": line, "issues": told}
    if isinstance(document, bytes):
        whole["text"] = document.decode("utf-8", errors="replace").rstrip("\r\n")
    else:
        whole["document"] = document.tree
    return json_text.format(whole) + b"\n"
