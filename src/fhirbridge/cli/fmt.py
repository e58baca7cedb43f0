"""`fhirbridge fmt`: one layout for maps and fragments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from fhirbridge.cli.opening import find_maps, find_own_maps
from fhirbridge.cli.output import print_issues
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services.maps import layout


@click.command("fmt")
@click.argument("places", metavar="[FILES|FOLDER]", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a file is not in its layout.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.pass_context
def command(ctx: click.Context, /, places: tuple[Path, ...], check: bool, diff: bool) -> None:
    """Bring maps and fragments into their one layout: order of keys, two blanks deep, rows in columns.

    Without a name: the maps of the settings. Comments stay; what a map means never changes. A file that cannot be
    read stays as it is, and the exit code is 1.

    \b
    fhirbridge fmt mappings
    fhirbridge fmt --check --diff mappings/sources/harlan.yaml
    """
    find = find_maps if check or diff else find_own_maps
    found = [layout.lay_out(file) for file in layout.find_files(places or (find(ctx.obj),))]
    changed = [each for each in found if each.is_changed]
    for each in changed:
        click.echo(each.diff() if diff else each.file, nl=not diff)
        if not (check or diff):
            layout.write(each)
    issues = [issue for each in found for issue in each.issues]
    print_issues(issues)
    click.echo(_summary(found, changed, is_dry=check or diff), err=True)
    if issues or (check and changed):
        ctx.exit(EXIT_FINDINGS)


def _summary(found: Sequence[layout.Layout], changed: Sequence[layout.Layout], *, is_dry: bool) -> str:
    verb = "would change" if is_dry else "changed"
    unread = sum(bool(each.issues) for each in found)
    rest = f", {unread} cannot be read" if unread else ""
    return f"{len(found)} files: {verb} {len(changed)}{rest}"
