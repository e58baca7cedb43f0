"""The way right: a group for each block, and one that loops over what each block makes things of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.export.build import (
    Exported,
    Work,
    container_of,
    finish,
    is_countable,
    left_parts,
    note_of,
    structure_of,
)
from fhirbridge.mapping.export.changes import Case
from fhirbridge.mapping.export.fhirpath import path_of, value
from fhirbridge.mapping.export.names import Names, identifier
from fhirbridge.mapping.export.pairs import Pair, pairs_of
from fhirbridge.mapping.export.parts import parts_of
from fhirbridge.mapping.export.structure import Call, Group, Input, Rule, Source, Target, Variable
from fhirbridge.mapping.export.writing import Item, Writer
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.steps import Step

TARGET = "tgt"


def export_right(map_: Map, source: str) -> Exported:
    """Return a map's way right.

    Args:
        source: the partner under whose name business keys travel.
    """
    work = Work(map_, source)
    container = container_of(map_)
    groups = [_block_group(work, block) for block in map_.blocks]
    if work.is_fhir:
        work.report(map_.blocks[0], "ids of resources are hashes of source and key; two items with one key stay two")
    if container:
        groups = [_main(work, container), *groups]
    return structure_of(work, groups, "right")


def _main(work: Work, container: str) -> Group:
    into = "bundle" if container == "Bundle" else "out"
    names, rule_names = Names({work.root, into}), Names()
    rules = tuple(_make_rule(work, block, (names, rule_names), into) for block in work.map.blocks)
    inputs = (
        Input("source", work.root, identifier(work.map.root)),
        Input("target", into, container if container == "Bundle" else ""),
    )
    return Group(identifier(work.map.name), inputs, rules)


def _make_rule(work: Work, block: Block, names: tuple[Names, Names], into: str) -> Rule:
    """Return the rule that makes a thing of each item of a block's loop and calls the block's group."""
    variables, rule_names = names
    made, context, sources = variables.fresh(TARGET), work.root, []
    for part in left_parts(block.loop):
        name = variables.fresh(part.element)
        sources.append(Source(context, part.element, variable=name))
        context = name
    key = f"%{context}{path_of(left_parts(block.key))}.exists()"
    when = _renamed(work, block, context)
    asked = f"({key}) and ({when})" if when else key
    last = replace(sources[-1], condition=asked) if sources else Source(context, condition=asked)
    targets: tuple[Target, ...] = (Target(into, identifier(block.type), variable=made),)
    if work.is_fhir:
        entry = variables.fresh("entry")
        create = Target(entry, "resource", "create", (block.type,), made)
        targets = (Target(into, "entry", variable=entry), create)
    given = (work.root, context, made) if block.is_loop else (work.root, made)
    name = rule_names.fresh(block.name)
    rule = Rule(name, (last,), targets, call=Call(work.group_name(block), given))
    for source in reversed(sources[:-1]):
        rule = Rule(rule_names.fresh(block.name), (source,), rules=(rule,))
    return rule


def _renamed(work: Work, block: Block, context: str) -> str:
    """Return the condition of a block over the variables of the main group."""
    own = f"%{work.variable(block.variable)}" if block.is_loop else ""
    text = work.when(block.when)
    return text.replace(f"{own}.", f"%{context}.") if own else text


def _block_group(work: Work, block: Block) -> Group:
    own = work.variable(block.variable)
    names = Names({work.root, own, TARGET})
    writer = Writer(names)
    items = [*(item for row in block.rows for item in _items(work, block, row)), *_stamp_items(work, block)]
    rules = tuple(writer.rules(items, own, TARGET))
    finish(work, block, writer)
    inputs = [Input("source", work.root, identifier(work.map.root))]
    inputs += [Input("source", own)] if block.is_loop else []
    target = Input("target", TARGET, block.type if work.is_fhir else identifier(block.type))
    return Group(work.group_name(block), (*inputs, target), rules)


def _stamp_items(work: Work, block: Block) -> Iterator[Item]:
    """Yield what the bridge itself puts on a resource: profile and business identifier."""
    if not work.is_fhir:
        return
    own = work.variable(block.variable)
    if block.profile:
        steps = (Step("meta"), Step("profile", index=0))
        yield Item("", (), parts_of(block.type, steps), constant=block.profile)
    yield Item(own, left_parts(block.key), parts_of(block.type, work.key_steps(block)), cases=_copy)


def _copy(variable: str) -> tuple[Case, ...]:
    return Pair((), ()).change.right(variable)


def _items(work: Work, block: Block, row: Row) -> Iterator[Item]:
    if not row.goes_right:
        return
    when, note, type_ = work.when(row.when), note_of(row), work.right_type(block)
    if row.constant is not None:
        yield Item("", (), parts_of(type_, row.right), constant=row.constant, when=when, note=note)
        return
    variable = work.variable(row.variable or block.variable)
    pairs = pairs_of(row, work.source)
    if not pairs:
        work.report(row, f"codec {row.codec.name} has no words in the mapping language; the row is left out")
    for pair in pairs:
        work.report(row, pair.gap)
        item = Item(variable, (), parts_of(type_, pair.right), when=when, note=note)
        yield from _pair_items(work, row, pair, item)
        if pair.change.right("") and not pair.block:
            beside = replace(item, variable="", when="", is_dependent=True)
            yield from (replace(beside, writes=parts_of(type_, steps), constant=fixed) for steps, fixed in pair.beside)
    if row.default is not None:
        yield from _default_items(work, row, type_, note)


def _pair_items(work: Work, row: Row, pair: Pair, item: Item) -> Iterator[Item]:
    if pair.block:
        return
    change = pair.change.right
    if row.expression is not None:
        yield from _computed_items(work, row, pair, item)
        return
    reads = left_parts(pair.left)
    if not is_countable(reads):
        work.report(row, "it reads the second or a later item of a list; the row is left out")
    elif change(""):
        yield replace(item, reads=reads, cases=change)
    elif not pair.gap:
        work.report(row, "it has no words in the mapping language; the row is left out")


def _computed_items(work: Work, row: Row, pair: Pair, item: Item) -> Iterator[Item]:
    """Yield an expression as a value that is evaluated; codecs other than a copy are said to be left out."""
    if row.expression is None or len(pair.change.right("")) != 1 or pair.change.right("")[0].transform != "copy":
        work.report(row, "an expression with a codec; the row is left out")
        return
    text = value(row.expression, work.left_path)
    yield replace(item, cases=lambda variable: (Case("evaluate", (Variable(variable), text), f"({text}).exists()"),))


def _default_items(work: Work, row: Row, type_: str, note: str) -> Iterator[Item]:
    """Yield the default as constants that are written where the left side holds nothing."""
    try:
        made = CODECS[row.codec.name].to_right(row.default, row.codec, Context(source=work.source))
    except CodecError:
        work.report(row, "its default does not pass its own codec")
        return
    if isinstance(made, dict):
        work.report(row, "its default is an object, which no rule writes beside the value; it is not written")
        return
    variable = work.variable(row.variable)
    empty = f"%{variable}{path_of(left_parts(row.left))}.exists().not()"
    when = " and ".join(f"({each})" for each in (work.when(row.when), empty) if each)
    yield Item("", (), parts_of(type_, row.right), constant=made, when=when, note=note)
