"""`fhirbridge consent list`: the consents on record, by person id and without names."""

from __future__ import annotations

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.cli.output import json_option, print_rows
from fhirbridge.services import consents

COLUMNS = ["id", "version", "person", "type", "status", "discloser", "recipients", "expires"]


@click.group("consent")
def command() -> None:
    """List consents."""


@command.command("list")
@click.option("--person-id", help="Only those of one person (the bridge's own id).")
@json_option
@click.pass_obj
def list_(settings: str, person_id: str | None, as_json: bool) -> None:
    """List the newest version of each consent."""
    with open_bridge(settings) as bridge:
        print_rows(consents.list_consents(bridge, person_id=person_id), COLUMNS, as_json=as_json)
