"""What HL7's validator says of what we make: each resource a map makes of a sample, each example, each document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.conformance import material, tables
from bench.conformance.at_hand import US_CORE, AtHand
from bench.conformance.hl7_cases import BAD
from bench.conformance.judge import Said

Answers = Mapping[str, tuple[Said, ...]]


def run(hand: AtHand) -> Iterator[str]:
    """Yield what is said under each version of US Core; an error breaks the run."""
    for guide in US_CORE:
        answers = hand.judge(guide).ask(material.as_questions(hand.own))
        yield _table(guide, answers, hand)
        yield _our_own(guide, hand)


def _table(guide: str, answers: Answers, hand: AtHand) -> str:
    said = [(name, each) for name, all_ in answers.items() for each in all_]
    errors = [(name, each) for name, each in said if each.is_fault]
    warnings = [(name, each) for name, each in said if each.severity == "warning"]
    hand.broken += [f"{guide}: {name} {each.path} {each.rule}" for name, each in errors]
    told = [f"- error: {name} at {each.path}: {each.rule}: {each.text[:200]}" for name, each in errors]
    head = f"{len(answers)} resources and documents, {len(errors)} errors, {len(warnings)} warnings."
    return "\n".join([f"### What we make, under {guide}", "", head, *told, "", tables.kinds_of_sayings(warnings)])


def _our_own(guide: str, hand: AtHand) -> str:
    """Return what our own checker finds in the same."""
    checker = hand.checker(guide)
    found = [(name, issue) for name, tree in hand.own.items() for issue in checker.check(tree) if issue.severity in BAD]
    hand.broken += [f"{guide}: {name} {issue.expression} {issue.rule} (ours)" for name, issue in found]
    told = [f"- error: {name} at {issue.expression}: {issue.rule}" for name, issue in found]
    return "\n".join([f"Our own checker finds {len(found)} errors in them.", *told, ""])
