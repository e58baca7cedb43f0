"""kill -9 of server and worker at any moment of the demo, then restart, ends in the same state as an undisturbed run.

The story is the demo's own. Its calls are repeated while nobody answers, as every sender does; a killer ends server,
worker or both, with their whole process groups, at moments drawn from a seed, and starts them again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from tests.support.final_state import State, differences, final_state
from tests.support.zygote_launcher import ZygoteLauncher

from fhirbridge.cli.demo.stage import Pace, Stage, set_up
from fhirbridge.cli.demo.story import STEPS

ROUNDS = 50
KILLS_PER_ROUND = 3
EARLY, LATE = 0.15, 0.8
AT_A_TIME = 3
MAKING = Lock()
SEED = 20261122
PACE = Pace(lease_s=0.4, retry_s=0.05, max_attempts=1_000, patience_s=30.0, worker_pause_s=0.02, receiver_s=0.1)


class Killer:
    """Ends processes of a stage at moments drawn from a random source, and starts them again."""

    def __init__(self, stage: Stage, chance: random.Random, story_s: float) -> None:
        self.stage = stage
        spans = (EARLY, *[LATE] * (KILLS_PER_ROUND - 1))  # the first so early that no story can be over by then
        self.moments = sorted(chance.uniform(0, span * story_s) for span in spans)
        self.victims = [chance.choice(("server", "worker", "both")) for _ in self.moments]
        self.killed = 0
        self._over = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        for moment, victim in zip(self.moments, self.victims, strict=True):
            if self._over.wait(max(0.0, begun + moment - time.monotonic())):
                return
            self._kill(victim)

    def _kill(self, victim: str) -> None:
        children = {"server": [self.stage.server], "worker": [self.stage.worker]}
        children["both"] = [self.stage.server, self.stage.worker]
        for child in children[victim]:
            child.kill()
            self.killed += 1
        for child in children[victim]:
            child.start()


def play_quietly(stage: Stage) -> float:
    """Play every step of the story that goes over HTTP; return how long it took, in seconds."""
    begun = time.monotonic()
    for step in STEPS:
        if step.is_over_http:
            for _ in step.play(stage):
                pass
    return time.monotonic() - begun


@pytest.fixture(scope="module")
def launcher() -> Iterator[ZygoteLauncher]:
    launcher = ZygoteLauncher()
    yield launcher
    launcher.close()


@contextmanager
def running_stage(launcher: ZygoteLauncher, folder: Path) -> Iterator[Stage]:
    """Give a stage whose processes run. Stages are made one by one: Alembic migrates one database at a time."""
    with ExitStack() as stack:
        with MAKING:
            stage = stack.enter_context(set_up(folder, PACE, launcher))
        stage.start()
        yield stage


def play_undisturbed(launcher: ZygoteLauncher, folder: Path) -> tuple[State, float]:
    """Return the final state of a run that nobody disturbs, and how long its story takes, in seconds."""
    with running_stage(launcher, folder) as stage:
        story_s = play_quietly(stage)
        return final_state(stage.settings, stage.receiver), story_s


def play_disturbed(launcher: ZygoteLauncher, folder: Path, number: int, story_s: float) -> tuple[State, int]:
    """Return the final state of a run whose processes are killed, and how many were."""
    with running_stage(launcher, folder) as stage:
        with Killer(stage, random.Random(SEED + number), story_s) as killer:
            play_quietly(stage)
        return final_state(stage.settings, stage.receiver), killer.killed


@dataclass(frozen=True)
class Rounds:
    """The state to compare with, and the rounds, which are played a few at a time."""

    undisturbed: State
    disturbed: list[Future[tuple[State, int]]]


@pytest.fixture(scope="module")
def rounds(launcher: ZygoteLauncher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    expected, story_s = play_undisturbed(launcher, tmp_path_factory.mktemp("undisturbed"))
    folders = [tmp_path_factory.mktemp(f"round-{number}") for number in range(ROUNDS)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield Rounds(
            expected,
            [pool.submit(play_disturbed, launcher, folder, number, story_s) for number, folder in enumerate(folders)],
        )


@pytest.mark.parametrize("number", range(ROUNDS))
def test_killed_at_any_moment_it_ends_in_the_same_state(number: int, rounds: Rounds) -> None:
    state, killed = rounds.disturbed[number].result()
    assert killed, "somebody was killed"
    assert differences(rounds.undisturbed, state) == []
