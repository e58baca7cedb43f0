"""Scopes: what they spell, cover and grant.

Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.auth.scopes import LETTERS, Interaction, covers, grant, parse, parse_all
from fhirbridge.errors import InvalidTokenRequest

SCOPES = st.builds(
    lambda name, letters: f"system/{name}.{''.join(c for c in 'cruds' if c in letters)}",
    st.sampled_from(["*", "CarePlan", "Goal", "Patient"]),
    st.sets(st.sampled_from("cruds"), min_size=1),
)


@pytest.mark.parametrize(
    "text", ["system/CarePlan.rs", "system/*.cruds", "system/Task.c", "intake/transition.c", "intake/*.c"]
)
def test_a_scope_is_written_as_it_was_read(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "system/CarePlan",
        "system/CarePlan.",
        "system/CarePlan.sr",
        "system/CarePlan.rr",
        "system/CarePlan.RS",
        "system/CarePlan.read",
        "system/careplan.rs",
        "System/CarePlan.rs",
        "SYSTEM/CarePlan.rs",
        "system/CarePlan.rs?category=x",
        "system/CarePlan.*",
        "system/**.r",
        "user/CarePlan.rs",
        "patient/CarePlan.rs",
        "intake/transition.r",
        "intake/Transition.c",
        "intake/transition.cr",
        "system/CarePlan.rs\n",
        "system/CaréPlan.rs",
        "openid",
    ],
)
def test_what_is_no_scope_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidTokenRequest) as caught:
        parse(text)
    assert not text or text not in caught.value.message


@pytest.mark.parametrize("text", ["", "   ", " ".join(f"system/A{'b' * n}.r" for n in range(1, 63)) + " x" * 70])
def test_no_scope_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(InvalidTokenRequest):
        parse_all(text)


def test_a_megabyte_of_scopes_is_refused() -> None:
    with pytest.raises(InvalidTokenRequest):
        parse_all("system/A.r " * 100_000)


def test_a_scope_named_twice_counts_once() -> None:
    assert [str(scope) for scope in parse_all("system/Goal.r  system/Goal.r")] == ["system/Goal.r"]


@pytest.mark.parametrize(("interaction", "letter"), list(LETTERS.items()))
def test_each_interaction_needs_its_own_letter(interaction: Interaction, letter: str) -> None:
    others = "".join(c for c in "cruds" if c != letter)
    assert covers([f"system/Goal.{letter}"], "Goal", interaction)
    assert not covers([f"system/Goal.{others}"], "Goal", interaction)


@pytest.mark.parametrize("name", ["Patient", "careplan", "CAREPLAN", "CarePlan2", "*"])
def test_a_scope_covers_no_other_name(name: str) -> None:
    assert not covers(["system/CarePlan.cruds"], name, "read")


def test_a_star_covers_every_type_in_its_own_context_only() -> None:
    assert covers(["system/*.r"], "Observation", "read")
    assert not covers(["system/*.cruds"], "transition", "create", context="intake")
    assert covers(["intake/*.c"], "transition", "create", context="intake")
    assert not covers(["intake/*.c"], "Goal", "create")


def test_no_scopes_cover_nothing() -> None:
    assert not covers([], "Goal", "read")


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("system/CarePlan.rs", ("system/CarePlan.rs",)),
        ("system/CarePlan.cruds", ("system/CarePlan.rs",)),
        ("system/*.rs", ("system/CarePlan.rs", "system/Goal.r")),
        ("system/Goal.r system/CarePlan.s", ("system/Goal.r", "system/CarePlan.s")),
        ("system/Goal.rs system/Observation.r", ("system/Goal.r",)),
        ("intake/plan.c", ("intake/plan.c",)),
    ],
)
def test_a_request_for_more_than_is_registered_is_narrowed(requested: str, granted: tuple[str, ...]) -> None:
    assert grant(requested, ["system/CarePlan.rs", "system/Goal.r", "intake/*.c"]) == granted


@pytest.mark.parametrize("requested", ["system/Observation.r", "system/CarePlan.c", "intake/plan.c", "system/*.c"])
def test_a_request_of_which_nothing_is_left_is_refused(requested: str) -> None:
    with pytest.raises(InvalidTokenRequest, match="registered"):
        grant(requested, ["system/CarePlan.rs"])


def test_one_malformed_scope_refuses_the_whole_request() -> None:
    with pytest.raises(InvalidTokenRequest, match="not valid"):
        grant("system/CarePlan.rs system/goal.r", ["system/*.cruds"])


@settings(deadline=None)
@given(st.lists(SCOPES, min_size=1), st.lists(SCOPES))
def test_what_is_granted_is_covered_by_both_sides(requested: list[str], registered: list[str]) -> None:
    try:
        granted = grant(" ".join(requested), registered)
    except InvalidTokenRequest:
        granted = ()
    for interaction in LETTERS:
        for name in ("CarePlan", "Goal", "Patient", "Task"):
            both = covers(requested, name, interaction) and covers(registered, name, interaction)
            assert covers(granted, name, interaction) == both
