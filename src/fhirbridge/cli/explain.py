"""`fhirbridge explain`: where one element came from, or why it is absent; without an id, what the maps say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from fhirbridge.cli.opening import find_maps, open_bridge
from fhirbridge.cli.output import json_option, print_json, print_rows
from fhirbridge.services import explain
from fhirbridge.services.maps import rules


@click.command("explain")
@click.argument("target", metavar="TYPE/ID PATH | TARGET.PATH")
@click.argument("path", metavar="", required=False)
@json_option
@click.pass_obj
def command(settings: str, target: str, path: str | None, as_json: bool) -> None:
    """Show where the element at PATH of a stored resource came from: field, row, code table, map, versions.

    An element that is not there is told with the reason. TARGET.PATH, without an id, tells what the maps say of an
    element of FHIR or of a record.

    \b
    fhirbridge explain Goal/5kq3n2 target[0].dueDate
    fhirbridge explain Goal.target.dueDate
    """
    if path is None:
        _print_rules(rules.explain_target(find_maps(settings), _target(target)), as_json=as_json)
        return
    type_, slash, id_ = target.partition("/")
    if not slash or not id_:
        raise click.BadParameter("expected a type and an id, such as CarePlan/5kq3n2", param_hint="TYPE/ID")
    with open_bridge(settings) as bridge:
        found = explain.explain(bridge, type_, id_, path)
    if as_json:
        print_json(found.to_tree())
    else:
        click.echo("\n".join(found.to_lines()))


def _target(target: str) -> str:
    if "/" in target or "." not in target:
        raise click.BadParameter("expected TYPE/ID and a PATH, or a TARGET.PATH such as CarePlan.goal")
    return target


def _print_rules(found: tuple[rules.Rule, ...], *, as_json: bool) -> None:
    if as_json:
        print_rows([asdict(rule) for rule in found], [], as_json=True)
    else:
        texts = ("\n".join(_lines(rule)) for rule in found)
        click.echo("\n".join(dict.fromkeys(texts)))  # an overlay says again what its base says


def _lines(rule: rules.Rule) -> Iterator[str]:
    yield f"{rule.target}  <-  {rule.source}"
    yield f"    {rule.words} {rule.way.capitalize()}."
    yield f"    {rule.location}   {rule.row}"
    for each in rule.fields:
        said = [each.description, f"class {each.data_class}" if each.data_class else "", ", ".join(each.codes)]
        yield f"    {each.name} ({each.type}): {'; '.join(part for part in said if part) or 'the schema says no more'}"
    demand = rule.demand
    told = [demand.cardinality, demand.type, "must support" if demand.must_support else "", demand.binding]
    told += [demand.targets, demand.note, demand.profile]
    yield f"    demanded: {'; '.join(part for part in told if part)}"
    if rule.table:
        yield f"    code table: {rule.table}"
