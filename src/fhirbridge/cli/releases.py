"""`fhirbridge releases`: which maps were active when, who made them so, and why."""

from __future__ import annotations

import click

from fhirbridge.cli.changes import SHORT
from fhirbridge.cli.opening import open_desk
from fhirbridge.cli.output import json_option, print_rows
from fhirbridge.services.maps import releases

COLUMNS = ["sequence", "release", "state", "kind", "at", "who", "why"]


@click.command("releases")
@json_option
@click.pass_obj
def command(settings: str, as_json: bool) -> None:
    """List activations of maps, newest first; then releases that were previewed and never active."""
    with open_desk(settings) as desk:
        listed = list(releases.list_releases(desk.store))
    print_rows([_row(each, whole=as_json) for each in listed], COLUMNS, as_json=as_json)


def _row(each: releases.Listed, *, whole: bool) -> dict[str, object]:
    return {
        "sequence": each.sequence or None,
        "release": each.release if whole else each.release[:SHORT],
        "state": "active" if each.is_active else None,
        "kind": each.kind,
        "at": each.at,
        "who": each.who,
        "why": each.why,
    }
