"""`fhirbridge shadow`: run new maps beside the active ones on real work, use nothing of it, count the differences."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.changes import SHORT, default_who, to_lines
from fhirbridge.cli.opening import open_desk
from fhirbridge.cli.output import JSON_FORMAT, json_option, print_json
from fhirbridge.services.maps import releases, shadow
from fhirbridge.services.maps.comparing import to_items
from fhirbridge.times import format_instant


@click.group("shadow")
def command() -> None:
    """Run new maps beside the active ones; nothing they make is stored or sent."""


@command.command("start")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--why", required=True, help="The reason, in one line; it is kept.")
@click.option("--who", default=default_who, help="Who does it; default: the user of this process.")
@click.pass_obj
def start(settings: str, folder: Path, why: str, who: str) -> None:
    """Let every worker run the maps in FOLDER beside the active ones, from within a second on."""
    with open_desk(settings) as desk:
        row = shadow.start(desk, releases.pack_folder(folder), releases.Signed(who, why))
    click.echo(f"{row.sequence}\t{row.release[:SHORT]}\tshadow")


@command.command("stop")
@click.pass_obj
def stop(settings: str) -> None:
    """End the shadow; what it counted stays."""
    with open_desk(settings) as desk:
        row = shadow.stop(desk)
    click.echo(f"{row.sequence}\t{row.release[:SHORT]}\tended")


@command.command("report")
@json_option
@click.pass_obj
def report(settings: str, as_json: bool) -> None:
    """Show what the newest shadow made differently, by row: paths and counts, no values."""
    with open_desk(settings) as desk:
        found = shadow.report(desk, releases.find_bundle(desk.store, "active"))
    if as_json:
        print_json({"format": JSON_FORMAT, **_head(found), "runs": found.runs, "items": list(to_items(found.groups))})
        return
    heads = [f"{name}\t{value}" for name, value in {**_head(found), **found.runs}.items() if value is not None]
    for line in (*to_lines(found.groups), *heads):
        click.echo(line)


def _head(found: shadow.Report) -> dict[str, object]:
    row = found.row
    ended = format_instant(row.ended_at) if row.ended_at else None
    return {"release": row.release, "since": format_instant(row.since), "ended": ended, "who": row.who, "why": row.why}
