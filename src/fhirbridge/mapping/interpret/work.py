"""The work of one run of one map, whichever way: what it has read, what went wrong, how much it has written.

Laws of this file: every problem is collected with its path; a problem never holds a value; no message costs without
bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from fhirbridge.errors import Issue, Severity
from fhirbridge.mapping import coverage
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.expressions import Expression, holds
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree, read
from fhirbridge.mapping.steps import Steps

MAX_WRITES = 1_000_000
"""A run that writes more is stopped: rows that repeat a long list inside a loop over another make far too much."""
MAX_READS = 2_000_000
"""A run that reads more is stopped: an expression over a long list, asked for each item of another."""
MAX_SECONDS = 20.0
"""A run that takes longer is stopped."""
_ROUND = 1_024
"""After so many values the clock is looked at again."""
MAX_ISSUES = 1_000
"""More problems of one message than this are counted and not listed."""

Read = TypeVar("Read")
Found = tuple[tuple[int, ...], str, Tree]
"""What reading along a path finds: indices, concrete path, value."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One item a block works on: the nodes its variables stand for, and their concrete paths."""

    nodes: dict[str, Tree]
    paths: dict[str, str]


class TooMuch(Exception):
    """The run has cost more than a map may; the text says what of."""


class Expired(TooMuch):
    """The run has taken longer than a map may."""


@dataclass(slots=True)
class Meter:
    """What a run has cost so far: values written, values read, seconds."""

    clock: Callable[[], float]
    writes: int = 0
    reads: int = 0
    _ends: float = field(init=False)
    _left: int = _ROUND

    def __post_init__(self) -> None:
        self._ends = self.clock() + MAX_SECONDS

    def look(self) -> None:
        """Look at the clock.

        Raises:
            Expired: the time is up.
        """
        self._left = _ROUND
        if self.clock() > self._ends:
            raise Expired(f"the map takes longer than {MAX_SECONDS:.0f} seconds for this message")

    def spend(self, *, writes: int = 0, reads: int = 0) -> None:
        """Count values.

        Raises:
            TooMuch: there are too many of them, or the time is up.
        """
        self.writes += writes
        self.reads += reads
        if self.writes > MAX_WRITES:
            raise TooMuch(f"the map would write more than {MAX_WRITES} values for this message")
        if self.reads > MAX_READS:
            raise TooMuch(f"the map would read more than {MAX_READS} values for this message")
        self._left -= writes + reads
        if self._left < 0:
            self.look()


LESS = "send less in one message; rows and conditions that go round one list for each item of another cost most"


def refusal(map_: Map, error: TooMuch) -> Issue:
    """Return the issue that a message costs too much."""
    return Issue("FB310", str(error), map_.root, "error", map_.name, map_.file, LESS)


@dataclass(slots=True)
class Run:
    """One run of one map: what it has read, what went wrong, how much it has written."""

    map: Map
    context: Context
    issues: list[Issue] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    unlisted: list[Severity] = field(default_factory=list)
    meter: Meter = field(init=False)
    from_root: dict[int, list[Found]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meter = Meter(self.context.clock)

    def report(self, code: str, path: str, message: str, row: Row | None = None, severity: Severity = "error") -> None:
        """Collect a problem at a path of the input, with the row that met it."""
        location = str(row.place) if row else self.map.file
        rule = f"{row.codec.name} in {self.map.name}" if row else self.map.name
        self.collect([Issue(code, message, path, severity, rule, location)])

    def collect(self, issues: Iterable[Issue]) -> None:
        """Keep problems: every error counts, and the first of them are listed."""
        for issue in issues:
            if len(self.issues) < MAX_ISSUES:
                self.issues.append(issue)
            else:
                self.unlisted.append(issue.severity)

    def close(self) -> tuple[Issue, ...]:
        """Return what was found, and how much more there is; an error that is not listed still counts as one."""
        if self.unlisted:
            severity: Severity = "error" if "error" in self.unlisted else "warning"
            self.issues.append(
                Issue(
                    "FB310",
                    f"{len(self.unlisted)} more problems are not listed",
                    self.map.root,
                    severity,
                    self.map.name,
                    self.map.file,
                )
            )
        return tuple(self.issues)

    def refuses(self, tree: Tree, path: str) -> bool:
        """Say whether a tree is too large for a map, and note it."""
        reason = coverage.find_oversize(tree)
        if reason:
            self.report("FB310", path, reason)
        return reason is not None

    def count_write(self, steps: Steps) -> None:
        """Count one write, and the places that it makes on the way: a deep path or a high index makes many.

        Raises:
            TooMuch: it is one too many.
        """
        self.meter.spend(writes=1 + len(steps) // 8 + sum(step.index or 0 for step in steps))

    def holds(self, condition: Expression | None, instance: Instance) -> bool:
        """Say whether a condition holds.

        Raises:
            TooMuch: too much is read.
        """
        if condition is None:
            return True
        self.meter.look()
        return holds(condition, instance.nodes)

    def found(self, instance: Instance, variable: str, steps: Steps) -> Iterable[Found]:
        """Return what a path finds below a variable; what it finds below the root is looked for once."""
        if variable != self.map.root:
            return self.counted(read(instance.nodes[variable], steps))
        if id(steps) not in self.from_root:
            self.from_root[id(steps)] = list(self.counted(read(instance.nodes[variable], steps)))
        return self.from_root[id(steps)]

    def counted(self, found: Iterable[Read]) -> Iterator[Read]:
        """Yield what is read, and count it.

        Raises:
            TooMuch: it is one too many.
        """
        for each in found:
            self.meter.spend(reads=1)
            yield each
