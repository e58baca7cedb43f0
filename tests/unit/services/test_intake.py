"""Handing in: what is refused at the door, what is kept, who may ask what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.bridge import World, make_world

from fhirbridge.errors import (
    BridgeError,
    Forbidden,
    IdempotencyConflict,
    MalformedInput,
    MissingHeader,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from fhirbridge.services import intake
from fhirbridge.services.intake import Submission
from fhirbridge.store.base import Message

JSON = "application/json"


def accept(world: World, partner: str = "riverside", **changes: Any) -> Message:
    submission = replace(Submission("plan", JSON, b"{}", "k-1"), **changes)
    return intake.accept(world.bridge, world.caller(partner), submission)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": "horoscope"}, NotFound),
        ({"media_type": "text/csv"}, UnsupportedMediaType),
        ({"body": b"[" + b" " * 100_000 + b"]"}, TooLarge),
        ({"body": b"{"}, MalformedInput),
        ({"body": b'{"a": 1, "a": 2}'}, MalformedInput),
        ({"body": b"[" * 100 + b"]" * 100}, MalformedInput),
        ({"idempotency_key": ""}, MissingHeader),
        ({"idempotency_key": "k" * 256}, MissingHeader),
    ],
)
def test_what_cannot_be_read_at_all_stays_with_its_sender(
    world: World, change: dict[str, Any], error: type[BridgeError]
) -> None:
    with pytest.raises(error):
        accept(world, **change)
    with world.bridge.store.snapshot() as tx:
        assert list(tx.iter_messages()) == []


def test_a_token_is_good_for_the_kinds_it_names(world: World) -> None:
    with pytest.raises(Forbidden):
        accept(world, "northmoor", kind="plan")


def test_the_same_push_again_is_the_first_message(world: World) -> None:
    assert accept(world) == accept(world)


def test_another_body_under_the_same_key_is_refused(world: World) -> None:
    accept(world)
    with pytest.raises(IdempotencyConflict):
        accept(world, body=b'{"a": 1}')
    with pytest.raises(IdempotencyConflict):
        accept(world, kind="discharge")


def test_only_the_sender_may_ask_what_became_of_a_message(world: World) -> None:
    message = accept(world)
    told = intake.status(world.bridge, world.caller("riverside"), message.id)
    assert (told["id"], told["state"], told["issues"]) == (message.id, "received", [])
    for caller, id_ in ((world.caller("northmoor"), message.id), (world.caller("riverside"), "m-nothing")):
        with pytest.raises(NotFound):
            intake.status(world.bridge, caller, id_)


@pytest.fixture
def world() -> World:
    return make_world()
