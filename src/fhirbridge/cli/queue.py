"""`fhirbridge queue`: what arrived and waits or is parked, what has to leave; why; and once more, please."""

from __future__ import annotations

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.cli.output import json_option, print_issues, print_json, print_rows
from fhirbridge.services import queue

COLUMNS = ["id", "what", "partner", "kind", "state", "since", "attempts", "due", "reason"]


@click.group("queue")
def command() -> None:
    """List, show and retry what is waiting or parked."""


@command.command("list")
@click.option("--all", "all_", is_flag=True, help="Also what is done.")
@json_option
@click.pass_obj
def list_(settings: str, all_: bool, as_json: bool) -> None:
    """List what waits, oldest first."""
    with open_bridge(settings) as bridge:
        print_rows([item.to_tree() for item in queue.list_items(bridge, all_=all_)], COLUMNS, as_json=as_json)


@command.command("show")
@click.argument("id_", metavar="ID")
@json_option
@click.pass_obj
def show(settings: str, id_: str, as_json: bool) -> None:
    """Show one item with every issue it has."""
    with open_bridge(settings) as bridge:
        item = queue.show(bridge, id_)
    if as_json:
        print_json(item.to_tree())
        return
    print_rows([item.to_tree()], COLUMNS, as_json=False)
    print_issues(item.issues)


@command.command("retry")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.pass_obj
def retry(settings: str, ids: tuple[str, ...]) -> None:
    """Put parked messages or failed deliveries back into the queue."""
    with open_bridge(settings) as bridge:
        for id_ in ids:
            item = queue.retry(bridge, id_)
            click.echo(f"{item.id}\t{item.state}")
