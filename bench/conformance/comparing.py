"""We said, it said: the same resources before our checker and before HL7's validator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.conformance.faults import FAULTS, NEVER_MISSED
from bench.conformance.hl7_cases import BAD, NOT_CHECKED
from bench.conformance.judge import Judge, Question, Said
from bench.conformance.places import Fault, fitting, iter_places, with_fault
from fhirbridge.errors import Issue
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """Both answers to one question."""

    name: str
    theirs: tuple[Said, ...]
    ours: tuple[Issue, ...]

    @property
    def they_object(self) -> bool:
        """Whether HL7's validator finds a fault."""
        return any(said.is_fault for said in self.theirs)

    @property
    def we_object(self) -> bool:
        """Whether we find a fault."""
        return any(issue.severity in BAD for issue in self.ours)

    @property
    def agree(self) -> bool:
        """Whether both find the resource valid, or both do not."""
        return self.they_object == self.we_object

    @property
    def is_unchecked(self) -> bool:
        """Whether we found nothing but said that something could not be checked."""
        return not self.we_object and any(issue.rule in NOT_CHECKED for issue in self.ours)


def compare(questions: Sequence[Question], judge: Judge, checker: Checker) -> list[Compared]:
    """Return both answers to each question, in order."""
    theirs = judge.ask(questions)
    return [Compared(name, theirs[name], checker.check(tree, profiles=True)) for name, tree, _ in questions]


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault in an example that both found valid."""

    fault: Fault
    question: Question


def planted(examples: Mapping[str, Tree], *, each: int, seed: int = 1) -> list[Planted]:
    """Return for each kind of fault up to `each` examples with that fault, spread over the resource types."""
    random = Random(seed)  # noqa: S311 - it only picks places
    places = {name: tuple(iter_places(tree)) for name, tree in examples.items()}
    found = []
    for fault in FAULTS:
        left = each
        for name in _spread(examples, random):
            if left and (fits := fitting(fault, places[name])):
                spoilt = with_fault(fault, examples[name], random.choice(fits))
                found.append(Planted(fault, (f"{fault.name}:{name}", spoilt, ())))
                left -= 1
    return found


def _spread(examples: Mapping[str, Tree], random: Random) -> list[str]:
    """Return the names so that the types take turns."""
    by_type: dict[str, list[str]] = {}
    for name in random.sample(sorted(examples), len(examples)):
        by_type.setdefault(examples[name]["resourceType"], []).append(name)
    longest = max(map(len, by_type.values()), default=0)
    return [names[turn] for turn in range(longest) for names in by_type.values() if turn < len(names)]


def is_missed(planted_: Planted, one: Compared) -> bool:
    """Say whether HL7's validator found a fault of a family that we must find, and we did not."""
    return planted_.fault.family in NEVER_MISSED and one.they_object and not one.we_object
