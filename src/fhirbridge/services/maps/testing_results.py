"""What came of the tests and laws of maps: each result with its failures, each failure with its place.

Laws of this file: a failure's values stand in `expected` and `found` alone; nothing prints them that was not asked to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fhirbridge.mapping.proving.ways import Excluded
from fhirbridge.services.maps.test_coverage import MapCoverage, Share, share_of

ResultKind = Literal["test", "law"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as it should be.

    Attributes:
        path: where in what the map made or brought back.
        kind: missing, extra, other value, other type, not reported; or the code of a problem.
        place: `records/plan.yaml:203:7`: the line of the expectation, or of the row that breaks a law.
        expected, found: values of a test; None for a law.
        example: for a law, the paths of the smallest example that breaks it.
    """

    path: str
    kind: str
    place: str
    expected: Any = None
    found: Any = None
    example: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test, or of one law on one map."""

    map: str
    name: str
    kind: ResultKind
    place: str
    seconds: float
    failures: tuple[Failure, ...] = ()
    examples: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class TestReport:
    """What came of all that was run.

    Attributes:
        digest: stands for the files that were proved and how: the same digest, the same results.
        excluded: by map, the left fields that the laws did not compare, and why.
    """

    __test__ = False  # a report, no class of tests that pytest should look into

    results: tuple[Result, ...]
    coverage: tuple[MapCoverage, ...]
    digest: str
    excluded: Mapping[str, tuple[Excluded, ...]] = field(default_factory=dict)

    @property
    def total(self) -> Share:
        """The share of all points of all maps that the tests touch."""
        return share_of(point for each in self.coverage for point in each.points)

    @property
    def passed(self) -> bool:
        """Whether every test and every law passed."""
        return all(result.passed for result in self.results)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that failed, in the order it was run."""
        return tuple(failure for result in self.results for failure in result.failures)
