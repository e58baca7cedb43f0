"""`fhirbridge validate`: resources in files against R4, their profiles and terminology."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_profiles
from fhirbridge.cli.output import json_option, print_json, printable, progress
from fhirbridge.errors import EXIT_FINDINGS, Issue
from fhirbridge.services import validate
from fhirbridge.services.definitions import read_checker
from fhirbridge.services.outcome import issue_to_tree
from fhirbridge.services.validate import Validated

FORMATS = ("text", "json", "outcome")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("validate")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--profile", "profiles", metavar="URL", multiple=True, help="Profile to hold each to, too.")
@click.option("--gate", is_flag=True, help="Only what is checked on every write: structure, codes, common invariants.")
@click.option("--output-format", "form", type=click.Choice(FORMATS), default="text", help="How issues are printed.")
@json_option
@click.pass_context
def command(ctx: click.Context, /, files: Sequence[Path], profiles: Sequence[str], gate: bool, **more: Any) -> None:
    """Check the resources in each FILE: JSON, XML, or one on each line of a .ndjson file.

    Held against are R4, the profiles a resource claims and those named, and the terminology that is loaded. What could
    not be checked is counted apart: it is neither good nor bad. Exit code 1 when there is an error.

    \b
    fhirbridge validate bundle.json
    fhirbridge validate goal.xml --profile http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal
    """
    checker = read_checker(find_profiles(ctx.obj))
    found: list[Validated] = []
    with progress(files, "checking") as each_file:
        for file in each_file:
            for read in validate.iter_read(file.name, file.read_bytes()):
                found.append(validate.validate(checker, read, profiles=profiles, gate=gate))
    _print(found, "json" if more["as_json"] else more["form"])
    if not all(each.passes for each in found):
        ctx.exit(EXIT_FINDINGS)


def _print(found: Sequence[Validated], form: str) -> None:
    if form == "outcome":
        print_json(validate.to_outcome(found))
    elif form == "json":
        print_json({"format": 1, "items": [_told(each) for each in found]})
    else:
        for each in found:
            _print_lines(each, is_single=len(found) == 1)
    click.echo(_summary(found), err=True)


def _print_lines(found: Validated, *, is_single: bool) -> None:
    for issue in found.issues:
        line = f"{issue.expression or issue.location or '(whole)'}: {issue.severity} {issue.rule}: {issue.message}"
        profile = f" [{issue.profile}]" if issue.profile else ""
        click.echo(printable(line + profile if is_single else f"{found.label} {line}{profile}"))


def _told(found: Validated) -> dict[str, Any]:
    issues = [issue_to_tree(issue) for issue in found.issues]
    return {"resource": found.label, "passes": found.passes, "not_checked": found.not_checked, "issues": issues}


def _summary(found: Sequence[Validated]) -> str:
    issues = [issue for each in found for issue in each.issues]
    errors = _count(issues, ("error", "fatal"))
    not_checked = sum(each.not_checked for each in found)
    warnings = _count(issues, ("warning",))
    return f"{len(found)} resources: {errors} errors, {warnings} warnings, {not_checked} not checked"


def _count(issues: Iterable[Issue], severities: tuple[str, ...]) -> int:
    return sum(issue.severity in severities for issue in issues)
