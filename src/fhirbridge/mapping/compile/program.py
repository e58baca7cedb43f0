"""A map's program: generated functions for both directions, made once for each map and run in place of its rows.

A program gives what the interpreter gives, or None: then the interpreter is to do it over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fhirbridge.errors import Issue
from fhirbridge.fhir.narrative.xhtml import is_own_words
from fhirbridge.ids import key_system
from fhirbridge.mapping import coverage
from fhirbridge.mapping.business_keys import iter_keys
from fhirbridge.mapping.codecs import CodecError, Context, is_key
from fhirbridge.mapping.compile import making, restoring
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.compile.left import compile_back, is_plain_back
from fhirbridge.mapping.compile.making import Making, Systems
from fhirbridge.mapping.compile.reads import Look, Plan, bounded, plan_of, walk
from fhirbridge.mapping.compile.restoring import Restoring
from fhirbridge.mapping.compile.right import compile_block
from fhirbridge.mapping.compile.right_reads import Seen, is_all_read, seen_of
from fhirbridge.mapping.compile.surprise import Surprise
from fhirbridge.mapping.compile.translate import SCALARS, is_day
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.interpret.work import Expired, Run, TooMuch, refusal
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.paths import Tree, WriteConflict, merged, prune, read, selected
from fhirbridge.mapping.results import Mapped, Restored

KNOWN: dict[str, Any] = {
    "Surprise": Surprise,
    "SCALARS": SCALARS,
    "type": type,
    "len": len,
    "enumerate": enumerate,
    "str": str,
    "dict": dict,
    "list": list,
    "is_day": is_day,
    "merged": merged,
    "selected": lambda items, step: list(selected(items, step)),
    **{
        each.__name__: each
        for each in (
            making.solid,
            making.copied,
            making.tidied,
            making.sources_of,
            making.joined,
            making.defaulted,
            restoring.object_of,
            restoring.list_of,
            restoring.item_of,
            restoring.put_item,
            restoring.absent,
        )
    },
}
"""All that generated code can name beside what its map binds; there are no built-ins."""

MAX_ROWS = 2_000
"""A map with more rows is interpreted: compiling it would take longer than a reload may."""

Forward = Callable[[Tree, Making], None]
Backward = Callable[[Tree, Tree, Tree, Restoring], None]
Pairs = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class RightProgram:
    """What was compiled from a map's way to the right."""

    map: Map
    plan: Plan
    blocks: tuple[Forward, ...]

    def run(self, tree: Tree, context: Context) -> Mapped | None:
        """Return what the map makes of a tree, or None where not all goes well."""
        if type(tree) is not dict:
            return None
        look, run = Look(), Making(self.map, context, Systems(context.source))
        try:
            walk(tree, self.plan, look, 0)
            for block in self.blocks:
                block(tree, run)
            return Mapped(tuple(run.made.values()), self._issues(tree, run, look))
        except Expired as error:
            return Mapped((), (refusal(self.map, error),))
        except (Surprise, CodecError, WriteConflict, TooMuch):
            return None

    def _issues(self, tree: Tree, run: Making, look: Look) -> tuple[Issue, ...]:
        is_met = all(any(conditions <= run.held for conditions in each) for each in look.conditional)
        if is_met and not look.is_odd and not run.warned:
            return ()
        listed = Run(self.map, run.context)
        listed.collect(run.warned)
        if look.is_odd or not is_met:
            listed.collect(coverage.unread(self.map, tree, right.touched(self.map, tree, run.context)))
        return listed.close()


@dataclass(frozen=True, slots=True)
class BlockBack:
    """What was compiled from one block's way back.

    Attributes:
        restore, late: its rows; those that run when the rows of all blocks have.
        seen: what its rows read of an item.
        is_whole: rows read the item's identifiers, so its own is to be taken out before.
    """

    block: Block
    restore: Backward
    late: Backward | None
    seen: Seen
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Taken:
    """An item on its way back: what of it the rows read, its places, numbers of the conditional rows that ran."""

    each: BlockBack
    body: dict[str, Any]
    own: dict[str, Any]
    nodes: list[dict[str, Any]]
    held: set[int]


@dataclass(frozen=True, slots=True)
class LeftProgram:
    """What was compiled from a map's way back. `is_pruned`: rows of the interpreter may leave holes in the tree."""

    map: Map
    blocks: tuple[BlockBack, ...]
    selectors: frozenset[str]
    is_pruned: bool

    def run(self, items: Pairs, context: Context) -> Restored | None:
        """Return the left tree that (type, body) pairs stand for, or None where not all goes well."""
        run = Restoring(Run(self.map, context))
        tree: dict[str, Any] = {}
        listed = Run(self.map, context)
        try:
            self._restore(_by_type(items, self.map.right.kind == "fhir"), tree, run, listed)
        except Expired as error:
            return Restored({}, (refusal(self.map, error),))
        except (Surprise, CodecError, WriteConflict, TooMuch):
            return None
        if run.run.issues:
            return None
        return Restored(prune(tree)[0] if self.is_pruned else tree, listed.close())

    def _restore(self, items: _Items, tree: dict[str, Any], run: Restoring, listed: Run) -> None:
        taken: list[_Taken] = []
        for each in self.blocks:
            places = back.Places(each.block, tree)
            system = key_system(run.context.source, each.block.keyed)
            for body, keys in items.get(each.block.type, ()):
                key = keys.get(system)
                if not is_key(key):
                    key = back.key_of(run.run, each.block, body)
                if key is not None:
                    taken += self._restore_one(each, places, body, key=key, run=run)
        for one in taken:
            if one.each.late is not None:
                run.begin(one.held)
                self._run(one.each.late, tree, one, run)
        walked: set[int] = set()
        for one in taken:
            listed.collect(self._unread(one, run, walked))
        for body in (body for pairs in items.values() for body, _ in pairs if id(body) not in walked):
            bounded(body, 0)

    def _restore_one(
        self, each: BlockBack, places: back.Places, body: dict[str, Any], *, key: str, run: Restoring
    ) -> list[_Taken]:
        """Take an item to its places; return it if it has any."""
        nodes = back.nodes_for(run.run, places, key)
        if nodes is None:
            raise Surprise
        own = back.own_body(run.run, each.block, body) if each.is_whole else body
        one = _Taken(each, body, own, nodes, set())
        run.begin(one.held)
        self._run(each.restore, places.tree, one, run)
        return [one] if nodes else []

    def _run(self, rows: Backward, tree: Tree, one: _Taken, run: Restoring) -> None:
        for node in one.nodes:
            run.run.meter.spend(writes=len(one.each.block.rows))
            rows(tree, node, one.own, run)

    def _unread(self, one: _Taken, run: Restoring, walked: set[int]) -> Iterable[Issue]:
        """Return the warnings of what no row has read of an item."""
        each, body, held = one.each, one.body, one.held
        if not is_own_words(body.get("text")) and is_all_read(body, each.seen, held, 0):
            walked.add(id(body))
            return ()
        bounded(body, 0)
        own = back.own_body(run.run, each.block, body)
        rows = [row for number, row in enumerate(each.block.rows) if row.when is None or number in held]
        touched = {path for row in rows for _, path, _ in read(own, row.right)}
        return back.unread(self.map, each.block, own, touched=touched, selectors=self.selectors)


_Keys = dict[Any, Any]
_Items = dict[str, list[tuple[dict[str, Any], _Keys]]]
"""Bodies by their type, each with the first business key it carries of each system."""


def _by_type(items: Pairs, is_fhir: bool) -> _Items:
    """Return the bodies by their type.

    Raises:
        Surprise: one is no object, or is of no type that can be named.
    """
    found: _Items = {}
    for type_, body in items:
        if type(body) is not dict or type(type_) is not str:
            raise Surprise
        found.setdefault(type_, []).append((body, _keys_of(body) if is_fhir else {}))
    return found


def _keys_of(body: dict[str, Any]) -> _Keys:
    keys = _Keys()
    for system, value in iter_keys(body):
        if type(system) is str:
            keys.setdefault(system, value)
    return keys


# -- compiling


def find_right(map_: Map) -> RightProgram | None:
    """Return the program of a map's way to the right, compiled when it is first asked for; None for one that is not."""
    if map_.compiled.right is None:
        map_.compiled.right = _compiled(compile_right, map_)
    found: RightProgram | Uncompiled = map_.compiled.right
    return None if isinstance(found, Uncompiled) else found


def find_left(map_: Map) -> LeftProgram | None:
    """Return the program of a map's way back, compiled when it is first asked for; None for one that is not."""
    if map_.compiled.left is None:
        map_.compiled.left = _compiled(compile_left, map_)
    found: LeftProgram | Uncompiled = map_.compiled.left
    return None if isinstance(found, Uncompiled) else found


@dataclass(frozen=True, slots=True)
class Uncompiled:
    """Stands for the program of a map that is left to the interpreter, and says why."""

    reason: str


class Unfit(Exception):
    """The map is none that the compiler takes."""


_Program = TypeVar("_Program")


def _compiled(compile_: Callable[[Map], _Program], map_: Map) -> _Program | Uncompiled:
    try:
        return compile_(map_)
    except (Unfit, SyntaxError, RecursionError) as error:  # loops or objects deeper than Python takes
        return Uncompiled(str(error))


def _check(map_: Map) -> None:
    """Refuse a map that is too large to compile quickly, or whose left side is none of a schema.

    Raises:
        Unfit: it is one.
    """
    if sum(len(block.rows) for block in map_.blocks) > MAX_ROWS:
        raise Unfit(f"it has more than {MAX_ROWS} rows")
    if map_.left.kind == "fhir" or map_.left_shape.is_leaf or map_.left_shape.is_list:
        raise Unfit("its left side is no object of a schema")


def compile_right(map_: Map, *, is_traced: bool = True) -> RightProgram:
    """Return the program of a map's way to the right.

    Args:
        is_traced: whether items say where each element came from.

    Raises:
        Unfit: the map is none that the compiler takes.
    """
    _check(map_)
    unit = Unit()
    names = [compile_block(unit, map_, block, number=n, is_traced=is_traced) for n, block in enumerate(map_.blocks)]
    function = unit.load(KNOWN)
    return RightProgram(map_, plan_of(map_), tuple(function(name) for name in names))


def compile_left(map_: Map) -> LeftProgram:
    """Return the program of a map's way back.

    Raises:
        Unfit: the map is none that the compiler takes.
    """
    _check(map_)
    unit = Unit()
    blocks = back.blocks_back(map_)
    names = [compile_back(unit, map_, block) for block in blocks]
    function = unit.load(KNOWN)
    compiled = tuple(
        BlockBack(
            block, function(first), function(late) if late else None, seen_of(map_, block), _reads_identifiers(block)
        )
        for block, (first, late) in zip(blocks, names, strict=True)
    )
    is_pruned = any(not is_plain_back(row) for block in blocks for row in block.rows if row.goes_left)
    return LeftProgram(map_, compiled, frozenset(coverage.selector_paths(map_)), is_pruned)


def _reads_identifiers(block: Block) -> bool:
    return any(row.right[0].name == "identifier" for row in block.rows)
