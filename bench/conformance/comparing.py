"""We said, it said: the same resources before our checker and before HL7's validator, and tables of both answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.conformance.faults import FAULTS, NEVER_MISSED, Fault, with_fault
from bench.conformance.judge import Judge, Question, Said
from fhirbridge.errors import Issue
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]
BAD = ("error", "fatal")
UNCHECKED = "not-checked"


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
        return not self.we_object and any(issue.rule == UNCHECKED for issue in self.ours)


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
    found = []
    for fault in FAULTS:
        for name in _spread(examples, random):
            if (spoilt := with_fault(fault, examples[name], random)) is not None:
                found.append(Planted(fault, (f"{fault.name}:{name}", spoilt, ())))
                if sum(1 for one in found if one.fault is fault) == each:
                    break
    return found


def _spread(examples: Mapping[str, Tree], random: Random) -> list[str]:
    """Return the names so that the types take turns."""
    by_type: dict[str, list[str]] = {}
    for name in random.sample(sorted(examples), len(examples)):
        by_type.setdefault(examples[name]["resourceType"], []).append(name)
    longest = max(map(len, by_type.values()), default=0)
    return [names[turn] for turn in range(longest) for names in by_type.values() if turn < len(names)]


# -- tables


def agreement(title: str, compared: Iterable[Compared]) -> str:
    """Return the four ways in which two answers can meet, as a table, and the share that agrees."""
    all_ = list(compared)
    checked = [one for one in all_ if one.agree or not one.is_unchecked]
    counts = Counter((one.we_object, one.they_object) for one in all_)
    agree = sum(one.agree for one in all_)
    return "\n".join(
        [
            f"### {title}",
            "",
            "| | HL7's validator: valid | HL7's validator: invalid |",
            "|---|---|---|",
            f"| fhirbridge: valid | {counts[False, False]} | {counts[False, True]} |",
            f"| fhirbridge: invalid | {counts[True, False]} | {counts[True, True]} |",
            "",
            f"{agree} of {len(all_)} agree ({share(agree, len(all_))}); of the {len(checked)} that both could check "
            f"{sum(one.agree for one in checked)} ({share(sum(one.agree for one in checked), len(checked))}).",
            "",
        ]
    )


def share(part: int, whole: int) -> str:
    """Return a share in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "none"


def by_kind(faults: Sequence[Planted], compared: Sequence[Compared]) -> str:
    """Return a table with one line for each kind of fault: how many were put, who found how many."""
    lines = ["| fault | family | put | HL7's validator | fhirbridge | not checked |", "|---|---|---|---|---|---|"]
    pairs = list(zip(faults, compared, strict=True))
    for fault in FAULTS:
        mine = [one for planted_, one in pairs if planted_.fault is fault]
        found = [sum(one.they_object for one in mine), sum(one.we_object for one in mine)]
        unchecked = sum(one.is_unchecked for one in mine)
        lines.append(f"| {fault.name} | {fault.family} | {len(mine)} | {found[0]} | {found[1]} | {unchecked} |")
    missed = [one.name for planted_, one in pairs if is_missed(planted_, one)]
    return "\n".join([*lines, "", f"Missed of kinds that may not be missed: {len(missed)}.", *missed, ""])


def is_missed(planted_: Planted, one: Compared) -> bool:
    """Say whether HL7's validator found a fault of a kind that we must find, and we did not."""
    return planted_.fault.family in NEVER_MISSED and one.they_object and not one.we_object


def disagreements(compared: Iterable[Compared]) -> str:
    """Return one line for each resource on which the two differ: rules and paths only."""
    return "\n".join(_difference(one) for one in compared if not one.agree)


def _difference(one: Compared) -> str:
    ours = "; ".join(f"{i.rule} at {i.expression}" for i in one.ours if i.severity in BAD) or "valid"
    theirs = "; ".join(f"{s.rule} at {s.path}: {s.text[:110]}" for s in one.theirs if s.is_fault) or "valid"
    return f"- {one.name}\n    we: {ours[:300]}\n    it: {theirs[:400]}"
