"""Whether our checker and HL7's validator say the same: of examples, of single faults put into them, of HL7's cases."""

from __future__ import annotations

from collections.abc import Iterator

from bench.conformance import comparing, hl7_cases, material, tables
from bench.conformance.at_hand import US_CORE, AtHand

FAULTS_EACH = 10


def examples(hand: AtHand) -> Iterator[str]:
    """Yield whether both say the same of the examples of R4 and of US Core."""
    first = next(iter(US_CORE))
    yield _compared("R4 examples", first, hand.r4, hand)
    for guide in US_CORE:
        yield _compared(f"Examples of {guide}", guide, hand.us_core_examples(guide), hand)


def _compared(title: str, guide: str, resources: dict[str, comparing.Tree], hand: AtHand) -> str:
    compared = comparing.compare(material.as_questions(resources), hand.judge(guide), hand.checker(guide))
    return tables.agreement(title, compared) + "\n" + tables.disagreements(compared)


def faults(hand: AtHand) -> Iterator[str]:
    """Yield whether both find the faults put into examples that both find valid; one we alone miss breaks the run."""
    for guide in US_CORE:
        judge, checker = hand.judge(guide), hand.checker(guide)
        resources = hand.r4 | hand.us_core_examples(guide) | hand.own
        clean = comparing.compare(material.as_questions(resources), judge, checker)
        valid = {one.name: resources[one.name] for one in clean if not one.they_object and not one.we_object}
        put = comparing.planted(valid, each=FAULTS_EACH)
        compared = comparing.compare([one.question for one in put], judge, checker)
        pairs = zip(put, compared, strict=True)
        hand.broken += [f"{guide}: missed {one.name}" for each, one in pairs if comparing.is_missed(each, one)]
        yield tables.agreement(f"Single faults, {guide}", compared)
        yield tables.by_kind(put, compared)
        yield tables.disagreements(compared)


def cases(hand: AtHand) -> Iterator[str]:
    """Yield whether we agree with what HL7's validator recorded for its own cases."""
    yield hl7_cases.report(hand.find("hl7-validator-cases"))
