"""`fhirbridge test`: the tests beside maps and the laws of every map; failures at the line that expects otherwise.

Laws of this file: no value of a test is printed but with --show-values; --update writes nothing but expectations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.check import frame
from fhirbridge.cli.opening import find_maps, find_own_maps
from fhirbridge.cli.output import json_option, print_json, print_rows
from fhirbridge.errors import EXIT_FINDINGS, Issue
from fhirbridge.services.maps.junit import as_junit
from fhirbridge.services.maps.test_coverage import KINDS, MapCoverage
from fhirbridge.services.maps.testing import DEFAULT_LAWS, Selection, run_in_folder
from fhirbridge.services.maps.testing_changes import changed_maps
from fhirbridge.services.maps.testing_results import Failure, Result, TestReport
from fhirbridge.services.maps.testing_update import update

JSON_FORMAT = 1
COLUMNS = ["map", "tests", "laws", "failed", "coverage"]
MAX_SHOWN = 40
"""Failures of one test and missed points of one map that are listed; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for beside the folder."""

    select: tuple[str, ...]
    laws: int
    junit: Path | None
    min_coverage: float
    is_changed: bool
    is_updating: bool
    has_coverage: bool
    shows_values: bool
    as_json: bool


@click.command("test")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--select", multiple=True, metavar="MAP[::TEST]", help="Run these only; * and ? stand for anything.")
@click.option("--changed", "is_changed", is_flag=True, help="Run the maps of which git says that a file changed.")
@click.option("--laws", type=click.IntRange(0, 10_000), default=DEFAULT_LAWS, show_default=True, help="Examples a law.")
@click.option("--update", "is_updating", is_flag=True, help="First write what the maps make now into the expectations.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results as JUnit XML.")
@click.option("--coverage", "has_coverage", is_flag=True, help="List what no test touches.")
@click.option("--min-coverage", type=click.FloatRange(0, 100), default=0, help="Fail below this percentage, each map.")
@click.option(
    "--show-values", "shows_values", is_flag=True, help="Print expected and found values: test data is made up."
)
@json_option
@click.pass_context
def command(ctx: click.Context, /, folder: Path | None, **asked: Any) -> None:
    """Run the tests beside the maps in FOLDER, and the laws of every map on generated data.

    FOLDER is by default that of the settings, else that of the package. Exit code 1 when something fails.

    \b
    fhirbridge test mappings --select 'riverside-*' --laws 500
    fhirbridge test mappings --changed --coverage --min-coverage 95
    """
    options = Options(**asked)
    folder = folder or (find_own_maps if options.is_updating else find_maps)(ctx.obj)
    selection = Selection(options.select, changed_maps(folder) if options.is_changed else None)
    if options.is_updating:
        for written in update(folder, selection):
            click.echo(f"updated {written.place}: {written.path}", err=True)
    report = run_in_folder(folder, selection, laws=options.laws)
    _print(folder, report, options)
    if options.junit:
        options.junit.write_bytes(as_junit(report))
    if not report.passed or _tell_thin(report, options.min_coverage):
        ctx.exit(EXIT_FINDINGS)


def _print(folder: Path, report: TestReport, options: Options) -> None:
    if options.as_json:
        print_json(_tree(report, options))
    else:
        print_rows(_rows(report), COLUMNS, as_json=False)
    for result in report.results:
        for line in _failed(folder, result, shows_values=options.shows_values):
            click.echo(line, err=True)
    if options.has_coverage and not options.as_json:
        for each in report.coverage:
            click.echo("\n".join(_covered(each)), err=True)
        click.echo("\n".join(_left_out(report)), err=True)


def _rows(report: TestReport) -> Iterator[dict[str, Any]]:
    """Yield a line for each map, and one for all of them."""
    for each in report.coverage:
        yield _row(each.map, [result for result in report.results if result.map == each.map], each.total.percent)
    yield _row("all", report.results, report.total.percent)


def _row(name: str, results: Sequence[Result], percent: float) -> dict[str, Any]:
    counts = {kind: sum(result.kind == kind for result in results) for kind in ("test", "law")}
    failed = sum(not result.passed for result in results)
    return {"map": name, "tests": counts["test"], "laws": counts["law"], "failed": failed, "coverage": f"{percent}%"}


# -- failures


def _failed(folder: Path, result: Result, *, shows_values: bool) -> Iterator[str]:
    """Yield the lines that show what failed in one test or law."""
    for failure in result.failures[:MAX_SHOWN]:
        yield f"{failure.place} {result.map}::{result.name}: {failure.path or '(whole)'}: {failure.kind}"
        if shows_values and (failure.expected, failure.found) != (None, None):
            yield f"      expected {_shown(failure.expected)}"
            yield f"      found    {_shown(failure.found)}"
        if result.kind == "law":
            yield from _law(folder, failure)
    if len(result.failures) > MAX_SHOWN:
        yield f"      and {len(result.failures) - MAX_SHOWN} more"


def _law(folder: Path, failure: Failure) -> Iterator[str]:
    """Yield the row that breaks a law, and the paths of the smallest example."""
    yield from list(frame(folder, Issue("FB300", "", location=failure.place)))[1:]
    if failure.example:
        yield "      smallest example has:"
        yield from (f"        {path}" for path in failure.example)


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)


# -- coverage


def _covered(coverage: MapCoverage) -> Iterator[str]:
    yield f"{coverage.map}: {coverage.total.percent}%"
    for kind, share in coverage.by_kind().items():
        yield f"  {KINDS[kind]}: {share.hit} of {share.all}"
    missed = coverage.missed()
    yield from (f"    {point.place} {point.kind} {point.name}" for point in missed[:MAX_SHOWN])
    if len(missed) > MAX_SHOWN:
        yield f"    and {len(missed) - MAX_SHOWN} more; --json lists them all"


def _left_out(report: TestReport) -> Iterator[str]:
    """Yield what the laws did not compare."""
    for name, excluded in report.excluded.items():
        yield from (f"{name}: laws leave out {each.path} ({each.place}): {each.reason}" for each in excluded)


def _tell_thin(report: TestReport, least: float) -> bool:
    """Say on stderr which maps have less coverage than asked for, and whether there are any."""
    thin = [each for each in report.coverage if each.total.percent < least]
    for each in thin:
        click.echo(f"{each.map}: coverage {each.total.percent}% is below {least:g}%", err=True)
    return bool(thin)


# -- JSON


def _tree(report: TestReport, options: Options) -> dict[str, Any]:
    return {
        "format": JSON_FORMAT,
        "passed": report.passed,
        "digest": report.digest,
        "items": [_result(result, shows_values=options.shows_values) for result in report.results],
        "coverage": [_coverage(each) for each in report.coverage],
        "total": report.total.percent,
        "leftOut": [
            {"map": name, "path": each.path, "place": each.place, "reason": each.reason}
            for name, excluded in report.excluded.items()
            for each in excluded
        ],
    }


def _result(result: Result, *, shows_values: bool) -> dict[str, Any]:
    return {
        "map": result.map,
        "name": result.name,
        "kind": result.kind,
        "place": result.place,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "examples": result.examples,
        "failures": [_failure(failure, shows_values=shows_values) for failure in result.failures],
    }


def _failure(failure: Failure, *, shows_values: bool) -> dict[str, Any]:
    values = {"expected": failure.expected, "found": failure.found} if shows_values else {}
    return {
        "path": failure.path,
        "kind": failure.kind,
        "place": failure.place,
        "example": list(failure.example),
        **values,
    }


def _coverage(coverage: MapCoverage) -> dict[str, Any]:
    return {
        "map": coverage.map,
        "percent": coverage.total.percent,
        "kinds": {kind: {"hit": share.hit, "all": share.all} for kind, share in coverage.by_kind().items()},
        "missed": [{"kind": each.kind, "name": each.name, "place": each.place} for each in coverage.missed()],
    }
