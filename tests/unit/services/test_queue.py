"""One list of what waits for somebody."""

from __future__ import annotations

import pytest
from tests.support.bridge import World, make_world

from fhirbridge.errors import InvalidContent, NotFound
from fhirbridge.services import queue


@pytest.fixture
def world() -> World:
    world = make_world()
    world.hand_in_sample("riverside-plan")
    world.hand_in_sample("northmoor-release-broken")
    world.work()
    return world


def get(world: World, what: str) -> queue.Item:
    (item,) = [item for item in queue.list_items(world.bridge) if item.what == what]
    return item


def test_it_lists_what_is_parked_and_what_was_refused(world: World) -> None:
    message, delivery = get(world, "message"), get(world, "delivery")
    assert (message.partner, message.kind, message.state) == ("northmoor", "transition", "parked")
    assert (delivery.partner, delivery.kind, delivery.state) == ("county-probation", "monitoring", "refused")
    assert message.reason and delivery.reason.startswith("FB700")


def test_what_is_done_is_listed_on_request(world: World) -> None:
    assert len(queue.list_items(world.bridge, all_=True)) == 3
    assert len(queue.list_items(world.bridge)) == 2


def test_an_item_tells_every_issue(world: World) -> None:
    item = queue.show(world.bridge, get(world, "message").id)
    tree = item.to_tree()
    assert len(item.issues) == 3 and isinstance(tree["issues"], list)
    assert {issue["code"] for issue in tree["issues"]} == {"FB302", "FB303", "FB304"}
    with pytest.raises(NotFound):
        queue.show(world.bridge, "m-nothing")


def test_a_parked_message_is_tried_again_with_the_map_of_today(world: World) -> None:
    id_ = get(world, "message").id
    assert queue.retry(world.bridge, id_).state == "received"
    world.work()
    assert get(world, "message").state == "parked"


def test_a_refused_delivery_goes_out_once_there_is_a_consent(world: World) -> None:
    world.hand_in_sample("riverside-consent-probation")
    assert queue.retry(world.bridge, get(world, "delivery").id).state == "queued"
    world.work()
    assert len(world.sender.taken) == 1


def test_what_is_done_is_not_done_again(world: World) -> None:
    done = [item for item in queue.list_items(world.bridge, all_=True) if item.state == "stored"]
    with pytest.raises(InvalidContent):
        queue.retry(world.bridge, done[0].id)
    with pytest.raises(NotFound):
        queue.retry(world.bridge, "m-nothing")
    id_ = get(world, "delivery").id
    queue.retry(world.bridge, id_)
    with pytest.raises(InvalidContent):
        queue.retry(world.bridge, id_)
