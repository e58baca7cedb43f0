"""Timing side by side: the contestants take turns, so that a machine's moods hit all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

import msgspec


def medians(contestants: Mapping[str, Callable[[], object]], *, rounds: int = 15, calls: int = 20) -> dict[str, float]:
    """Return the median seconds of one call for each contestant.

    Args:
        rounds: how often each takes its turn, after one round that is not counted.
        calls: calls in one turn.
    """
    turns: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, call in contestants.items():
            start = perf_counter()
            for _ in range(calls):
                call()
            if number:
                turns[name].append((perf_counter() - start) / calls)
    return {name: median(times) for name, times in turns.items()}


FLOOR = "JSON codec alone (msgspec), in and out"


def json_floor(body: bytes) -> Callable[[], object]:
    """Return the floor of every table: the bytes decoded and encoded by the JSON codec, with no check of ours."""
    return lambda: msgspec.json.encode(msgspec.json.decode(body))


def table(title: str, seconds: Mapping[str, float]) -> str:
    """Return a Markdown table of ratios to the floor, with the floor's own time below it."""
    floor = seconds[FLOOR]
    rows = [f"| {name} | {took / floor:.1f} x |" for name, took in seconds.items()]
    note = f"1.0 x = {FLOOR}: {floor * 1e6:.0f} us on the machine of this run."
    return "\n".join([f"### {title}", "", "| what | time |", "|---|---|", *rows, "", note, ""])
