"""Every cell of the decision: recipient kinds x purposes x person states x consents, against a slow oracle in prose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.consent.builders import CLASSES, NOW, make_request, make_version

from fhirbridge.consent.decide import ConsentVersion, Decision, decide
from fhirbridge.consent.table import PURPOSES, RECIPIENTS, PersonState
from fhirbridge.consent.why import CHANGES

KINDS = [*sorted(RECIPIENTS), "travel-agency", ""]
WHY = [*sorted(PURPOSES), "MARKETING", "treat", ""]
STATES = [*PersonState, "asleep", ""]
TYPES = ["tpo", "specific", "justice"]
FLAWED: dict[str, dict[str, Any]] = {
    "sound": {},
    "withdrawn": {"status": "withdrawn", "withdrawn": "2026-11-01"},
    "draft": {"status": "draft"},
    "entered-in-error": {"status": "entered-in-error"},
    "expired": {"expiry": {"on": "2026-11-21"}},
    "event-happened": {"expiry": {"event": "the end", "event_happened": "2026-11-22"}},
    "unsigned": {"signed": "2026-11-23"},
    "not begun": {"starts": "2026-11-23"},
    "no revocation": {"states_right_to_revoke": False},
    "other discloser": {"discloser": {"number": "A-2", "name": "Riverside"}},
    "other recipient": {"recipients": [{"number": "H-2", "name": "Mercy"}]},
    "no purpose": {"purposes": ["PATRQT"]},
}


class Expected(NamedTuple):
    """What the oracle says: the row, the classes for a plan, the classes for a medication."""

    row: int
    classes: str = ""


def oracle(kind: str, purpose: str, state: str, type_: str, flaw: str) -> Expected:
    """Read the table as a lawyer would, case by case, sharing nothing with the code."""
    if state not in ("known", "none", "restricted"):
        return Expected(19)
    if state == "restricted":
        return Expected(18)
    if purpose == "HLEGAL":
        return Expected(2)
    if kind == "police":
        return Expected(13)
    if state == "none":
        return Expected(1, "D0") if kind in RECIPIENTS and purpose in PURPOSES else Expected(0)
    if kind == "prison":
        return Expected(12)
    sound = type_ if flaw == "sound" else ""
    if kind in ("hospital", "agency"):
        return oracle_for_health_care(purpose, sound)
    if kind in ("probation", "court") and purpose == "CJMON":
        return oracle_for_justice(type_, flaw)
    return oracle_for_others(kind, purpose, sound)


def oracle_for_health_care(purpose: str, sound: str) -> Expected:
    if purpose in ("TREAT", "COC"):
        if sound == "tpo":
            return Expected(4, "D0 D1 D2 D3 D4 D8")
        return Expected(6, "D0 D1 D2 D3 D4 D7 D8") if sound == "specific" else Expected(0)
    if purpose in ("HPAYMT", "HOPERAT"):
        return Expected(5)
    if purpose in ("ETREAT", "BTG", "ERTREAT"):
        return Expected(14)
    return Expected(20) if purpose in ("PUBHLTH", "HCOMPL") else Expected(0)


def oracle_for_justice(type_: str, flaw: str) -> Expected:
    if type_ == "justice" and flaw == "sound":
        return Expected(8, "D0 D1 D2 D3")
    if type_ == "justice" and flaw == "withdrawn":
        return Expected(9, "D0 D1 D2 D3")
    return Expected(10)


def oracle_for_others(kind: str, purpose: str, sound: str) -> Expected:
    if kind == "service" and purpose == "COC" and sound == "specific":
        return Expected(7, "D0 D1")
    if kind == "prison-health" and purpose == "TREAT" and sound == "tpo":
        return Expected(11, "D0 D1 D2 D3 D4 D8")
    if kind == "prison-health" and purpose == "TREAT" and sound == "specific":
        return Expected(11, "D0 D1 D2 D3 D4 D7 D8")
    if kind == "prison-health" and purpose in ("ETREAT", "BTG", "ERTREAT"):
        return Expected(14)
    if kind == "processor" and purpose == "HOPERAT":
        return Expected(15)
    if kind == "auditor" and purpose in ("HCOMPL", "HRESCH"):
        return Expected(16)
    if kind == "client" and purpose == "PATRQT":
        return Expected(17)
    return Expected(20) if purpose in ("PUBHLTH", "HCOMPL") else Expected(0)


def consent_cells() -> Iterator[tuple[str, str, list[ConsentVersion]]]:
    yield "", "", []
    for type_, flaw in product(TYPES, FLAWED):
        yield type_, flaw, [make_version(type_, **FLAWED[flaw])]


def assert_cell(decision: Decision, expected: Expected) -> None:
    assert decision.row == expected.row
    assert decision.permit is bool(expected.classes)
    assert decision.permitted == set(expected.classes.split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_is_what_the_table_says(kind: str) -> None:
    cells = list(consent_cells())
    for purpose, state in product(WHY, STATES):
        request = make_request(kind, purpose, person_state=state)
        for type_, flaw, consents in cells if state == "known" else cells[:2]:
            assert_cell(decide(request, consents), oracle(kind, purpose, state, type_, flaw))


@pytest.mark.parametrize("kind", KINDS)
def test_every_denial_says_why_and_lets_nothing_out(kind: str) -> None:
    for purpose, (_, _, consents) in product(WHY, consent_cells()):
        decision = decide(make_request(kind, purpose), consents)
        if not decision.permit:
            assert decision.reason_code in CHANGES
            assert decision.smallest_change
            assert (decision.consent_id, decision.consents, decision.permitted) == ("", (), frozenset())


versions = st.builds(
    lambda type_, flaw, classes, id_, version: make_version(
        type_, id_=id_, version=version, **{"data_classes": sorted(classes), **FLAWED[flaw]}
    ),
    st.sampled_from(TYPES),
    st.sampled_from(["sound", *FLAWED]),
    st.sets(st.sampled_from(CLASSES), min_size=1),
    st.sampled_from(["c-1", "c-2", "c-3", "c-4"]),
    st.integers(1, 3),
)
some = st.lists(versions, max_size=5, unique_by=lambda consent: (consent.id, consent.version))
requests = st.builds(make_request, st.sampled_from(KINDS), st.sampled_from(WHY))


@settings(max_examples=60, deadline=None)
@given(requests, some, st.sampled_from(["c-1", "c-2", "c-3", "c-4"]))
def test_taking_a_consent_away_never_adds_anything(request: Any, consents: list[ConsentVersion], gone: str) -> None:
    before, after = decide(request, consents), decide(request, [c for c in consents if c.id != gone])
    assert after.permitted <= before.permitted
    assert before.permit or not after.permit


@settings(max_examples=60, deadline=None)
@given(requests, some)
def test_notes_and_justice_data_never_leave_and_nothing_unlisted_does(
    request: Any, consents: list[ConsentVersion]
) -> None:
    decision = decide(request, consents)
    listed = {"D0"}.union(*(consent.record.data_classes for consent in consents))
    assert decision.permitted <= listed - {"D5", "D6"}


@settings(max_examples=60, deadline=None)
@given(requests, some, st.randoms())
def test_the_order_of_consents_does_not_matter(request: Any, consents: list[ConsentVersion], random: Any) -> None:
    shuffled = random.sample(consents, len(consents))
    assert decide(request, shuffled) == decide(request, consents)


def test_only_the_newest_version_of_a_consent_counts() -> None:
    first, second = make_version(version=1), make_version(version=2, status="withdrawn")
    assert decide(make_request(), [first]).permit
    assert not decide(make_request(), [first, second]).permit
    assert not decide(make_request(), [second, first]).permit


def test_two_consents_add_up_and_both_are_named() -> None:
    broad = make_version("tpo", id_="a", data_classes=["D1", "D3"])
    named = make_version("specific", id_="b", version=4, data_classes=["D4"])
    decision = decide(make_request(), [named, broad])
    assert decision.row == 4
    assert decision.permitted == {"D0", "D1", "D3", "D4"}
    assert (decision.consent_id, decision.consents) == ("a", (("a", 1), ("b", 4)))
    assert decision.obligations == ("NOTICE", "SCOPE", "PERSISTLABEL", "NORDSCLCD")


def test_a_withdrawal_that_is_not_effective_is_written_down_and_told() -> None:
    decision = decide(make_request("probation", "CJMON"), [make_version("justice", status="withdrawn")])
    assert {"LOG-REVOCATION-NOT-EFFECTIVE", "TELL-KEYWORKER", "NOREUSE", "NORDSCLCD"} <= set(decision.obligations)


def test_a_consent_that_lists_only_what_is_denied_permits_nothing() -> None:
    decision = decide(make_request(), [make_version(data_classes=["D5", "D6"])])
    assert (decision.permit, decision.permitted, decision.reason_code) == (False, frozenset(), "nothing-listed")


@pytest.mark.parametrize(
    ("changes", "until"),
    [({"expiry": {"on": "2027-01"}}, "2027-01"), ({"expiry": {"event": "the end"}}, "event")],
)
def test_a_permission_says_until_when(changes: dict[str, Any], until: str) -> None:
    assert decide(make_request(), [make_version(**changes)]).until == until


@pytest.mark.parametrize(
    ("reason", "type_", "changes"),
    [
        ("withdrawn", "tpo", {"status": "withdrawn"}),
        ("draft", "tpo", {"status": "draft"}),
        ("expired", "tpo", {"expiry": {"on": "2020"}}),
        ("recipient-not-named", "tpo", {"recipients": [{"number": "H-2", "name": "Mercy"}]}),
        ("purpose-not-listed", "specific", {"purposes": ["COC"]}),
        ("wrong-type", "justice", {}),
    ],
)
def test_the_reason_is_that_of_the_consent_that_came_nearest(reason: str, type_: str, changes: dict[str, Any]) -> None:
    far_off = make_version("justice", id_="z", status="draft", states_right_to_revoke=False)
    decision = decide(make_request(), [far_off, make_version(type_, **changes)])
    assert (decision.reason_code, decision.row) == (reason, 0)


def test_the_smallest_change_names_types_organisation_and_purpose_and_no_person() -> None:
    assert decide(make_request(), []).smallest_change == (
        "A consent of type tpo or specific that names organisation H-1 for TREAT, signed by the client."
    )
    named = decide(make_request("probation", "CJMON"), [make_version("justice", status="draft")])
    assert "Sam" not in named.smallest_change
    assert decide(make_request("court", "CJMON"), []).smallest_change.startswith("A consent of type justice that")


@pytest.mark.parametrize(
    ("kind", "purpose", "reason"),
    [
        ("hospital", "MARKETING", "unknown-purpose"),
        ("travel-agency", "TREAT", "unknown-recipient"),
        ("probation", "TREAT", "no-row"),
        ("prison", "TREAT", "not-in-force"),
        ("police", "TREAT", "excluded-recipient"),
        ("hospital", "HLEGAL", "proceedings"),
    ],
)
def test_a_denial_without_a_consent_in_question_says_which_wall_it_met(kind: str, purpose: str, reason: str) -> None:
    assert decide(make_request(kind, purpose), [make_version()]).reason_code == reason


def test_a_decision_needs_a_moment_with_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        decide(make_request(at=datetime(2026, 11, 22)), [])  # noqa: DTZ001


def test_the_same_inputs_have_the_same_hash_and_any_other_input_another() -> None:
    consents = [make_version()]
    requests = [
        make_request(),
        make_request("agency"),
        make_request(purpose="COC"),
        make_request(person_state="none"),
        make_request(discloser="A-2"),
        make_request(organisation="H-2"),
        make_request(at=NOW.replace(second=1)),
    ]
    hashes = [decide(request, consents).inputs_hash for request in requests]
    hashes += [decide(make_request(), other).inputs_hash for other in ([], [make_version(version=2)])]
    assert len(set(hashes)) == len(hashes)
    assert decide(make_request(), consents).inputs_hash == hashes[0]


def test_what_the_client_keeps_back_does_not_go_whatever_the_consent_lists() -> None:
    consent = make_version("specific", data_classes=["D1", "D2", "D3"], kept_back=["D3"])
    assert decide(make_request(), [consent]).permitted == {"D0", "D1", "D2"}


def test_what_is_kept_back_in_one_consent_is_no_bar_to_another() -> None:
    narrow = make_version("specific", id_="c-1", data_classes=["D1"], kept_back=["D3"])
    wide = make_version("specific", id_="c-2", data_classes=["D1", "D3"])
    assert decide(make_request(), [narrow, wide]).permitted == {"D0", "D1", "D3"}
