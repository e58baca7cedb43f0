"""`fhirbridge explain TYPE/ID PATH`: where one element came from."""

from __future__ import annotations

import click

from fhirbridge.cli.opening import open_bridge
from fhirbridge.cli.output import json_option, print_json
from fhirbridge.services import explain


@click.command("explain")
@click.argument("resource", metavar="TYPE/ID")
@click.argument("path")
@json_option
@click.pass_obj
def command(settings: str, resource: str, path: str, as_json: bool) -> None:
    """Show where the element at PATH of a resource came from: source field, map file and line, codec, versions.

    \b
    fhirbridge explain Goal/5kq3n2 target[0].dueDate
    """
    type_, slash, id_ = resource.partition("/")
    if not slash or not id_:
        raise click.BadParameter("expected a type and an id, such as CarePlan/5kq3n2", param_hint="TYPE/ID")
    with open_bridge(settings) as bridge:
        found = explain.explain(bridge, type_, id_, path)
    if as_json:
        print_json(found.to_tree())
    else:
        click.echo("\n".join(found.to_lines()))
