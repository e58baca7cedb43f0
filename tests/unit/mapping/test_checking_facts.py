"""What conditions demand, and which demands contradict each other."""

from __future__ import annotations

import pytest

from fhirbridge.mapping.checking.facts import Fact, facts_of, is_impossible, known_facts
from fhirbridge.mapping.expressions import Compare, Constant, Count, Exists, Expression, Logic, Not, Path, Within
from fhirbridge.mapping.steps import Step

STATE = Path("doc", (Step("state"),))
URGENT = Path("doc", (Step("urgent"),))


def kind(path: Path) -> str:
    return "boolean" if path == URGENT else "string"


def is_(value: str) -> Compare:
    return Compare("=", STATE, Constant(value))


def both(*parts: Expression) -> Logic:
    return Logic("and", parts)


IMPOSSIBLE = [
    both(is_("open"), is_("closed")),
    both(is_("open"), Compare("!=", STATE, Constant("open"))),
    both(is_("open"), Not(is_("open"))),
    both(Within(STATE, ("open", "closed")), is_("new")),
    both(Exists(STATE), Not(Exists(STATE))),
    both(is_("open"), Not(STATE)),
    both(URGENT, Not(URGENT)),
    both(URGENT, Compare("=", URGENT, Constant(False))),
    both(Compare("=", Constant("open"), STATE), is_("closed")),
    both(Constant(True), Constant(False)),
    Not(Constant(True)),
    both(STATE, both(is_("a"), is_("b"))),
]
POSSIBLE = [
    is_("open"),
    both(is_("open"), URGENT),
    both(is_("open"), Exists(STATE)),
    both(Within(STATE, ("open", "closed")), Not(is_("open"))),
    both(Compare("!=", STATE, Constant("open")), Not(Exists(STATE))),
    both(Not(URGENT), Not(Exists(URGENT))),
    Logic("or", (is_("open"), is_("closed"))),
    both(Logic("or", (is_("open"), is_("closed"))), is_("new")),
    both(Compare(">", STATE, Constant("a")), Compare("<", STATE, Constant("b"))),
    Constant(True),
]


@pytest.mark.parametrize("condition", IMPOSSIBLE)
def test_a_contradiction_is_seen(condition: Expression) -> None:
    assert is_impossible(known_facts(condition, kind))


@pytest.mark.parametrize("condition", POSSIBLE)
def test_what_may_hold_is_never_called_impossible(condition: Expression) -> None:
    assert not is_impossible(known_facts(condition, kind))


def test_true_is_not_the_number_one() -> None:
    one = Compare("=", STATE, Constant(1))
    assert is_impossible(known_facts(both(one, Compare("=", STATE, Constant(True))), kind))


def test_a_condition_is_known_whole_only_when_all_its_parts_are() -> None:
    assert facts_of(None, kind) == ()
    assert facts_of(both(STATE, Count(STATE)), kind) is None
    assert facts_of(Not(Count(STATE)), kind) is None
    assert facts_of(both(STATE, Exists(STATE)), kind) == (Fact(STATE, "there"), Fact(STATE, "there"))
