"""`serve` and `worker` as processes: they start, answer, and end as they are told."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from fhirbridge.cli.demo.processes import Child, free_port, wait_until_ready
from fhirbridge.cli.init import SETTINGS, write_folder


@pytest.fixture
def base_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def file(tmp_path: Path, base_url: str) -> Path:
    text = SETTINGS.replace("http://127.0.0.1:8080", base_url).replace("127.0.0.1:8080", base_url[7:])
    return write_folder(tmp_path, text)


@pytest.fixture
def server(file: Path, base_url: str) -> Iterator[Child]:
    child = Child("serve", file)
    child.start()
    wait_until_ready(base_url, child, timeout_s=30)
    yield child
    child.stop()


def test_the_server_answers_and_ends_with_0_on_sigterm(server: Child, base_url: str) -> None:
    assert requests.get(f"{base_url}/fhir/metadata", timeout=5).json()["fhirVersion"] == "4.0.1"
    assert server.handle
    server.stop()
    assert server.handle.exit_code(5) == 0


def test_a_body_in_chunks_is_read_and_one_that_grows_too_large_is_413(server: Child, base_url: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    small, large = (
        requests.post(f"{base_url}/auth/token", data=iter([b"x" * 100_000] * count), headers=headers, timeout=10)
        for count in (4, 30)
    )
    assert (small.status_code, small.json()["error"]) == (400, "unsupported_grant_type")
    assert (large.status_code, large.json()["issues"][0]["code"]) == (413, "FB401")


def test_the_log_of_the_server_is_json_lines_without_what_was_asked(server: Child, base_url: str) -> None:
    requests.get(f"{base_url}/fhir/Patient/canary-quux?name=canary-quux", timeout=5)
    log = server.log.read_text(encoding="utf-8")
    assert '"route": "/fhir/<type_>/<id_>"' in log
    assert "canary-quux" not in log


@pytest.fixture
def worker(file: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "fhirbridge", "-s", str(file), "worker"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_worker_finishes_and_ends_as_it_is_told(
    worker: subprocess.Popen[str], number: signal.Signals, code: int
) -> None:
    assert worker.stderr is not None
    assert "waits for work" in worker.stderr.readline()
    worker.send_signal(number)
    assert worker.wait(10) == code


def test_a_reader_that_leaves_early_is_no_fault(file: Path) -> None:
    command = [sys.executable, "-m", "fhirbridge", "-s", str(file), "schema", "plan"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(10) == 0
    process.stderr.close()
