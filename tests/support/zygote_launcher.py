"""Starts `fhirbridge` commands by asking a zygote to fork: real processes that can be killed, without the imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that a zygote forked. How it ended is not known here; that it ended is."""

    pid: int

    def exit_code(self, timeout_s: float = 0.0) -> int | None:
        """Return -1 when it has ended, waiting so long at most; None while it runs."""
        deadline = time.monotonic() + timeout_s
        while self._runs():
            if time.monotonic() >= deadline:
                return None
            time.sleep(POLL_S)
        return -1

    def _runs(self) -> bool:
        with suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False


class ZygoteLauncher:
    """Owns one zygote from construction to `close()`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self._read() == "ready"

    def start(self, arguments: Sequence[str], log: Path) -> Forked:
        """Fork a command; what it says is added to the log."""
        with self._lock:
            pipe = self._pipe(self._process.stdin)
            pipe.write(json.dumps([str(log), *arguments]) + "\n")
            pipe.flush()
            return Forked(int(self._read()))

    def close(self) -> None:
        """End the zygote."""
        self._pipe(self._process.stdin).close()
        self._process.wait(10)
        self._pipe(self._process.stdout).close()

    def _read(self) -> str:
        return self._pipe(self._process.stdout).readline().strip()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe
