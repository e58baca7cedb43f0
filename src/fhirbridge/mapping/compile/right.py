"""A block's way to the right as one generated function: it makes the items of the block and hands each to the run.

Rows run in their order. Rows side by side that go round the same list on both sides share one loop: all they write lies
in the same item, so the order in it is theirs as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch, Source, first_many, go_round, read_node
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.compile.frames import Frame, Writer, skeleton_of, top_name
from fhirbridge.mapping.compile.heads import Head
from fhirbridge.mapping.compile.reads import condition_number
from fhirbridge.mapping.compile.spots import Shelf, Spot, Tangled, grow
from fhirbridge.mapping.compile.translate import Value, onto_selected, to_right
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.steps import Steps

_RUN = ("context", "target", "systems", "kept_code", "ran", "holds", "first_value")
"""What a function takes out of its run before it begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What is left to do of a row in a piece of code: where it reads on from, and the lists it still goes round.

    Attributes:
        spots: all spots that the row's right path passes, the last of them its own; none for a row that is tangled.
        test: the name that says whether the row's condition holds.
    """

    row: Row
    number: int
    source: Source
    left: Steps
    slots: tuple[Spot, ...] = ()
    spots: tuple[Spot, ...] = ()
    test: str = ""

    @property
    def round(self) -> object:
        """What it goes round next, on both sides, or None: rows of the same round share a loop."""
        cut = first_many(self.left)
        if not self.spots or (cut < 0 and not self.slots):
            return None
        return (self.source.var, self.left[: cut + 1], self.slots[:1], self.row.arrow == ":=")


def compile_block(unit: Unit, map_: Map, block: Block, *, number: int, is_traced: bool) -> str:
    """Add the function of a block to a unit and return its name; it takes the tree and the run.

    Args:
        number: of the block in its map; the run is handed each item with it.
    """
    tangled: set[str] = set()
    while True:
        maker = _Maker(unit, map_, block, number, is_traced, tangled)
        try:
            return maker.compile()
        except Tangled as error:
            tangled.add(str(error))


@dataclass(slots=True, eq=False)
class _Maker:
    """Makes the function of one block. Rows that write below a tangled name are handed to the interpreter."""

    unit: Unit
    map: Map
    block: Block
    number: int
    is_traced: bool
    tangled: set[str]
    top: Branch = field(default_factory=Branch)
    touched: set[Spot] = field(default_factory=set)
    writer: Writer = field(init=False)
    nodes: ast.expr = field(init=False)
    paths: ast.expr = field(init=False)
    count: str = ""

    def compile(self) -> str:
        rows = [row for row in self.block.rows if row.goes_right and row.right[0].name not in self.tangled]
        root = grow(rows)
        root.var, self.count = self.unit.fresh("b"), self.unit.fresh("n")
        self.writer = Writer(self.unit, root, self.is_traced, [Frame(root)])
        self._go(self.top, Source("tree", (self.map.root,)), self.block.loop)
        return self.unit.function(("tree", "run"), [*code.taken_from("run", _RUN), *self.top.body])

    # -- the items of the block

    def _go(self, branch: Branch, source: Source, steps: Steps) -> None:
        """Add the loops over what the block goes round, and in them what makes one item."""
        cut = first_many(steps)
        if cut >= 0:
            around = go_round(self.unit, branch, source, steps[: cut + 1], is_traced=True)
            self._go(around.turn, around.node, steps[cut + 1 :])
            branch.add(around.statement([], first=[]))
            return
        node = read_node(self.unit, branch, source, steps)
        tests = [] if node.is_sure else [code.is_there(code.name(node.var))]
        self.nodes = self._by_variable(code.name("tree"), code.name(node.var))
        self.paths = self._by_variable(code.const(self.map.root), code.text(node.path))
        if self.block.when is not None:
            tests.append(code.call(code.name("holds"), self.unit.bind(self.block.when), self.nodes))
        inside = branch.within() if tests else branch
        self._item(inside, Source(node.var, node.path))
        if tests:
            branch.add(code.when(code.both(*tests) if len(tests) > 1 else tests[0], inside.body))

    def _by_variable(self, root: ast.expr, node: ast.expr) -> ast.expr:
        return code.mapping({self.map.root: root, self.block.variable: node}.items())

    def _item(self, branch: Branch, node: Source) -> None:
        """Add what makes one item: its key, its head, its rows, and handing it over."""
        key = code.name(read_node(self.unit, branch, node, self.block.key).var)
        id_ = self.unit.fresh("x")
        head = Head(
            self.unit, self.map, self.block, self.writer.root, id=id_, key=code.id_of(key), is_pruned=bool(self.tangled)
        )
        owned = (code.const(self.block.type), head.system, key)
        is_resource = self.map.right.kind == "fhir"
        branch.add(code.assign(id_, _of_run("own_id", *owned) if is_resource else _of_run("own_key", key)))
        if self.block.when is not None:
            branch.add(_note(condition_number(self.number)))
        begun, opened = len(branch.body), head.open(branch)
        self._rows(branch, self._works(node))
        opening = [*self.writer.opening(self.writer.frames[0]), *opened]
        opening.append(code.assign(self.count, code.const(len(self.block.rows))))
        if self.is_traced or self.tangled:
            opening.append(code.assign("elements", code.mapping([])))
        branch.body[begun:begun] = opening
        branch.add(*head.close())
        elements = code.name("elements") if self.is_traced else code.const(None)
        made = (code.const(self.number), code.name(id_), key, code.name(self.writer.root.var), elements)
        branch.add(code.add_to_field("run", "writes", code.name(self.count)), code.do(_of_run("add", *made)))

    # -- rows

    def _works(self, node: Source) -> list[Work]:
        """Return the rows that go right, each with where it begins on both sides."""
        found = []
        for number, row in enumerate(self.block.rows):
            if not row.goes_right:
                continue
            source = node if row.variable == self.block.variable else Source("tree", (self.map.root,))
            spots = () if row.right[0].name in self.tangled else way_of(self.writer.root, row)
            slots = tuple(spot for spot in spots if spot.step.each)
            found.append(Work(row, number, source, row.left, slots, spots))
        return found

    def _rows(self, branch: Branch, works: Iterable[Work]) -> None:
        for key, group in groupby(works, key=lambda work: work.round):
            together = list(group)
            if key is None:
                for work in together:
                    self._row(branch, self._tested(branch, work))
            else:
                self._together(branch, [self._tested(branch, work) for work in together])
            self.touched.update(spot for work in together for spot in work.spots)

    def _together(self, branch: Branch, works: list[Work]) -> None:
        """Add the loop that rows share."""
        if works[0].row.arrow == ":=":
            self._constants(branch, works)
        else:
            self._loop(branch, works)

    def _tested(self, branch: Branch, work: Work) -> Work:
        """Add the test of a row's condition, once for all turns of its loops."""
        if work.row.when is None or work.test:
            return work
        test = self.unit.fresh("w")
        branch.add(code.assign(test, code.call(code.name("holds"), self.unit.bind(work.row.when), self.nodes)))
        if not self.block.is_loop:
            branch.add(code.when(code.name(test), [_note(condition_number(self.number, work.number))]))
        return replace(work, test=test)

    def _loop(self, branch: Branch, works: list[Work]) -> None:
        """Add one loop that rows share: over a list on the left, with the list on the right beside it."""
        first, cut = works[0], first_many(works[0].left)
        if cut < 0 or not first.left[cut].each or any(work.row.default is not None for work in works):
            raise Tangled(first.row.right[0].name)
        home = self._home(branch, first.source)
        around = go_round(self.unit, home, first.source, first.left[: cut + 1], is_traced=self.is_traced)
        inner = [replace(work, source=around.node, left=work.left[cut + 1 :], slots=work.slots[1:]) for work in works]
        opening = self._turn(around.turn, first.slots[0], inner, position=around.position)
        written = code.times(code.length(code.name(around.items.var)), len(works))
        branch.add(around.statement(opening, first=[code.add_to(self.count, written)]))

    def _turn(self, turn: Branch, slot: Spot, works: list[Work], *, position: str) -> list[ast.stmt]:
        """Add what rows do in one turn of a loop; return what the turn begins with."""
        was_touched, begun = slot in self.touched, _is_begun(slot, works) and slot not in self.touched
        slot.is_always = slot not in self.touched and _is_always(slot, works)
        if self.is_traced and not slot.is_always and _is_in_selected(slot):
            raise Tangled(top_name(slot))  # the path of its list is known only once the item around it is made
        frame = Frame(slot, position, frozenset(self.touched))
        path = self.unit.fresh("q")
        slot.path = (code.name(path),) if self.is_traced else ()
        self.writer.frames.append(frame)
        if begun:
            self.writer.begin(turn, slot)
        self._rows(turn, works)
        if begun and isinstance(slot.up, Shelf):
            self.writer.attach(turn, slot, slot.up)
        self.writer.frames.pop()
        opening: list[ast.stmt] = []
        if self.is_traced and not slot.is_always:
            opening.append(code.assign(path, self.writer.path_at(slot, position, was_touched=was_touched)))
        if slot in frame.held and not begun:
            opening.append(code.assign(slot.var, self.writer.item_at(slot, position, was_touched=was_touched)))
        return [*opening, *self.writer.opening(frame)]

    def _constants(self, branch: Branch, works: list[Work]) -> None:
        """Add one loop over the items that other rows have made of a list; constants go into each of them."""
        slot = works[0].slots[0]
        if slot not in self.touched:
            return
        if len(works[0].slots) > 1 or self.writer.is_within_list(slot):
            raise Tangled(works[0].row.right[0].name)
        turn, position = branch.within(), self.unit.fresh("i")
        turn.sure.add(slot)
        inner = [replace(work, slots=()) for work in works]
        opening = [each for each in self._turn(turn, slot, inner, position=position) if not _sets(each, slot.var)]
        items = code.name(slot.group or (slot.up.var if isinstance(slot.up, Shelf) else ""))
        over = code.call(code.name("enumerate"), code.any_of(items, code.tuple_([])))
        branch.add(code.loop((position, slot.var), over, [*opening, *turn.body]))

    # -- one row, in one place

    def _home(self, branch: Branch, source: Source) -> Branch:
        """Return where a path is read: what begins at the root is read once, before all loops."""
        return self.top if source.var == "tree" else branch

    def _row(self, branch: Branch, work: Work) -> None:
        inside = branch.within() if work.test else branch
        if not work.spots:
            inside.add(code.do(_of_run("apply", *self._slow(work), code.name("elements"))))
        elif work.row.arrow == ":=":
            self._write(inside, work, _literal(work.row.constant), origin=self._origin(work, code.const("")))
        elif work.row.expression is not None:
            self._expressed(inside, work)
        else:
            node = read_node(self.unit, self._home(branch, work.source), work.source, work.left)
            self._take(inside, work, node)
        if work.test:
            branch.add(code.when(code.name(work.test), inside.body))

    def _slow(self, work: Work) -> tuple[ast.expr, ...]:
        body = code.name(self.writer.root.var)
        return self.unit.bind((work.row, self.block.data_class)), self.nodes, self.paths, body

    def _take(self, branch: Branch, work: Work, node: Source) -> None:
        """Add what translates and writes a value that stands on the left, or the row's default."""
        row, source = work.row, code.text(node.path)
        if row.default is not None:
            var, is_default = self.unit.fresh("v"), code.is_none(code.name(node.var))
            branch.add(code.assign(var, code.either(is_default, _literal(row.default), code.name(node.var))))
            source = code.either(is_default, code.const(""), source)
            origin = self._origin(work, source)
            told = code.call(code.name("defaulted"), origin, is_default) if self.is_traced else origin
            self._translate(branch, work, Value(code.name(var), source), origin=told)
            return
        inside = branch if node.is_sure else branch.within()
        once = self.top if work.source.var == "tree" and self.block.is_loop else None
        self._translate(inside, work, Value(code.name(node.var), source, once), origin=self._origin(work, source))
        if inside is not branch:
            branch.add(code.when(code.is_there(code.name(node.var)), inside.body))

    def _expressed(self, branch: Branch, work: Work) -> None:
        """Add what translates and writes the value of an expression."""
        found, sources = self.unit.fresh("v"), self.unit.fresh("s")
        expression = self.unit.bind(work.row.expression)
        branch.add(code.assign(found, code.call(code.name("first_value"), expression, self.nodes)))
        inside = branch.within()
        inside.add(code.assign(sources, code.call(code.name("sources_of"), expression, self.nodes, self.paths)))
        value = Value(code.name(found), code.item(code.name(sources), 0))
        origin = self._origin(work, value.source)
        told = code.call(code.name("joined"), origin, code.name(sources)) if self.is_traced else origin
        self._translate(inside, work, value, origin=told)
        branch.add(code.when(code.is_there(code.name(found)), inside.body))

    def _translate(self, branch: Branch, work: Work, value: Value, *, origin: ast.expr) -> None:
        target = work.spots[-1]
        if target.step.where and work.row.codec.name == "code" and work.row.expression is None:
            made = onto_selected(self.unit, branch, work.row, value, made=skeleton_of(target))
            self._write(branch, work, made, origin=origin, is_whole=True)
            return
        self._write(branch, work, to_right(self.unit, branch, work.row, value), origin=origin)

    def _write(
        self, branch: Branch, work: Work, value: ast.expr, *, origin: ast.expr, is_whole: bool = False
    ) -> None:  # fmt: skip
        """Add what writes a value, and keeps where it came from."""
        target = work.spots[-1]
        self.writer.put(branch, target, value, is_whole=is_whole)
        if not self.is_traced:
            return
        picked = [spot for spot in work.spots[:-1] if spot.step.where]
        told = origin
        if picked:
            told = code.name(self.unit.fresh("o"))
            branch.add(code.assign(code.id_of(told), origin))
        elements = code.name("elements")
        branch.add(code.assign(code.item(elements, code.text(self.writer.path_of(target))), told))
        for spot in picked:
            path = code.text(self.writer.path_of(spot))
            if spot.uses == 1:
                branch.add(code.assign(code.item(elements, path), told))
            else:
                branch.add(code.do(code.call(code.attribute(elements, "setdefault"), path, told)))

    def _origin(self, work: Work, source: ast.expr) -> ast.expr:
        """Return the entry of the trace: where a value came from, by which row."""
        row, is_constant = work.row, work.row.arrow == ":="
        return code.mapping(
            [
                ("from", source),
                ("file", code.const(row.place.file)),
                ("line", code.const(row.place.line)),
                ("codec", code.const("constant" if is_constant else row.codec.name)),
                (
                    "class",
                    code.const(self.block.data_class if is_constant else row.data_class or self.block.data_class),
                ),
            ]
        )


def _is_in_selected(slot: Spot) -> bool:
    """Say whether the list of a slot stands in an item that a selector without `[]` picks."""
    node: Spot | Shelf | None = slot.up
    while node is not None:
        if isinstance(node, Spot) and node.step.where and not node.step.each:
            return True
        node = node.up
    return False


def _is_begun(slot: Spot, works: list[Work]) -> bool:
    """Say whether the rows of one loop are all that write into the items of a list: then each begins as an object."""
    return slot.uses == len(works) and not (slot.step.where or slot.wholes)


def _is_always(slot: Spot, works: list[Work]) -> bool:
    """Say whether one row writes into a list, something in each turn: then each item is made with its value in it."""
    only = works[0]
    is_whole = not (only.left or only.slots or only.test or only.row.when)
    return slot.uses == 1 and slot.step.where != () and is_whole


def way_of(root: Spot, row: Row) -> tuple[Spot, ...]:
    """Return the spots that a row's right path passes."""
    spot, way = root, list[Spot]()
    for step in row.right:
        found = spot.fields[step.name]
        spot = found.slots[step] if isinstance(found, Shelf) else found
        way.append(spot)
    return tuple(way)


def _literal(value: str | int | bool | None) -> ast.expr:
    return code.const(value)


def _of_run(method: str, *arguments: ast.expr) -> ast.expr:
    return code.call(code.attribute(code.name("run"), method), *arguments)


def _note(condition: int) -> ast.stmt:
    return code.do(code.call(code.name("ran"), code.const(condition)))


def _sets(statement: ast.stmt, name: str) -> bool:
    """Say whether a statement gives a name its value."""
    if not isinstance(statement, ast.Assign):
        return False
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
