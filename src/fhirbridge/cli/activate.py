"""`fhirbridge activate`: make reviewed maps the active ones, in every running server and worker, at once."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.changes import SHORT, default_who
from fhirbridge.cli.opening import open_desk
from fhirbridge.services.maps import releases


@click.command("activate")
@click.argument("target", metavar="PREVIEW|FOLDER")
@click.option("--reviewed", default="", help="Id of the preview; needed with a folder.")
@click.option("--why", required=True, help="The reason, in one line; it is kept.")
@click.option("--who", default=default_who, help="Who does it; default: the user of this process.")
@click.pass_obj
def command(settings: str, target: str, reviewed: str, why: str, who: str) -> None:
    """Make the maps of a preview active: of the preview with this id, or of FOLDER as it was reviewed.

    `fhirbridge plan FOLDER` prints the id. Refused unless checks and tests pass and nothing in the stored messages
    changes that the preview did not show. Servers and workers that run use the new maps within a second.
    """
    folder = Path(target)
    is_folder = folder.is_dir()
    if is_folder and not reviewed:
        raise click.UsageError("a folder needs --reviewed with the id that `fhirbridge plan` printed")
    if not is_folder and reviewed not in ("", target):
        raise click.UsageError("name one preview: the argument and --reviewed are not the same")
    bundle = releases.pack_folder(folder) if is_folder else None
    with open_desk(settings) as desk:
        done = releases.activate(desk, reviewed or target, releases.Signed(who, why), bundle)
    click.echo(f"{done.sequence}\t{done.release[:SHORT]}\tactive")
    click.echo('Back again: fhirbridge rollback --why "..."', err=True)
