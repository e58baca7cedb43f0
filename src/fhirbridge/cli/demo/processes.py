"""The two processes of a bridge, started, watched and ended from outside: `serve` and `worker`.

Each runs in a process group of its own, so that a kill takes the server's children with it.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import requests

from fhirbridge.cli.demo.telling import StoryFault, expect

PORTS = range(20_000, 32_000)
READY_PAUSE_S = 0.02
STOP_S = 5.0


def free_port() -> int:
    """Return a loopback port that nobody listens on now, below those that systems give to outgoing connections.

    A port of that kind could be taken by a connection, even by one to itself, while the server that owns it is down.
    """
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise StoryFault("expected: a free port on this machine")


class Handle(Protocol):
    """A process that was started: it leads a group of its own."""

    @property
    def pid(self) -> int: ...
    def exit_code(self, timeout_s: float = 0.0) -> int | None:
        """Return how it ended, waiting so long at most; None while it runs."""
        ...


class Launcher(Protocol):
    """Starts `fhirbridge` commands as processes."""

    def start(self, arguments: Sequence[str], log: Path) -> Handle:
        """Start a command that goes on; what it says is added to the log."""
        ...


class Interpreter:
    """Starts each command in a new interpreter."""

    def start(self, arguments: Sequence[str], log: Path) -> Handle:
        """Start a command that goes on; what it says is added to the log."""
        command = [sys.executable, "-m", "fhirbridge", *arguments]
        with log.open("ab") as target:
            process = subprocess.Popen(  # noqa: S603 - our own program, arguments of our own
                command, stdin=subprocess.DEVNULL, stdout=target, stderr=target, start_new_session=True
            )
        return Spawned(process)


@dataclass(frozen=True, slots=True)
class Spawned:
    """A process of a new interpreter."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def exit_code(self, timeout_s: float = 0.0) -> int | None:
        """Return how it ended, waiting so long at most; None while it runs."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None


@dataclass(slots=True)
class Child:
    """One long-running command of a bridge: started, stopped, killed, started again."""

    name: str
    settings: Path
    arguments: tuple[str, ...] = ()
    launcher: Launcher = field(default_factory=Interpreter)
    handle: Handle | None = None

    @property
    def log(self) -> Path:
        """Where this process writes what it has to say."""
        return self.settings.parent / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """The process id, 0 before the start."""
        return self.handle.pid if self.handle else 0

    def start(self) -> None:
        """Start the process; its log goes on where it ended."""
        self.handle = self.launcher.start(["-s", str(self.settings), self.name, *self.arguments], self.log)

    def kill(self) -> None:
        """End the whole group at once, as a power cut would (SIGKILL).

        Raises:
            StoryFault: it is still there.
        """
        if self.handle:
            with suppress(ProcessLookupError):
                os.killpg(self.handle.pid, signal.SIGKILL)
            expect(self.handle.exit_code(STOP_S) is not None, f"the process of `{self.name}` to end when it is killed")

    def stop(self) -> None:
        """Ask the process to finish what it holds (SIGTERM); end it when it does not."""
        if self.handle:
            with suppress(ProcessLookupError):
                os.kill(self.handle.pid, signal.SIGTERM)
            self.handle.exit_code(STOP_S)
            self.kill()


def wait_until_ready(base_url: str, server: Child, *, timeout_s: float) -> None:
    """Return when the server answers that it can work.

    Raises:
        StoryFault: it ended, or did not answer in time; the log tells why.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        code = server.handle.exit_code() if server.handle else None
        if code is not None:
            raise StoryFault(f"expected: a server that goes on; it ended with exit code {code}; see {server.log}")
        try:
            if requests.get(f"{base_url}/readyz", timeout=1).status_code == requests.codes.ok:
                return
        except requests.RequestException:
            time.sleep(READY_PAUSE_S)
    raise StoryFault(f"expected: a server that is ready within {timeout_s:.0f} s; see {server.log}")
