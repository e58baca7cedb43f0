"""HTTP on loopback: read by id, search with includes, create; one client, one server process, SQLite with fsync.

Every request carries a token, is decided by consent and leaves its ledger entry durable before the answer. The floor is
the JSON codec on the same bytes; the second reference is a bare Flask route on the same server that returns them.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from bench.bare import BODY_FILE
from bench.timing import FLOOR, json_floor, medians, table
from fhirbridge.cli.demo.partners import LAKESIDE
from fhirbridge.cli.demo.processes import free_port
from fhirbridge.cli.demo.stage import Stage, set_up
from fhirbridge.cli.demo.story import agency_hands_in

MRN = "https://lakeside-general.example/mrn|LG-778120"
SEARCH = f"/fhir/CarePlan?patient.identifier={MRN}&_include=CarePlan:goal&_include=CarePlan:activity-reference"
OURS = "fhirbridge, with token, consent and ledger"
ROUNDS, CALLS = 10, 15
READY_S = 20.0
CATEGORY = {"system": "https://fhirbridge.org/fhir/CodeSystem/service-category", "code": "medication-management"}


def run() -> str:
    """Return the tables of this bench. Traffic stays on loopback: at most 11 rounds of 15 calls of each kind."""
    with tempfile.TemporaryDirectory() as folder, set_up(Path(folder)) as stage:
        stage.start()
        list(agency_hands_in(stage))
        return _measure(stage, Path(folder))


def _measure(stage: Stage, folder: Path) -> str:
    token = stage.clients[LAKESIDE.id].token
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
    bridge = _Line(stage.base_url.removeprefix("http://"), headers)
    found = bridge.get(SEARCH)
    bundle = json.loads(found)
    by_type = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    read_path = f"/fhir/Goal/{by_type['Goal']['id']}"
    goal = bridge.get(read_path)
    referral = _referral(by_type["CarePlan"]["subject"]["reference"])
    flask, commit = "bare Flask route, same bytes", "one row committed to SQLite, synchronous=FULL"
    with (
        _bare(folder, goal) as bare_read,
        _bare(folder, found) as bare_search,
        _commits(folder, referral) as bare_write,
    ):
        tables = (
            _side_by_side("Read by id: a Goal", goal, {flask: bare_read, OURS: lambda: bridge.get(read_path)}),
            _side_by_side(
                "Search: CarePlan with goals and services",
                found,
                {flask: bare_search, OURS: lambda: bridge.get(SEARCH)},
            ),
            _side_by_side(
                "Create: a ServiceRequest",
                referral,
                {commit: bare_write, OURS: lambda: bridge.post("/fhir/ServiceRequest", referral)},
            ),
        )
    return "\n".join(tables)


def _side_by_side(title: str, body: bytes, calls: Mapping[str, Callable[[], object]]) -> str:
    seconds = medians({FLOOR: json_floor(body), **calls}, rounds=ROUNDS, calls=CALLS)
    return table(f"HTTP, {title}, {len(body)} bytes", seconds)


@contextmanager
def _commits(folder: Path, body: bytes) -> Iterator[Callable[[], object]]:
    """Yield a call that keeps a body in a table of its own, durable when it returns."""
    with closing(sqlite3.connect(folder / "reference.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE kept (body BLOB)")
        yield lambda: database.execute("INSERT INTO kept VALUES (?)", (body,))


def _referral(patient: str) -> bytes:
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [CATEGORY]}],
        "code": {"text": "Medication review"},
        "subject": {"reference": patient},
    }
    return json.dumps(resource).encode()


class _Line:
    """One kept connection to a server; an answer that is no success ends the bench."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self.connection = HTTPConnection(address, timeout=10)
        self.headers = dict(headers)

    def get(self, path: str) -> bytes:
        """Return the body that a path answers with."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """Return the body that a new resource is answered with."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = self.headers if body is None else {**self.headers, "Content-Type": "application/fhir+json"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"bench: {method} {path.partition('?')[0]} was answered with {answer.status}")
        return content


@contextmanager
def _bare(folder: Path, body: bytes) -> Iterator[Callable[[], bytes]]:
    """Run the reference server on these bytes; yield a call that fetches them."""
    port = free_port()
    file = folder / f"body-{port}"
    file.write_bytes(body)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port)]
    command += ["--blocking-threads", "4", "--log-level", "warning", "bench.bare:make_app"]
    server = subprocess.Popen(command, env={**os.environ, BODY_FILE: str(file)})  # noqa: S603 - our own program
    try:
        yield _ready(f"127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(10)


def _ready(address: str) -> Callable[[], bytes]:
    deadline = monotonic() + READY_S
    while True:
        line = _Line(address, {})
        try:
            line.get("/")
        except OSError:
            if monotonic() > deadline:
                raise
            sleep(0.05)
        else:
            return lambda: line.get("/")
