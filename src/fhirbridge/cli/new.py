"""`fhirbridge new`: start something by hand-holding. So far: a map, from a sample of a partner's format."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.opening import find_own_maps
from fhirbridge.cli.output import print_issues
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps import starting


@click.group("new")
def command() -> None:
    """Start something new."""


def _list_kinds(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo("\n".join(starting.kinds()))
        ctx.exit()


@command.command("mapping")
@click.argument("name")
@click.option("--from", "sample", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "wanted", default="person,transition", show_default=True, help="Kinds of records, with commas.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of maps.")
@click.option("--list-kinds", is_flag=True, is_eager=True, expose_value=False, callback=_list_kinds, help="And leave.")
@click.pass_context
def mapping(ctx: click.Context, /, name: str, sample: Path, wanted: str, folder: Path | None) -> None:
    """Start the map NAME from a SAMPLE of a partner's format: JSON, CSV or XML.

    Writes a map with proposed rows, each to be reviewed, a schema, code tables and a passing test. The sample is
    copied into the folder of maps: it must not hold data of a real person.

    \b
    fhirbridge new mapping county-jail --from export.csv --to person,transition
    """
    kinds = [kind.strip() for kind in wanted.split(",") if kind.strip()]
    started = starting.start(folder or find_own_maps(ctx.obj), name, sample.read_bytes(), kinds)
    for file in started.files:
        click.echo(file)
    _tell(name, started)
    if not started.passes:
        ctx.exit(EXIT_FINDINGS)


def _tell(name: str, started: starting.Started) -> None:
    print_issues(started.issues)
    for failure in started.failures:
        click.echo(f"not yet: {failure}", err=True)
    for path in started.unplaced:
        click.echo(f"could not place: {path}", err=True)
    for sentence in started.decide:
        click.echo(f"to decide: {sentence}", err=True)
    click.echo(
        f"{started.placed} fields placed, {len(started.unplaced)} not; each row says REVIEW until you look.", err=True
    )
    click.echo(f"The sample is now tests/{name}.*: it must hold made-up people only.", err=True)
