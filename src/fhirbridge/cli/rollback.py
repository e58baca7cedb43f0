"""`fhirbridge rollback`: make maps active again that were so before."""

from __future__ import annotations

import click

from fhirbridge.cli.changes import SHORT, default_who
from fhirbridge.cli.opening import open_desk
from fhirbridge.services.maps import releases


@click.command("rollback")
@click.option("--to", default="", help="Hash of the release; default: the one that was active before.")
@click.option("--why", required=True, help="The reason, in one line; it is kept.")
@click.option("--who", default=default_who, help="Who does it; default: the user of this process.")
@click.pass_obj
def command(settings: str, to: str, why: str, who: str) -> None:
    """Go back to the release of maps that was active before, at once: it was proved then."""
    with open_desk(settings) as desk:
        done = releases.roll_back(desk, releases.Signed(who, why), to)
    click.echo(f"{done.sequence}\t{done.release[:SHORT]}\tactive")
