"""`fhirbridge schema KIND`: the JSON Schema of a record kind."""

from __future__ import annotations

import click

from fhirbridge.cli.output import json_option, print_json, print_rows
from fhirbridge.services import schemas


@click.command("schema")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """Print the JSON Schema of a record KIND; without one, list the kinds.

    \b
    fhirbridge schema
    fhirbridge schema plan > plan.schema.json
    """
    if kind is None:
        print_rows([{"kind": name} for name in schemas.kinds()], ["kind"], as_json=as_json)
    else:
        print_json(schemas.schema(kind))
