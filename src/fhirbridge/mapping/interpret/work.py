"""The work of one run of one map, whichever way: what it has read, what went wrong, how much it has written.

Laws of this file: every problem is collected with its path; a problem never holds a value; no message costs without
bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fhirbridge.errors import Issue, Severity
from fhirbridge.mapping import coverage
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree, read
from fhirbridge.mapping.steps import Steps

MAX_WRITES = 1_000_000
"""A run that writes more is stopped: rows that repeat a long list inside a loop over another make far too much."""
MAX_ISSUES = 1_000
"""More problems of one message than this are counted and not listed."""

Found = tuple[tuple[int, ...], str, Tree]
"""What reading along a path finds: indices, concrete path, value."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One item a block works on: the nodes its variables stand for, and their concrete paths."""

    nodes: dict[str, Tree]
    paths: dict[str, str]


class TooMuch(Exception):
    """The run has written more than a map may; the problem is noted already."""


@dataclass(slots=True)
class Run:
    """One run of one map: what it has read, what went wrong, how much it has written."""

    map: Map
    context: Context
    issues: list[Issue] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    unlisted: list[Severity] = field(default_factory=list)
    writes: int = 0
    from_root: dict[int, list[Found]] = field(default_factory=dict)

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

    def count_write(self, path: str) -> None:
        """Count one write.

        Raises:
            TooMuch: it is one too many.
        """
        self.writes += 1
        if self.writes > MAX_WRITES:
            self.report("FB310", path, f"the map would write more than {MAX_WRITES} values for this message")
            raise TooMuch

    def found(self, instance: Instance, variable: str, steps: Steps) -> Iterable[Found]:
        """Return what a path finds below a variable; what it finds below the root is looked for once."""
        if variable != self.map.root:
            return read(instance.nodes[variable], steps)
        if id(steps) not in self.from_root:
            self.from_root[id(steps)] = list(read(instance.nodes[variable], steps))
        return self.from_root[id(steps)]
