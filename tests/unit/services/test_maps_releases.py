"""A release is reviewed, made active and taken back; what nobody has seen stops it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.clock import FixedClock
from tests.support.releases import (
    CANARY,
    CITY_ROW,
    SIGNED,
    broken,
    make_bundle,
    make_desk,
    moved,
    person,
    person_message,
    read_maps,
    renamed,
)

from fhirbridge.errors import BadSettings, BridgeError, MapError, NotFound, ReleaseRefused, VersionConflict
from fhirbridge.mapping.files import Bundle
from fhirbridge.services.maps import releases
from fhirbridge.services.maps.active import open_release
from fhirbridge.services.maps.releases import Desk, Verdict
from fhirbridge.store.base import Message, Store
from fhirbridge.store.memory import MemoryStore


@pytest.fixture
def desk(memory_store: MemoryStore, clock: FixedClock) -> Desk:
    return make_desk(memory_store, clock)


def hand_in(desk: Desk, *messages: Message) -> None:
    with desk.store.transaction() as tx:
        for message in messages:
            tx.add_message(message)


def active(desk: Desk) -> str:
    return releases.find_active(desk.store).release


def with_tests(bundle: Bundle) -> Bundle:
    """Return a release whose map has tests: two on one file, one the way back."""
    tests = (
        b"tests:\n"
        b"  - {name: one, in: tests/a.json, expect: {person.birthDate: '1980-02-03'}}\n"
        b"  - {name: same, in: tests/a.json, expect: {person.birthDate: '1980-02-03'}}\n"
        b"  - {name: back, direction: left, in: tests/a.json, expect: {person.language: es}}\n"
    )
    map_ = bundle.contents["records/person.yaml"] + tests
    return Bundle({**bundle.contents, "records/person.yaml": map_, "tests/a.json": json.dumps(person()).encode()})


def shown(preview: releases.Preview) -> list[tuple[str, str, str]]:
    return [
        (each.map, change.kind, f"{change.subject}.{change.path}") for each in preview.groups for change in each.changes
    ]


MOVED = [
    ("person", "added", "Patient.address[].district"),
    ("person", "removed", "Patient.address[].city"),
]


def test_a_review_shows_each_difference_by_row(desk: Desk) -> None:
    hand_in(desk, person_message(1), person_message(2))
    preview = releases.preview(desk, moved())
    assert set(MOVED) <= set(shown(preview))
    (row,) = {each.new_row for each in preview.groups if each.new_row and each.new_row.text}
    assert row.place == CITY_ROW
    assert row.text == "person.addresses[].city <=> address[].district | verbatim"
    assert (preview.message_count, preview.test_count) == (2, 3)


def test_what_is_kept_of_a_review_holds_no_value(desk: Desk) -> None:
    hand_in(desk, person_message(1))
    preview = releases.preview(desk, moved())
    with desk.store.snapshot() as tx:
        row = tx.find_preview(preview.id)
    assert row is not None
    assert CANARY not in row.body.decode() + repr(preview)


def test_a_review_is_known_by_what_it_shows(desk: Desk) -> None:
    first, again = releases.preview(desk, moved()), releases.preview(desk, moved())
    assert first.id == again.id
    hand_in(desk, person_message(1))
    assert len({first.id, releases.preview(desk, moved()).id, releases.preview(desk, renamed()).id}) == 3


def test_more_of_the_same_does_not_change_a_preview(desk: Desk) -> None:
    hand_in(desk, person_message(1))
    first = releases.preview(desk, moved())
    hand_in(desk, person_message(2), person_message(3))
    assert releases.preview(desk, moved()).id == first.id


def test_while_the_store_is_empty_the_samples_beside_the_maps_are_compared(desk: Desk) -> None:
    preview = releases.preview(desk, with_tests(moved()))
    assert preview.message_count == 1
    assert set(MOVED) <= set(shown(preview))


def test_a_folder_of_messages_can_stand_for_the_store(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "all.ndjson").write_text("\n".join(json.dumps(person(number)) for number in (1, 2)))
    assert releases.preview(desk, moved(), tmp_path).message_count == 2
    with pytest.raises(NotFound):
        releases.preview(desk, moved(), tmp_path / "person")


def test_only_the_last_messages_are_compared(desk: Desk) -> None:
    hand_in(desk, *(person_message(number) for number in range(1, 6)))
    assert releases.preview(desk, moved(), last=3).message_count == 3


def test_messages_of_partners_that_are_gone_are_left_out(desk: Desk) -> None:
    hand_in(desk, replace(person_message(1), partner="gone"), person_message(2))
    assert releases.preview(desk, moved()).message_count == 1


def test_a_release_that_does_not_pass_gets_no_preview(desk: Desk) -> None:
    with pytest.raises(MapError):
        releases.preview(desk, broken())
    assert [each.kind for each in releases.list_releases(desk.store)] == ["activate"]


def test_a_release_whose_tests_fail_gets_no_preview(memory_store: MemoryStore, clock: FixedClock) -> None:
    desk = make_desk(memory_store, clock, test=lambda _: Verdict(3, ("records/person.yaml:9:3",)))
    with pytest.raises(ReleaseRefused) as refused:
        releases.preview(desk, moved())
    assert [issue.location for issue in refused.value.issues] == ["records/person.yaml:9:3"]


def test_a_reviewed_release_becomes_active_with_who_and_why(desk: Desk) -> None:
    preview = releases.preview(desk, moved())
    done = releases.activate(desk, preview.id, SIGNED)
    assert (done.sequence, done.release, done.who, done.why) == (2, moved().hash, "amira", "a reason")
    assert json.loads(done.details) == {"preview": preview.id, "maps": 1, "tests": 3, "changes": 0}
    assert active(desk) == moved().hash


def test_a_release_stays_whole_after_the_next_one(desk: Desk) -> None:
    releases.activate(desk, releases.preview(desk, moved()).id, SIGNED)
    assert read_maps(open_release(desk.store, make_bundle().hash)).get("person").version == "1.0.0"


def test_the_folder_must_be_what_was_reviewed(desk: Desk) -> None:
    preview = releases.preview(desk, moved())
    with pytest.raises(ReleaseRefused) as refused:
        releases.activate(desk, preview.id, SIGNED, renamed())
    assert refused.value.issues[0].rule == "release-reviewed"
    assert releases.activate(desk, preview.id, SIGNED, moved()).sequence == 2


def test_an_id_that_is_no_review_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound):
        releases.activate(desk, "0" * 20, SIGNED)
    assert active(desk) == make_bundle().hash


def test_what_is_active_already_is_refused(desk: Desk) -> None:
    preview = releases.preview(desk, make_bundle())
    with pytest.raises(ReleaseRefused):
        releases.activate(desk, preview.id, SIGNED)


def test_a_review_against_another_release_than_the_active_one_is_refused(desk: Desk) -> None:
    old = releases.preview(desk, moved())
    releases.activate(desk, releases.preview(desk, renamed()).id, SIGNED)
    with pytest.raises(ReleaseRefused) as refused:
        releases.activate(desk, old.id, SIGNED)
    assert refused.value.issues[0].rule == "base-reviewed"


def test_a_difference_that_nobody_has_seen_stops_an_activation(desk: Desk) -> None:
    hand_in(desk, person_message(1, addresses=[]))
    preview = releases.preview(desk, moved())
    hand_in(desk, person_message(2))
    with pytest.raises(ReleaseRefused) as refused:
        releases.activate(desk, preview.id, SIGNED)
    paths = {issue.expression for issue in refused.value.issues}
    assert {"Patient.address[].city", "Patient.address[].district"} <= paths
    assert CANARY not in repr(refused.value.issues)
    assert active(desk) == make_bundle().hash


def test_fewer_differences_than_were_seen_do_not_stop_it(desk: Desk) -> None:
    hand_in(desk, person_message(1))
    preview = releases.preview(desk, moved(), last=1)
    hand_in(desk, person_message(2, addresses=[]))
    assert releases.activate(desk, preview.id, SIGNED).release == moved().hash


def test_of_two_activations_one_wins(desk: Desk) -> None:
    preview, other = releases.preview(desk, moved()), releases.preview(desk, renamed())

    def test_slowly(_: Bundle, /) -> Verdict:
        releases.activate(desk, other.id, SIGNED)
        return Verdict()

    with pytest.raises(VersionConflict):
        releases.activate(replace(desk, test=test_slowly), preview.id, SIGNED)
    assert active(desk) == renamed().hash


def test_a_rollback_goes_to_the_release_before(desk: Desk) -> None:
    releases.activate(desk, releases.preview(desk, moved()).id, SIGNED)
    back = releases.roll_back(desk, SIGNED)
    assert (back.sequence, back.kind, back.release) == (3, "rollback", make_bundle().hash)
    assert releases.roll_back(desk, SIGNED).release == moved().hash


def test_a_rollback_goes_to_any_release_that_was_active(desk: Desk) -> None:
    for bundle in (moved(), renamed()):
        releases.activate(desk, releases.preview(desk, bundle).id, SIGNED)
    assert releases.roll_back(desk, SIGNED, make_bundle().hash[:12]).release == make_bundle().hash


@pytest.mark.parametrize("to", ["", "0" * 64, "abc", renamed().hash])
def test_a_rollback_to_what_was_never_active_is_refused(desk: Desk, to: str) -> None:
    releases.preview(desk, renamed())
    with pytest.raises(NotFound):
        releases.roll_back(desk, SIGNED, to)


def test_a_rollback_to_maps_that_a_partner_cannot_do_with_is_refused(desk: Desk) -> None:
    releases.activate(desk, releases.preview(desk, moved()).id, SIGNED)
    named = replace(desk, partners={"riverside": replace(desk.partners["riverside"], sources={"plan": "a-new-map"})})
    with pytest.raises(BadSettings):
        releases.roll_back(named, SIGNED)


def test_an_active_release_that_cannot_be_read_any_more_can_be_replaced(desk: Desk) -> None:
    def read(files: Bundle, before: object = None) -> object:
        if files.hash == make_bundle().hash:
            raise MapError
        return read_maps(files)

    stricter = replace(desk, read=read)  # type: ignore[arg-type]  # as it came
    hand_in(desk, person_message(1))
    preview = releases.preview(stricter, moved())
    assert shown(preview) == [("person", "added", "Patient.Patient")] or preview.groups
    assert releases.activate(stricter, preview.id, SIGNED).release == moved().hash


def test_releases_are_listed_newest_first_then_those_never_active(desk: Desk) -> None:
    releases.activate(desk, releases.preview(desk, moved()).id, SIGNED)
    releases.preview(desk, renamed())
    listed = list(releases.list_releases(desk.store))
    assert [(each.sequence, each.kind, each.is_active) for each in listed] == [
        (2, "activate", True),
        (1, "activate", False),
        (0, "previewed", False),
    ]


def test_a_release_is_found_by_a_short_hash_or_as_the_active_one(desk: Desk) -> None:
    assert releases.find_bundle(desk.store, "active") == make_bundle()
    assert releases.find_edition(desk, make_bundle().hash[:8]).files == make_bundle()
    with pytest.raises(NotFound):
        releases.find_bundle(desk.store, make_bundle().hash[:3])


def test_a_store_without_releases_says_so(memory_store: MemoryStore, clock: FixedClock) -> None:
    desk = Desk(memory_store, clock, {}, read_maps, lambda _: Verdict())
    with pytest.raises(NotFound):
        releases.find_active(memory_store)
    with pytest.raises(NotFound):
        releases.roll_back(desk, SIGNED)


def test_it_works_the_same_on_every_store(store: Store, clock: FixedClock) -> None:
    desk = make_desk(store, clock)
    hand_in(desk, person_message(1))
    preview = releases.preview(desk, moved())
    releases.activate(desk, preview.id, SIGNED)
    assert releases.roll_back(desk, SIGNED).release == make_bundle().hash
    with pytest.raises(BridgeError):
        releases.activate(desk, "nothing", SIGNED)
