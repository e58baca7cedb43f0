"""The way back: a group for each block that reads what it made, and one that looks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fhirbridge.ids import key_system
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
from fhirbridge.mapping.export.fhirpath import literal, path_of
from fhirbridge.mapping.export.fml import quoted
from fhirbridge.mapping.export.names import Names, identifier
from fhirbridge.mapping.export.pairs import Pair, pairs_of
from fhirbridge.mapping.export.parts import Part, parts_of
from fhirbridge.mapping.export.structure import Call, Group, Input, Rule, Source, Target, Variable
from fhirbridge.mapping.export.writing import Item, Writer
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.steps import Steps

SOURCE = "src"


def export_left(map_: Map, source: str) -> Exported:
    """Return a map's way back to its left side.

    Args:
        source: the partner under whose name business keys travel.
    """
    work = Work(map_, source)
    container = container_of(map_)
    groups = [_block_group(work, block, container) for block in map_.blocks]
    if container:
        groups = [_main(work, container), *groups]
        _report_uncalled(work, groups)
    return structure_of(work, groups, "left")


def _report_uncalled(work: Work, groups: Sequence[Group]) -> None:
    """Note the blocks that no rule leads to, where they have anything to bring back."""
    called = {rule.call.group for group in groups for rule in _every(group.rules) if rule.call}
    for block in work.map.blocks:
        if work.group_name(block) not in called and any(row.goes_left for row in block.rows):
            work.report(block, f"nothing leads to what block {block.name} brings back; its rows are not run")


def _every(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        yield from _every(rule.rules)


# -- where a run begins


def _main(work: Work, container: str) -> Group:
    whole = _whole(container)
    names, rule_names = Names({whole, work.root}), Names()
    rules = []
    for block in work.map.blocks:
        if not block.is_loop:
            rules.append(_found(work, block, (names, rule_names), container, work.root))
        elif _is_joined(work.map, block):
            _report_joined(work, block)
        elif not block.is_referenced:
            rules.append(_looped(work, block, (names, rule_names), container))
    inputs = (
        Input("source", whole, container if container == "Bundle" else ""),
        Input("target", work.root, identifier(work.map.root)),
    )
    return Group(identifier(work.map.name), inputs, tuple(rules))


def _is_joined(map_: Map, block: Block) -> bool:
    """Say whether another block before this one makes the items of the same list: both go back into one item."""
    return any(each.is_loop and each.loop == block.loop for each in map_.blocks[: map_.blocks.index(block)])


def _report_joined(work: Work, block: Block) -> None:
    for row in block.rows:
        if row.goes_left:
            work.report(row, "two things go back into one item, which no rule can find again; the row is left out")


def _whole(container: str) -> str:
    return "bundle" if container == "Bundle" else "set"


def _found(work: Work, block: Block, names: tuple[Names, Names], container: str, into: str) -> Rule:
    """Return the rule that looks for what a block made and calls the block's group."""
    variables, rules = names
    made = variables.fresh(SOURCE)
    given = [made, *([_whole(container)] if container else []), work.root, *([into] if block.is_loop else [])]
    call = Call(work.group_name(block), tuple(given))
    if container != "Bundle":
        source = Source(_whole(container), identifier(block.type), variable=made)
        return Rule(rules.fresh(block.name), (source,), call=call)
    entry = variables.fresh("entry")
    asked = f"{work.has_key(block, '')}.exists()" if _is_shared(work.map, block) else ""
    inner = Rule(rules.fresh(block.name), (Source(entry, "resource", block.type, "", made, asked),), call=call)
    return Rule(rules.fresh(block.name), (Source(_whole(container), "entry", variable=entry),), rules=(inner,))


def _is_shared(map_: Map, block: Block) -> bool:
    """Say whether the type alone does not tell whose thing it is."""
    return block.is_loop or sum(each.type == block.type for each in map_.blocks) > 1


def _looped(work: Work, block: Block, names: tuple[Names, Names], container: str) -> Rule:
    """Return the rule that makes an item of the left side of each thing of a block that nothing refers to."""
    rule = _found(work, block, names, container, "")
    item, context, targets = "", work.root, []
    for part in left_parts(block.loop):
        item = names[0].fresh(part.element)
        targets.append(Target(context, part.element, variable=item))
        context = item

    def with_item(node: Rule) -> Rule:
        if node.call is None:
            return replace(node, rules=tuple(with_item(each) for each in node.rules))
        call = Call(node.call.group, (*node.call.variables[:-1], item))
        return replace(node, targets=tuple(targets), call=call)

    return with_item(rule)


# -- one block


def _block_group(work: Work, block: Block, container: str) -> Group:
    own = work.variable(block.variable)
    whole = [_whole(container)] if container else []
    writer = Writer(Names({work.root, own, SOURCE, *whole}))
    rows = [row for row in block.rows if row.goes_left or row.arrow == ":="]
    rules = [*_checks(work, block, rows, writer), *_key_rules(work, block, writer)]
    exact = {_left_of(each, row) for each in work.map.blocks for row in each.rows if row.goes_left and not row.is_weak}
    by_target: dict[str, list[Item]] = {own: [], work.root: []}
    for row in sorted(rows, key=lambda row: row.is_weak):
        if row.goes_left and _is_written(work, block, row, exact):
            by_target[work.variable(row.variable)] += _items(work, block, row, container, writer)
    for variable, items in by_target.items():
        rules += writer.rules(items, SOURCE, variable)
    finish(work, block, writer)
    inputs = [Input("source", SOURCE, block.type if work.is_fhir else identifier(block.type))]
    inputs += [Input("source", name, container if container == "Bundle" else "") for name in whole]
    inputs += [Input("target", work.root, identifier(work.map.root))]
    inputs += [Input("target", own)] if block.is_loop else []
    return Group(work.group_name(block), tuple(inputs), tuple(rules))


def _checks(work: Work, block: Block, rows: list[Row], writer: Writer) -> Iterator[Rule]:
    """Yield a rule for each constant: what stands there must be the constant, where anything stands."""
    for row in rows:
        if row.constant is None:
            continue
        if row.when is not None:
            work.report(row, "a constant with a condition is not verified")
            continue
        path = path_of(parts_of(work.right_type(block), row.right)).removeprefix(".")
        check = f"{path}.empty() or {path} = {literal(row.constant)}"
        if any(step.each for step in row.right):
            check = f"{path}.all($this = {literal(row.constant)})"
        name = writer.rule_names.fresh(f"check {row.right[-1].name}")
        yield Rule(name, (Source(SOURCE, check=check),), documentation=note_of(row))


def _key_rules(work: Work, block: Block, writer: Writer) -> Iterator[Rule]:
    """Yield the rule that brings the key back from the business identifier."""
    if not work.is_fhir:
        return
    own = work.variable(block.variable)
    item = Item(SOURCE, parts_of(block.type, work.key_steps(block)), left_parts(block.key), cases=_copy)
    yield from writer.rules([item], SOURCE, own)


def _copy(variable: str) -> tuple[Case, ...]:
    return (Case("copy", (Variable(variable),)),)


def _left_of(block: Block, row: Row) -> str:
    """Return the left place that a row writes, in whichever block it stands."""
    return f"{block.loop if row.variable == block.variable else ()} {row.left}"


def _is_written(work: Work, block: Block, row: Row, exact: set[str]) -> bool:
    """Say whether a row is written on the way back; one that gives way to another, or waits for one, is named."""
    if row.is_weak and _left_of(block, row) in exact:
        work.report(row, "it brings back only what no exact row has brought; the rules write the exact row only")
        return False
    if row.when is not None:
        work.report(row, "its condition asks what other rows have brought back; the row is left out")
        return False
    return True


def _items(work: Work, block: Block, row: Row, container: str, writer: Writer) -> Iterator[Item]:
    pairs, type_ = pairs_of(row, work.source), work.right_type(block)
    if not pairs:
        work.report(row, f"codec {row.codec.name} has no words in the mapping language; the row is left out")
    for pair in pairs:
        reads, writes = parts_of(type_, pair.right), left_parts(pair.left)
        work.report(row, pair.gap_back)
        if not is_countable(reads):
            work.report(row, "it reads the second or a later item of a list; the row is left out")
        elif pair.block:
            yield from _resolved(work, row, pair, Item(SOURCE, reads, writes), (container, writer))
        elif pair.change.left(""):
            only = _not_own(work, block, reads)
            yield Item(SOURCE, reads, writes, cases=pair.change.left, only=only, note=note_of(row))


def _not_own(work: Work, block: Block, reads: tuple[Part, ...]) -> str:
    """Return what keeps rows from reading the identifier that the bridge itself has put on a resource."""
    if not work.is_fhir or reads[0].element != "identifier" or reads[0].where:
        return ""
    return f"iif(system = {quoted(key_system(work.source, block.keyed))}, false, true)"


def _resolved(work: Work, row: Row, pair: Pair, item: Item, where: tuple[str, Writer]) -> Iterator[Item]:
    """Yield the item that looks for what a reference names, and lets its block fill the left object."""
    container, writer = where
    block = next(each for each in work.map.blocks if each.name == pair.block)
    if not block.is_loop or _loop_of(work, row, pair) != block.loop or container != "Bundle" or not row.left:
        return

    def below(variable: str, into: str) -> Iterator[Rule]:
        rule = _found(work, block, (writer.names, writer.rule_names), container, into)
        key = f"value = %{variable}"
        own = f"identifier.where(system = {quoted(key_system(work.source, block.keyed))} and {key}).exists()"
        inner = replace(rule.rules[0], sources=(replace(rule.rules[0].sources[0], condition=own),))
        yield replace(rule, rules=(inner,))

    yield replace(item, below=below, note="")


def _loop_of(work: Work, row: Row, pair: Pair) -> Steps:
    """Return the path of the left object from the root."""
    block = next(each for each in work.map.blocks if any(own is row for own in each.rows))
    return (*(block.loop if block.is_loop and row.variable == block.variable else ()), *pair.left)
