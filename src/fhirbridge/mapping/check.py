"""What a bound map must satisfy before any message: nothing doubled, nothing required missing, codes that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Block, Map, MapText, Place, Row
from fhirbridge.mapping.shapes import Shape, fhir_shape
from fhirbridge.mapping.steps import Step, Steps

_SHOWN = 5
_ENGINE_GIVES = frozenset({"identifier", "id", "resourceType"})


def check_map(map_: Map, written: MapText, record_shapes: dict[str, Shape], used: frozenset[str]) -> tuple[Issue, ...]:
    """Return the findings of a map that binds: FB207 to FB218."""
    return (
        *_doubled_right(map_),
        *_doubled_left(map_),
        *_missing_required(map_, record_shapes),
        *_codes(map_, record_shapes),
        *_unread_fields(map_, written),
        *_no_way_back(map_, written),
        *_unused(written, used),
    )


def _generic(steps: Steps) -> str:
    """Return a path's text without indices but with its selectors, to compare rows by."""
    return ".".join(_step_text(step) for step in steps)


def _step_text(step: Step) -> str:
    where = "".join(f"[{_generic(w.steps)}={w.value}]" for w in step.where)
    index = f"[{step.index}]" if step.index is not None else ""
    return f"{step.name}{where}{index}{'[]' if step.each else ''}"


def _doubled_right(map_: Map) -> Iterator[Issue]:
    for block in map_.blocks:
        seen: dict[str, Row] = {}
        for row in block.rows:
            path = _generic(row.right)
            if row.goes_right and path in seen and not (row.when and seen[path].when):
                where = f"`{row.right_text}` is written in line {seen[path].place.line} too"
                yield finding("FB207", row.place, where, hint="keep one, or give both a `when`")
            if row.goes_right:
                seen.setdefault(path, row)


def _doubled_left(map_: Map) -> Iterator[Issue]:
    seen: dict[str, Row] = {}
    for block, row, path in _left_rows(map_):
        if not row.goes_left or row.is_weak or (block.is_loop and row.variable != block.variable):
            continue
        if path in seen and seen[path] is not row and seen[path].place != row.place:
            where = f"`{row.left_text}` is written back from line {seen[path].place.line} too"
            yield finding("FB208", row.place, where, hint="make one of them `=>`")
        seen.setdefault(path, row)


def _left_rows(map_: Map) -> Iterator[tuple[Block, Row, str]]:
    """Yield each row that has a left path, with that path from the root and without indices."""
    for block in map_.blocks:
        for row in block.rows:
            if row.arrow != ":=":
                base = block.loop if block.is_loop and row.variable == block.variable else ()
                yield block, row, ".".join([map_.root, *(step.name for step in (*base, *row.left))])


# -- what is required ------------------------------------------------------------------------------------------------


def _missing_required(map_: Map, record_shapes: dict[str, Shape]) -> Iterator[Issue]:
    for block in map_.blocks:
        shape = fhir_shape(block.type) if map_.right.kind == "fhir" else record_shapes[block.type]
        written = [(path, row.codec.name) for row in block.rows if row.goes_right for path in _written_paths(row.right)]
        given = _ENGINE_GIVES if map_.right.kind == "fhir" else frozenset()
        yield from _lacking(written, shape, block.place, block.type, given)


def _written_paths(steps: Steps) -> Iterator[Steps]:
    """Yield the path itself and what its selectors make true on the way."""
    yield steps
    for position, step in enumerate(steps):
        for where in step.where:
            yield (*steps[: position + 1], *where.steps)


def _lacking(
    written: list[tuple[Steps, str]], shape: Shape, place: Place, at: str, given: frozenset[str]
) -> Iterator[Issue]:  # fmt: skip
    names = {steps[0].name for steps, _ in written} | given
    for name in sorted(_required_names(shape) - names):
        message = f"`{at}.{name}` is required and no row writes it"
        path = ".".join([*at.split(".")[1:], name])
        yield finding("FB209", place, message, hint=f"add a row that writes `{path}`")
    for name in sorted({steps[0].name for steps, _ in written}):
        below = [(steps[1:], codec) for steps, codec in written if steps[0].name == name and len(steps) > 1]
        child = shape.find_child(name)
        whole = any(steps[0].name == name and len(steps) == 1 for steps, _ in written)
        if below and child is not None and not whole and child.type != "Extension":
            yield from _lacking(below, child, place, f"{at}.{name}", frozenset())


def _required_names(shape: Shape) -> set[str]:
    return {name for name in shape.child_names() if (child := shape.find_child(name)) and child.is_required}


# -- codes -----------------------------------------------------------------------------------------------------------


def _codes(map_: Map, record_shapes: dict[str, Shape]) -> Iterator[Issue]:
    for block in map_.blocks:
        shape = fhir_shape(block.type) if map_.right.kind == "fhir" else record_shapes[block.type]
        for row in block.rows:
            allowed = _at(shape, row.right).codes
            if row.arrow != ":=" and row.codec.name == "copy":
                yield from _copied(map_, block, row, allowed)
            if row.codec.table:
                yield from _table(map_, block, row, allowed)


def _left_codes(map_: Map, block: Block, row: Row) -> frozenset[str]:
    base = _at(map_.left_shape, block.loop) if row.variable == block.variable else map_.left_shape
    return _at(base, row.left).codes


def _copied(map_: Map, block: Block, row: Row, allowed: frozenset[str]) -> Iterator[Issue]:
    sources = _left_codes(map_, block, row)
    if allowed and (not sources or sources - allowed):
        own = ", ".join(sorted(sources - allowed)) or "any text"
        message = f"`{row.left_text}` may be {own}, `{row.right_text}` may not"
        yield finding("FB211", row.place, message, hint="translate with a code table")


def _at(shape: Shape, steps: Steps) -> Shape:
    for step in steps:
        child = shape.find_child(step.name)
        if child is None:  # an extension's value: its definition was met when the row was bound
            return shape
        shape = child
    return shape


def _table(map_: Map, block: Block, row: Row, allowed: frozenset[str]) -> Iterator[Issue]:
    table = row.codec.table
    if table is None:
        return
    wrong_targets = [line for line in table.rows if allowed and line.target not in allowed]
    for line in wrong_targets[:_SHOWN]:
        message = f"table `{table.name}` line {line.line}: `{line.target}` is no code of `{row.right_text}`"
        yield finding("FB211", row.place, message, hint=did_you_mean(line.target, allowed))
    if row.arrow == "<=>" and not row.lossy and (ambiguous := table.ambiguous_targets()):
        lines = _listed(str(line.line) for line in ambiguous)
        yield finding(
            "FB212", row.place, f"table `{table.name}` lines {lines} share a target", hint="mark one `back = yes`"
        )
    sources = _left_codes(map_, block, row)
    if not sources:
        return
    if missing := [] if row.codec.default else sorted(sources - table.forward.keys()):
        message = f"table `{table.name}` has no line for {_listed(missing)} of `{row.left_text}`"
        yield finding("FB218", row.place, message, hint="add a line, or name a default: code TABLE else CODE")
    if extra := sorted(table.forward.keys() - sources):
        lines = _listed(f"`{code}` (line {table.forward[code].line})" for code in extra)
        message = f"table `{table.name}` has {lines}, which `{row.left_text}` never is"
        yield finding("FB218", row.place, message, hint="take the line out, or add the code to the schema")


def _listed(words: Iterable[str]) -> str:
    """Return the first words of a list, and how many more there are."""
    everything = list(words)
    more = f" and {len(everything) - _SHOWN} more" if len(everything) > _SHOWN else ""
    return ", ".join(everything[:_SHOWN]) + more


# -- the left side ---------------------------------------------------------------------------------------------------


def _unread_fields(map_: Map, written: MapText) -> Iterator[Issue]:
    read = {path for _, row, path in _left_rows(map_) if row.goes_right for path in _fields_read(row, path)}
    for block in map_.blocks:
        read.add(".".join([map_.root, *(step.name for step in (*block.loop, *block.key))]))
    fields = set(_leaf_paths(map_.left_shape, map_.root))
    for path in sorted(fields):
        ignored = any(_covers(name, path) for name in written.ignore)
        mapped = any(_covers(name, path) for name in read)
        if not ignored and not mapped:
            yield finding(
                "FB213",
                written.left.place,
                f"`{path}` is neither mapped nor ignored",
                hint="add a row, or name it in `ignore:`",
            )
    for name, (_, place) in written.ignore.items():
        if not any(_covers(name, path) for path in fields):
            yield finding("FB214", place, f"`{name}` is not in the schema", hint=did_you_mean(name, fields))
        elif name in read:
            yield finding("FB214", place, f"`{name}` is ignored and mapped")


def _fields_read(row: Row, path: str) -> Iterator[str]:
    reference = row.codec.reference
    if reference is None or not reference.key_field:
        yield path
        return
    yield from (f"{path}.{name}" for name in (reference.key_field, reference.system_field) if name)


def _covers(name: str, path: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _leaf_paths(shape: Shape, at: str) -> Iterator[str]:
    if shape.is_leaf:
        yield at
        return
    for name in shape.child_names():
        child = shape.find_child(name)
        if child is not None:
            yield from _leaf_paths(child, f"{at}.{name}")


def _no_way_back(map_: Map, written: MapText) -> Iterator[Issue]:
    """A map that goes back at all must bring back every required field of the left root."""
    back = {path for _, row, path in _left_rows(map_) if row.goes_left}
    if not back:
        return
    for block in map_.blocks:
        back.add(".".join([map_.root, *(step.name for step in (*block.loop, *block.key))]))
    for name in sorted(_required_names(map_.left_shape)):
        path = f"{map_.root}.{name}"
        ignored = any(_covers(ignored, path) for ignored in written.ignore)
        if not ignored and not any(_covers(path, known) for known in back):
            message = f"`{path}` is required and no row brings it back"
            yield finding("FB217", written.left.place, message, hint="make its row `<=>`, or name it in `ignore:`")
    for block in map_.blocks:
        is_nested = sum(step.each for step in block.loop) > 1 and not block.is_referenced
        if is_nested and any(row.goes_left for row in block.rows):
            hint = "make its rows `=>`; nothing in an item says which outer item it belongs to"
            yield finding("FB217", block.place, "a list within a list has no way back", hint=hint)


def _unused(written: MapText, used: frozenset[str]) -> Iterator[Issue]:
    for name, place in written.table_places.items():
        if name not in used:
            hint = "use it in a row, or leave it out"
            yield finding("FB216", place, f"`{name}` is declared and never used", hint=hint)
