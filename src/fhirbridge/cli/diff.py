"""`fhirbridge diff OLD NEW`: what a change of maps does to messages, by the row that does it."""

from __future__ import annotations

from pathlib import Path

import click

from fhirbridge.cli.changes import to_lines
from fhirbridge.cli.opening import open_desk
from fhirbridge.cli.output import JSON_FORMAT, json_option, print_json
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps import comparing, releases


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--corpus", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of messages.")
@click.option("--map", "name", default="", help="The map that reads every message; default: by folder or file name.")
@click.option("--values", is_flag=True, help="Show values too: for made-up people only.")
@json_option
@click.pass_context
def command(ctx: click.Context, /, old: str, new: str, corpus: Path | None, **more: bool | str) -> None:
    """Send messages through OLD and NEW maps and list each element that comes out differently.

    OLD and NEW are folders of maps, or releases: a hash as `fhirbridge releases` shows it, or `active`. A message
    belongs to the map that its folder is called like, or that its file name begins with. Without --corpus: the samples
    of the tests of NEW. Exit code 1 when anything differs.
    """
    before, after = (_open(ctx.obj, name) for name in (old, new))
    found, strangers = comparing.compare_editions(
        before,
        after,
        comparing.open_files(corpus) if corpus else None,
        only=str(more["name"]),
        values=bool(more["values"]),
    )
    for file in strangers:
        click.echo(f"{file}: nothing tells which map reads it; it was left out", err=True)
    groups = found.groups(before.files, after.files)
    if more["as_json"]:
        print_json({"format": JSON_FORMAT, "messages": found.message_count, "items": list(comparing.to_items(groups))})
    else:
        click.echo("\n".join(to_lines(groups)), nl=False)
    click.echo(f"{len(found.keys)} changes in {found.message_count} messages", err=True)
    if groups:
        ctx.exit(EXIT_FINDINGS)


def _open(settings: str, name: str) -> comparing.Edition:
    """Open a folder, or a release of the store that the settings name."""
    if Path(name).is_dir():
        return comparing.open_folder(Path(name))
    with open_desk(settings) as desk:
        return releases.find_edition(desk, name)
