"""`fhirbridge plan FOLDER`: prove a change of maps, show what it would do to stored messages, and keep the preview."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from fhirbridge.cli.changes import SHORT, to_lines
from fhirbridge.cli.opening import find_maps, open_desk
from fhirbridge.cli.output import JSON_FORMAT, json_option, print_json
from fhirbridge.services.maps import releases
from fhirbridge.services.maps.comparing import to_items

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("plan")
@click.argument("folder", required=False, type=FOLDER)
@click.option("--corpus", type=FOLDER, help="Folder of messages, in place of those in the store.")
@click.option(
    "--last",
    type=click.IntRange(0, 2_000),
    default=releases.DEFAULT_LAST,
    show_default=True,
    help="So many stored messages.",
)
@json_option
@click.pass_obj
def command(settings: str, folder: Path | None, corpus: Path | None, last: int, as_json: bool) -> None:
    """Check and test the maps in FOLDER and show what they would change against the active ones.

    FOLDER: default that of the settings. Nothing changes yet: `fhirbridge activate` takes the id that is printed, and
    refuses when the differences are not those that were shown. Exit code 1 when a check or a test fails.
    """
    bundle = releases.pack_folder(folder or find_maps(settings))
    with open_desk(settings) as desk:
        found = releases.preview(desk, bundle, corpus, last=last)
    if as_json:
        print_json({"format": JSON_FORMAT, **releases.to_tree(found), "items": list(to_items(found.groups))})
        return
    for line in (*to_lines(found.groups), *_summary(found)):
        click.echo(line)
    if found.release == found.base:
        click.echo("These maps are active already.", err=True)
    elif found.marks:
        _tell_marks(found.marks)
    else:
        click.echo(f'Next: fhirbridge activate {found.id} --why "..."', err=True)


def _tell_marks(marks: Mapping[str, int]) -> None:
    for name, count in marks.items():
        click.echo(f"review: {name}: lines with REVIEW: {count}", err=True)
    click.echo(
        "`fhirbridge activate` refuses this preview: look at each, take the mark out, then plan again.", err=True
    )


def _summary(found: releases.Preview) -> list[str]:
    changes = sum(len(each.changes) for each in found.groups)
    return [
        f"release\t{found.release[:SHORT]}",
        f"active\t{found.base[:SHORT]}",
        f"tests\t{found.test_count}",
        f"messages\t{found.message_count}",
        f"changes\t{changes}",
        f"preview\t{found.id}",
    ]
