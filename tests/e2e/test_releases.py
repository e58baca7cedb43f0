"""Maps are changed under a server and a worker that run; a process killed at any step leaves old or new, never half."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests
from tests.support.releases import (
    PROFILE,
    SIGNED,
    make_bundle,
    moved,
    open_desk,
    pass_tests,
    person_message,
    profiled,
    write_files,
)

from fhirbridge.cli.demo.processes import Child, free_port, wait_until_ready
from fhirbridge.cli.init import SETTINGS, write_folder
from fhirbridge.mapping.files import Bundle
from fhirbridge.services.maps import releases, shadow

ROOT = Path(__file__).parents[2]
SOON_S = 1.0
"""Within this time every process uses the new maps."""
PARTNER = """
[[partners]]
id = "riverside"
name = "Riverside"
kind = "agency"
organisation = "RIVERSIDE"
jurisdiction = "US"
"""


@pytest.fixture
def base_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def file(tmp_path: Path, base_url: str) -> Path:
    text = SETTINGS.replace("http://127.0.0.1:8080", base_url).replace("127.0.0.1:8080", base_url[7:])
    write_files(tmp_path / "mappings", make_bundle())
    return write_folder(tmp_path, text.replace("# mappings", "mappings") + PARTNER)


@pytest.fixture
def server(file: Path, base_url: str) -> Iterator[Child]:
    child = Child("serve", file)
    child.start()
    wait_until_ready(base_url, child, timeout_s=30)
    yield child
    child.stop()


class Asking:
    """Asks the server for its metadata all the time, and keeps when it told of which maps."""

    def __init__(self, base_url: str) -> None:
        self.url = f"{base_url}/fhir/metadata"
        self.statuses: set[int] = set()
        self.is_new = False
        self._over = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._over.is_set():
                answer = session.get(self.url, timeout=5)
                self.statuses.add(answer.status_code)
                self.is_new = PROFILE in answer.text

    def seconds_until(self, *, new: bool) -> float:
        """Return how long it takes until the server tells of the new, or of the old, maps."""
        began = time.monotonic()
        while self.is_new is not new and time.monotonic() < began + 5 * SOON_S:
            time.sleep(0.005)
        return time.monotonic() - began


def test_a_running_server_uses_new_maps_within_a_second_and_old_ones_again(
    server: Child, file: Path, base_url: str
) -> None:
    with Asking(base_url) as asking, open_desk(file) as desk:
        write_files(file.parent / "mappings", profiled())
        time.sleep(SOON_S)
        assert not asking.is_new, "an edit alone changes nothing"
        preview = releases.preview(desk, profiled())
        releases.activate(desk, preview.id, SIGNED)
        assert asking.seconds_until(new=True) < SOON_S
        releases.roll_back(desk, SIGNED)
        assert asking.seconds_until(new=False) < SOON_S
    assert asking.statuses == {200}
    assert '"event": "release is in use"' in server.log.read_text(encoding="utf-8")


def test_a_release_that_a_server_cannot_read_leaves_the_old_maps_and_is_told(
    server: Child, file: Path, base_url: str
) -> None:
    with open_desk(file) as desk:
        lenient = replace(desk, read=lambda _, before=None: desk.read(make_bundle(), before), test=pass_tests)
        broken = Bundle({"records/person.yaml": b"map: person\n"})
        releases.activate(lenient, releases.preview(lenient, broken).id, SIGNED)
        assert wait_for(lambda: readiness(base_url).get("maps")) == "previous"
        assert readiness(base_url)["status"] == "ok"
        releases.roll_back(desk, SIGNED)
        assert wait_for(lambda: "maps" not in readiness(base_url))
    assert "release cannot be used" in server.log.read_text(encoding="utf-8")


def test_a_running_worker_runs_a_shadow(file: Path) -> None:
    child = Child("worker", file, ("--pause", "0.05"))
    child.start()
    try:
        with open_desk(file) as desk:
            shadow.start(desk, moved(), SIGNED)
            with desk.store.transaction() as tx:
                tx.add_message(person_message(1))
            runs = wait_for(lambda: dict(shadow.report(desk, make_bundle()).runs))
            assert runs == {"compared": 1}
    finally:
        child.stop()


def readiness(base_url: str) -> dict[str, str]:
    """Return what the server says of itself, which is ready in any case."""
    answer = requests.get(f"{base_url}/readyz", timeout=5)
    assert answer.status_code == requests.codes.ok
    told: dict[str, str] = answer.json()
    return told


def wait_for(look: Callable[[], Any]) -> Any:
    """Return what `look` finds, once it finds anything."""
    deadline = time.monotonic() + 20
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


# -- killed at every step


def test_killed_at_any_step_the_old_or_the_new_maps_are_active(file: Path) -> None:
    command = [sys.executable, "-m", "tests.support.deadly", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    *killed, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert {each["active"] for each in killed} == {make_bundle().hash, profiled().hash}
    assert [each for each in killed if each["survived"] or each["maps"] != ["person"]] == []
    assert [each for each in killed if each["sequences"] != list(range(len(each["sequences"]), 0, -1))] == []
    assert last["survived"]
    assert len(killed) > 8
