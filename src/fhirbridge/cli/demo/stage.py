"""The stage of the demo: a folder, settings, keys, a receiver, two processes, and one client for each partner."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fhirbridge.cli.demo.client import PartnerClient
from fhirbridge.cli.demo.partners import PARTNERS, make_key, partner_tables, write_keys
from fhirbridge.cli.demo.processes import Child, Interpreter, Launcher, free_port, wait_until_ready
from fhirbridge.cli.demo.receiver import Receiver
from fhirbridge.cli.demo.telling import expect
from fhirbridge.cli.init import write_folder
from fhirbridge.services.definitions import find_defaults

READY_S = 30.0
SAMPLES = "mappings/tests"

SETTINGS = """\
# Made by `fhirbridge demo`: made-up organisations, keys made a moment ago.
base_url = "{base_url}"
bind = "{bind}"
workers = 1
threads = 4
store = "{store}"
id_secret = "no secret: the demo's people are made up"
lease_s = {lease_s}

[retry]
base_s = {retry_s}
cap_s = 5
max_attempts = {max_attempts}

"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the parties are, in seconds: the bridge's lease and first retry, with how many tries; the partners;
    how long the worker rests, and how long the receiver thinks.
    """

    lease_s: float = 10.0
    retry_s: float = 0.5
    max_attempts: int = 12
    patience_s: float = 10.0
    worker_pause_s: float = 0.05
    receiver_s: float = 0.0


@dataclass(slots=True)
class Stage:
    """Where the story is played. `notes` is what one step leaves for a later one."""

    folder: Path
    base_url: str
    settings: Path
    receiver: Receiver
    server: Child
    worker: Child
    clients: dict[str, PartnerClient]
    notes: dict[str, Any] = field(default_factory=dict)
    is_kept: bool = False

    def start(self) -> None:
        """Start both processes and wait until the server can work."""
        self.server.start()
        self.worker.start()
        wait_until_ready(self.base_url, self.server, timeout_s=READY_S)

    def command(self, *arguments: str) -> str:
        """Run a `fhirbridge` command on this bridge and return what it printed.

        Raises:
            StoryFault: it did not end with 0.
        """
        command = [sys.executable, "-m", "fhirbridge", "-s", str(self.settings), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
        expect(done.returncode == 0, f"`fhirbridge {' '.join(arguments)}` ends with 0; it said: {done.stderr.strip()}")
        return done.stdout

    def stop(self) -> None:
        """Stop the receiver, and both processes unless they are to be kept."""
        self.receiver.close()
        if not self.is_kept:
            self.server.stop()
            self.worker.stop()


@contextmanager
def set_up(
    folder: Path, pace: Pace | None = None, launcher: Launcher | None = None, *, store: str = "sqlite:///fhirbridge.db"
) -> Iterator[Stage]:
    """Make a stage in an empty folder; nothing runs yet but the receiver. Everything is stopped at the end."""
    pace, launcher = pace or Pace(), launcher or Interpreter()
    receiver = Receiver(pace.receiver_s)
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    keys = {partner.id: make_key(partner) for partner in PARTNERS}
    (folder / "keys").mkdir(mode=0o700)
    write_keys(folder / "keys", keys)
    text = SETTINGS.format(
        base_url=base_url,
        bind=f"127.0.0.1:{port}",
        store=store,
        lease_s=pace.lease_s,
        retry_s=pace.retry_s,
        max_attempts=pace.max_attempts,
    )
    settings = write_folder(folder, text + partner_tables(receiver_url=receiver.url))
    clients = {
        partner.id: PartnerClient(
            partner.id, keys[partner.id], partner.algorithm, base_url, " ".join(partner.scopes), pace.patience_s
        )
        for partner in PARTNERS
        if partner.scopes
    }
    server = Child("serve", settings, launcher=launcher)
    worker = Child("worker", settings, ("--pause", str(pace.worker_pause_s)), launcher)
    stage = Stage(folder, base_url, settings, receiver, server, worker, clients)
    try:
        yield stage
    finally:
        stage.stop()


def read_sample(name: str) -> bytes:
    """Return one of the samples that lie beside the maps."""
    return (find_defaults() / SAMPLES / name).read_bytes()


def sample_tree(name: str) -> dict[str, Any]:
    """Return a sample as a tree."""
    tree: dict[str, Any] = json.loads(read_sample(name))
    return tree
