"""`fhirbridge quality`: what good practice misses in a record, which rules there are, and how agencies do over time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.cli.output import json_option, print_json, print_rows
from fhirbridge.services import quality

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
COLUMNS = ["agency", "month", "kind", "records", "findings"]


@click.group("quality")
def command() -> None:
    """Report what good practice misses in records; nothing is refused."""


@command.command("check")
@click.argument("file", type=FILE)
@click.option("--kind", type=click.Choice(list(quality.AGENCY)), required=True, help="Kind of the record.")
@click.option("--before", type=FILE, help="The version before: wording that stood there is not told again.")
@click.option("--form", type=click.Choice(["lines", "report", "outcome", "detected-issues"]), default="lines")
def check(file: Path, kind: str, before: Path | None, form: str) -> None:
    """Report on one record, a JSON FILE of ours. The exit code is 0: quality blocks nothing.

    \b
    fhirbridge quality check plan.json --kind plan
    fhirbridge quality check plan.json --kind plan --form detected-issues
    """
    report = quality.read_report(kind, file.read_bytes(), before.read_bytes() if before else None)
    if form == "lines":
        rows = report.to_tree()["findings"]
        print_rows(rows, ["rule", "path", "message", "hint"], as_json=False)
        click.echo(f"{len(rows)} findings", err=True)
    else:
        print_json(_forms(report, form))


def _forms(report: quality.Report, form: str) -> Any:
    if form == "report":
        return report.to_tree()
    if form == "outcome":
        return quality.to_outcome([report])
    return quality.to_detected_issues([report], datetime.now(UTC).date())


@command.command("rules")
@json_option
def rules(as_json: bool) -> None:
    """List every rule with its reason and source."""
    print_rows(quality.rule_rows(), ["rule", "records", "message", "reason", "source"], as_json=as_json)


@command.command("agencies")
@click.option("--since", metavar="YYYY-MM", default="", help="First month.")
@json_option
@click.pass_obj
def agencies(settings: str, since: str, as_json: bool) -> None:
    """Count findings by agency, month and kind of record, over all versions that are kept."""
    with open_bridge(settings) as bridge:
        print_rows(quality.over_time(bridge, since=since), COLUMNS, as_json=as_json)
