"""`fhirbridge profiles`: official FHIR packages of a site, and what their profiles demand."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from fhirbridge.cli.opening import find_own_profiles, find_profiles, shipped_bridge
from fhirbridge.cli.output import json_option, print_json, print_rows
from fhirbridge.services import own_package, profiles
from fhirbridge.services.definitions import find_defaults

PACKAGES = ["id", "place", "profiles", "extensions", "value_sets", "code_systems", "title"]
ELEMENTS = ["element", "cardinality", "must_support", "types", "binding", "value", "rules"]
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("profiles")
def command() -> None:
    """Add official FHIR packages, such as US Core, and show what their profiles demand."""


@command.command("add")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--first", is_flag=True, help="Ask this package first for a profile that is claimed without a version.")
@click.pass_obj
def add(settings: str, files: tuple[Path, ...], first: bool) -> None:
    """Keep each FILE, a package as its publisher gives it (.tgz), among the profiles of the settings.

    Several versions of one package may stand side by side. Profiles of it that cannot be used are told.

    \b
    fhirbridge profiles add hl7.fhir.us.core-6.1.0.tgz
    """
    folder = find_own_profiles(settings)
    for file in files:
        added = profiles.add_package(folder, file.read_bytes(), first=first)
        click.echo(f"{added.package.id}: {added.package.profiles} profiles, {added.package.extensions} extensions")
        for fault in added.faults:
            click.echo(f"not usable: {fault}", err=True)


@command.command("list")
@json_option
@click.pass_obj
def list_(settings: str, as_json: bool) -> None:
    """List the packages, in the order in which they are asked for a profile claimed without a version."""
    rows = [msgspec.to_builtins(each) for each in profiles.list_packages(find_profiles(settings))]
    print_rows(rows, PACKAGES, as_json=as_json)


@command.command("remove")
@click.argument("package", metavar="NAME#VERSION")
@click.pass_obj
def remove(settings: str, package: str) -> None:
    """Take a package out again."""
    click.echo(f"Removed {profiles.remove_package(find_own_profiles(settings), package).name}.", err=True)


@command.command("show")
@click.argument("canonical")
@click.option("--must-support", is_flag=True, help="Only the elements that are marked as must-support.")
@json_option
@click.pass_obj
def show(settings: str, canonical: str, must_support: bool, as_json: bool) -> None:
    """Show what a profile demands: CANONICAL is its URL, with or without |version, or the last part of it.

    \b
    fhirbridge profiles show "http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal|6.1.0"
    fhirbridge profiles show us-core-goal --must-support
    """
    described = profiles.describe(find_profiles(settings), canonical)
    tree = profiles.to_tree(described, must_support=must_support)
    if as_json:
        print_json({"format": 1, **tree})
        return
    click.echo(f"{described.title}: {described.canonical} in {described.package}, on {described.base}", err=True)
    for fault in described.faults:
        click.echo(f"not usable: {fault}", err=True)
    print_rows(tree["elements"], ELEMENTS, as_json=False)


@command.command("build")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def build(target: Path) -> None:
    """Write our own definitions to FILE, a package (.tgz) that any FHIR tool can install.

    Profiles, extensions, code systems, value sets, concept maps, search parameters, a CapabilityStatement and examples.

    \b
    fhirbridge profiles build org.fhirbridge.profiles.tgz
    """
    with shipped_bridge() as bridge:
        made = own_package.build(bridge, find_defaults())
    target.write_bytes(made)
    click.echo(f"{target}: {len(made)} bytes", err=True)
