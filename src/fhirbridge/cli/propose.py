"""`fhirbridge propose FILE --map NAME --held RECORD`: what came back, as a change of what is held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import print_issues, print_json
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps.proposing import propose_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("propose")
@click.argument("file", type=_FILE)
@click.option("--map", "name", required=True, help="Name of the map, such as plan.")
@click.option("--held", type=_FILE, help="The record that is held; left out for none.")
@click.option("--source", default="local", show_default=True, help="The partner in whose name keys are made.")
@click.option("--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps.")
@click.pass_context
def command(ctx: click.Context, /, file: Path, name: str, held: Path | None, **more: Any) -> None:
    """Print what the resources in FILE propose to change in a record that is held, as JSON.

    What the map does not own stays, old spellings of the same value stay, and what no row understands stands beside
    the record as its complement. The changed paths are told on stderr too.
    """
    body = held.read_bytes() if held else b""
    folder = more["folder"] or find_maps(ctx.obj)
    proposed = propose_file(folder, name, file.read_bytes(), body, source=more["source"])
    print_json(proposed.to_tree())
    print_issues(proposed.proposal.issues)
    for change in proposed.proposal.changes:
        click.echo(f"{change.kind:>7} {change.path}", err=True)
    if any(issue.severity in ("error", "fatal") for issue in proposed.proposal.issues):
        ctx.exit(EXIT_FINDINGS)
