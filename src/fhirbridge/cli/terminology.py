"""`fhirbridge terminology`: what the loaded code systems, value sets and concept maps say of a code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fhirbridge.cli.opening import find_maps
from fhirbridge.cli.output import json_option, print_rows
from fhirbridge.errors import EXIT_FINDINGS, EXIT_OK
from fhirbridge.services.definitions import beside
from fhirbridge.services.terminology import desk
from fhirbridge.services.terminology.desk import TerminologyDesk

maps_option = click.option(
    "--maps", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of maps."
)
"""Profiles and packages are those beside it."""


@click.group("terminology")
def command() -> None:
    """Look up, check, list and translate codes."""


@command.command("lookup")
@click.argument("system")
@click.argument("code")
@maps_option
@json_option
@click.pass_obj
def lookup(settings: str, /, system: str, code: str, folder: Path | None, as_json: bool) -> None:
    """Print what code system SYSTEM (its URL) says of CODE.

    \b
    fhirbridge terminology lookup http://terminology.hl7.org/CodeSystem/service-type 108
    """
    print_rows(_desk(settings, folder).lookup(system, code), desk.LOOKUP_COLUMNS, as_json=as_json)


@command.command("validate")
@click.argument("url")
@click.argument("code")
@click.option("--system", default="", help="The code's system, where URL is a value set; left out: any of the set.")
@click.option("--display", default="", help="A display to check.")
@maps_option
@json_option
@click.pass_context
def validate(ctx: click.Context, /, url: str, code: str, folder: Path | None, as_json: bool, **given: str) -> None:
    """Say whether CODE is in URL, a value set or a code system. Ends with 1 when it is not, or cannot be told.

    \b
    fhirbridge terminology validate http://hl7.org/fhir/ValueSet/request-status active
    """
    verdict = _desk(ctx.obj, folder).validate(url, code, **given)
    print_rows([verdict], desk.VERDICT_COLUMNS, as_json=as_json)
    ctx.exit(EXIT_OK if desk.is_fine(verdict) else EXIT_FINDINGS)


@command.command("expand")
@click.argument("value_set")
@click.option("--filter", "text", default="", help="Words that code or display must hold.")
@click.option("--offset", default=0, show_default=True, type=click.IntRange(min=0), help="Codes to leave out first.")
@click.option("--count", type=click.IntRange(min=0), help="Codes to list; needed where there are more than 1000.")
@click.option("--active-only", is_flag=True, help="Leave out codes that are no longer in use.")
@maps_option
@json_option
@click.pass_obj
def expand(settings: str, /, value_set: str, folder: Path | None, as_json: bool, **wish: Any) -> None:
    """Print the codes of VALUE_SET (its URL).

    \b
    fhirbridge terminology expand http://hl7.org/fhir/ValueSet/service-category --filter drug
    """
    print_rows(_desk(settings, folder).expand(value_set, **wish), desk.CODE_COLUMNS, as_json=as_json)


@command.command("translate")
@click.argument("concept_map", metavar="MAP")
@click.argument("code")
@click.option("--system", default="", help="The code's system, where the map has several.")
@click.option("--back", "is_back", is_flag=True, help="From target to source.")
@maps_option
@json_option
@click.pass_obj
def translate(settings: str, /, concept_map: str, code: str, folder: Path | None, as_json: bool, **how: Any) -> None:
    """Print what CODE becomes by MAP: a code table's name, or a concept map's URL.

    \b
    fhirbridge terminology translate service-type relapse-prevention
    """
    asked = _desk(settings, folder, with_maps=True)
    print_rows(asked.translate(concept_map, code, **how), desk.MATCH_COLUMNS, as_json=as_json)


@command.command("subsumes")
@click.argument("system")
@click.argument("codes", metavar="CODE_A CODE_B", nargs=2)
@maps_option
@json_option
@click.pass_obj
def subsumes(settings: str, /, system: str, codes: tuple[str, str], folder: Path | None, as_json: bool) -> None:
    """Say whether CODE_A of SYSTEM holds CODE_B: equivalent, subsumes, subsumed-by or not-subsumed."""
    row = {"outcome": _desk(settings, folder).subsumes(system, *codes)}
    print_rows([row], ["outcome"], as_json=as_json)


def _desk(settings: str, folder: Path | None, *, with_maps: bool = False) -> TerminologyDesk:
    maps = folder or find_maps(settings)
    return TerminologyDesk.open(beside(maps), maps if with_maps else None)
