"""The worker's loop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.bridge import make_world, sample

from fhirbridge.errors import Unavailable
from fhirbridge.services import intake, worker
from fhirbridge.services.intake import Submission


class Stop:
    """Says stop after so many questions."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_one_turn_takes_a_message_in_and_lets_a_delivery_out() -> None:
    world = make_world()
    submission = Submission("plan", "application/json", sample("riverside-plan"), "k")
    intake.accept(world.bridge, world.caller("riverside"), submission)
    assert worker.run_once(world.bridge) is True
    assert [entry.channel for entry in world.ledger()] == ["delivery"]
    assert worker.run_once(world.bridge) is False


def test_it_pauses_only_when_there_is_nothing_to_do() -> None:
    world = make_world()
    pauses: list[float] = []
    submission = Submission("plan", "application/json", sample("riverside-plan"), "k")
    intake.accept(world.bridge, world.caller("riverside"), submission)
    worker.run(world.bridge, Stop(3), idle=pauses.append, pause_s=0.1)
    assert pauses == [0.1, 0.1]


class AwayStore:
    """A store that cannot be reached."""

    def transaction(self) -> Any:
        raise Unavailable

    snapshot = transaction

    def close(self) -> None: ...


def test_a_store_that_is_away_does_not_end_the_loop() -> None:
    pauses: list[float] = []
    worker.run(replace(make_world().bridge, store=AwayStore()), Stop(3), idle=pauses.append)
    assert pauses == [0.5, 0.5, 0.5]
