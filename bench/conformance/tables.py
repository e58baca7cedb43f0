"""The tables of a conformance run, as Markdown: names, paths and rules, nothing of what stands in a resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.conformance.comparing import Compared, Planted, is_missed
from bench.conformance.faults import FAULTS
from bench.conformance.hl7_cases import BAD
from bench.conformance.judge import Said


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
            f"{agree} ({share(agree, len(checked))}); {len(all_) - len(checked)} we said could not be checked.",
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
        mine = [one for planted, one in pairs if planted.fault is fault]
        found = [sum(one.they_object for one in mine), sum(one.we_object for one in mine)]
        unchecked = sum(one.is_unchecked and one.they_object for one in mine)
        lines.append(f"| {fault.name} | {fault.family} | {len(mine)} | {found[0]} | {found[1]} | {unchecked or ''} |")
    missed = [one.name for planted, one in pairs if is_missed(planted, one)]
    return "\n".join([*lines, "", f"Missed of families of which none may be missed: {len(missed)}.", *missed, ""])


def disagreements(compared: Iterable[Compared]) -> str:
    """Return what each of both found where they differ: rules and paths."""
    told = [_difference(one) for one in compared if not one.agree]
    return "\n".join([*told, ""]) if told else ""


def _difference(one: Compared) -> str:
    ours = "; ".join(f"{i.rule} at {i.expression}" for i in one.ours if i.severity in BAD)
    unchecked = "valid, not all checked" if one.is_unchecked else "valid"
    theirs = "; ".join(f"{s.rule} at {s.path}" for s in one.theirs if s.is_fault) or "valid"
    return f"- {one.name}\n  - we: {(ours or unchecked)[:300]}\n  - it: {theirs[:300]}"


def kinds_of_sayings(said: Iterable[tuple[str, Said]]) -> str:
    """Return a table of warnings: each rule with where it speaks, how often, and in what words."""
    counts = Counter((each.rule.rpartition("#")[2], _where(each), _words(each)) for _, each in said)
    lines = ["| times | rule | where | says |", "|---|---|---|---|"]
    rows = sorted(counts.items(), key=lambda row: (row[0][0], -row[1], row[0]))
    return "\n".join([*lines, *(f"| {count} | {' | '.join(kind)} |" for kind, count in rows), ""])


def _where(said: Said) -> str:
    """Return the path without positions, and of an entry of a Bundle only the type of its resource."""
    path = "".join(part.partition("]")[2] if "]" in part else part for part in said.path.split("["))
    if "/*" in path:
        _, _, rest = path.partition("/*")
        type_, _, rest = rest.partition("/")
        path = f"{type_}{rest.partition('*/')[2]}"
    return path.replace(".ofType(CodeableConcept)", "").replace(".ofType(Coding)", "")


def _words(said: Said) -> str:
    """Return the first words of what is said, the value set named, without codes of the resource."""
    return said.text.partition(" (")[0].partition(" [")[0][:110].replace("|", "/")
