"""`fhirbridge ledger`: who got what, when, under which consent; who was refused; and whether the chain is whole."""

from __future__ import annotations

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.cli.output import json_option, print_rows
from fhirbridge.errors import EXIT_FINDINGS
from fhirbridge.services import ledger

COLUMNS = ["sequence", "at", "person", "recipient", "purpose", "channel", "outcome", "row", "consent"]


@click.group("ledger")
def command() -> None:
    """List disclosures made and refused."""


@command.command("list")
@click.option("--person-id", help="Only those about one person (the bridge's own id).")
@json_option
@click.pass_obj
def list_(settings: str, person_id: str | None, as_json: bool) -> None:
    """List the entries of the ledger, oldest first."""
    with open_bridge(settings) as bridge:
        print_rows(ledger.entries(bridge, person_id=person_id), COLUMNS, as_json=as_json)


@command.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Recompute the chain of the ledger; a changed or missing entry shows (exit code 1)."""
    with open_bridge(ctx.obj) as bridge:
        broken = ledger.find_break(bridge)
    if broken is not None:
        click.echo(f"the chain of the ledger breaks at entry {broken}", err=True)
        ctx.exit(EXIT_FINDINGS)
    click.echo("the chain of the ledger is whole", err=True)
