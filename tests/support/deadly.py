"""Changes maps in processes that are killed one step later each time: `python -m tests.support.deadly SETTINGS`.

Prints a line of JSON for each: whether it came to its end, and what is active afterwards. It is a program of its own
because only a process without threads can be forked safely.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.releases import SIGNED, make_bundle, open_desk, profiled

from fhirbridge.services.maps import releases
from fhirbridge.services.maps.releases import Desk
from fhirbridge.store.base import Store, Transaction


class Deadly:
    """A store whose process is killed at its n-th step: before a transaction, before its commit, after it."""

    def __init__(self, store: Store, step: int) -> None:
        self._store, self._left = store, step

    def _die_at_last(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Read."""
        self._die_at_last()
        with self._store.snapshot() as tx:
            yield tx

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write."""
        self._die_at_last()
        with self._store.transaction() as tx:
            yield tx
            self._die_at_last()
        self._die_at_last()

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()


def change_maps(file: Path, step: int) -> None:
    """Preview, activate and roll back, until the process is killed."""
    with open_desk(file) as desk:
        deadly = replace(desk, store=Deadly(desk.store, step))
        releases.activate(deadly, releases.preview(deadly, profiled()).id, SIGNED)
        releases.roll_back(deadly, SIGNED)


def survives(file: Path, step: int) -> bool:
    """Change maps in a process that is killed at a step; say whether it came to its end before."""
    child = os.fork()
    if child == 0:
        change_maps(file, step)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def look(desk: Desk) -> dict[str, object]:
    """Return what is active, which maps it has, and the sequence of every activation."""
    active = releases.find_bundle(desk.store, "active")
    sequences = [each.sequence for each in releases.list_releases(desk.store) if each.sequence]
    return {"active": active.hash, "maps": desk.read(active).names(), "sequences": sequences}


def main(file: Path) -> None:
    """Kill a process at each step, until one survives."""
    step, survived = 0, False
    while not survived:
        step += 1
        survived = survives(file, step)
        with open_desk(file) as desk:
            sys.stdout.write(json.dumps({"survived": survived, **look(desk)}) + "\n")
            sys.stdout.flush()
            if releases.find_active(desk.store).release != make_bundle().hash:
                releases.roll_back(desk, SIGNED, make_bundle().hash)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
