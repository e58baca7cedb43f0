"""The left side: every field is mapped or ignored with a reason, and comes back where the map goes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.required import required_names
from fhirbridge.mapping.checking.scene import Names, Scene, names, spoken_names
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.shapes import leaf_names


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong with fields of the left side: FB213, FB214, FB217, FB222, FB241 and so on."""
    read = {path for block, row in scene.rows() if row.goes_right for path in fields_read(scene, block, row)}
    read |= {names(scene.key_steps(block)) for block in scene.map.blocks}
    yield from _unread(scene, read)
    yield from _ignored(scene, read)
    yield from _keyless(scene)
    if scene.goes_back:
        yield from _no_way_back(scene)
        yield from _lost(scene)
    yield from _lossless(scene)
    yield from _only_one(scene)


def fields_read(scene: Scene, block: Block, row: Row) -> Iterator[Names]:
    """Yield the left paths, as names from the root, that a row takes to the right."""
    if row.arrow == ":=":
        return
    if row.expression is not None:
        for each in row.expression.paths():
            yield names((*scene.base(block, each.variable), *each.steps))
        return
    path = names(scene.left_steps(block, row))
    fields = row.codec.left_fields
    yield from ((*path, name) for name in fields) if fields else (path,)


def _covers(name: Names, path: Names) -> bool:
    return path[: len(name)] == name


def _ignored_names(scene: Scene) -> dict[Names, str]:
    """Return what the map ignores, as names from the root, with the words it is written in."""
    return {spoken_names(path): path for path in scene.written.ignore}


def _unread(scene: Scene, read: set[Names]) -> Iterator[Issue]:
    ignored = _ignored_names(scene)
    for path in sorted(leaf_names(scene.map.left_shape)):
        is_told = any(_covers(name, path) for name in (*ignored, *read))
        if not is_told and not scene.gaps.hides_left(path):
            message = f"`{scene.spoken(path)}` is neither mapped nor ignored"
            yield finding("FB213", scene.written.left.place, message, hint="add a row, or name it in `ignore:`")


def _ignored(scene: Scene, read: set[Names]) -> Iterator[Issue]:
    fields = set(leaf_names(scene.map.left_shape))
    ignored = _ignored_names(scene)
    for path, written in ignored.items():
        _, place = scene.written.ignore[written]
        below = sorted(name for name in read if _covers(path, name) and name != path)
        above = next((other for other in ignored if _covers(other, path) and other != path), None)
        if written.split(".")[0] != scene.map.root or not any(_covers(path, name) for name in fields):
            hint = did_you_mean(written, [scene.spoken(name) for name in fields])
            yield finding("FB214", place, f"`{written}` is not in the schema", hint=hint)
        elif path in read:
            yield finding("FB214", place, f"`{written}` is ignored and mapped")
        elif below:
            message = f"`{written}` is ignored whole, and `{scene.spoken(below[0])}` in it is mapped"
            yield finding("FB270", place, message, hint="ignore the fields one by one, so that a new one is reported")
        elif above is not None:
            message = f"`{written}` is ignored already: `{ignored[above]}` is"
            yield finding("FB271", place, message, hint="leave one of the two out")


# -- the way back ----------------------------------------------------------------------------------------------------


def _brought_back(scene: Scene) -> set[Names]:
    back = {names(scene.left_steps(block, row)) for block, row in scene.rows() if row.goes_left}
    return back | {names(scene.key_steps(block)) for block in scene.map.blocks}


def _no_way_back(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for each required field of the left root that does not come back, and for nested loops."""
    back, ignored = _brought_back(scene), _ignored_names(scene)
    for name in sorted(required_names(scene.map.left_shape)):
        is_told = any(_covers((name,), known) for known in back) or any(_covers(known, (name,)) for known in ignored)
        if not is_told and not scene.gaps.hides_left((name,)):
            message = f"`{scene.spoken((name,))}` is required and no row brings it back"
            hint = "make its row `<=>`, or name it in `ignore:`"
            yield finding("FB217", scene.written.left.place, message, hint=hint)
    for block in scene.map.blocks:
        is_nested = sum(step.each for step in block.loop) > 1 and not block.is_referenced
        if is_nested and any(row.goes_left for row in block.rows):
            hint = "make its rows `=>`; nothing in an item says which outer item it belongs to"
            yield finding("FB217", block.place, "a list within a list has no way back", hint=hint)


def _keyless(scene: Scene) -> Iterator[Issue]:
    """A document goes back to the place its key names; records and resources always carry theirs."""
    if scene.map.right.kind in ("record", "fhir"):
        return
    for block in scene.map.blocks:
        hidden = scene.gaps.hides_left(names(scene.key_steps(block)))
        if block.key_row is None and any(row.goes_left for row in block.rows) and not hidden:
            key = ".".join((block.variable, *names(block.key)))
            message = f"no row brings `{key}` back, so nothing comes back to its place"
            yield finding("FB222", block.place, message, hint=f"write a row: {key} <=> ..., or make its rows `=>`")


def _lost(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for each optional field that goes right, in a map that comes back, and does not."""
    back = _brought_back(scene)
    required = required_names(scene.map.left_shape)
    seen: set[Names] = set()
    for block, row in scene.rows():
        for path in fields_read(scene, block, row) if row.arrow == "=>" and not row.lossy else ():
            comes_back = any(_covers(known, path) or _covers(path, known) for known in back)
            told_already = path[0] in required and not any(_covers(path[:1], known) for known in back)
            if comes_back or told_already or path in seen or scene.gaps.hides_left(path):
                continue
            seen.add(path)
            message = f"`{scene.spoken(path)}` goes right and never comes back"
            hint = 'make a row `<=>`, add a `<=` row, or end this one with: | lossy "why"'
            yield finding("FB241", row.place, message, hint=hint)


_EXACT = frozenset({"copy", "verbatim", "markdown", "flag"})


def _lossless(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for each row that calls itself lossy and loses nothing."""
    ways = _ways_back(scene)
    for block, row in scene.rows():
        if not row.lossy:
            continue
        is_alone = len(ways.get(names(scene.left_steps(block, row)), ())) <= 1
        steps = (*row.left, *row.right)
        is_plain = row.default is None and row.when is None and not any(step.index is not None for step in steps)
        is_exact = row.arrow == "<=>" and row.codec.name in _EXACT and is_alone and is_plain
        if is_exact or row.arrow == ":=":
            what = "a constant is verified" if row.arrow == ":=" else f"`{row.codec.name}` comes back as it went"
            hint = "leave `lossy` out: round-trip tests pass over a lossy row"
            yield finding("FB242", row.place, f"the row loses nothing: {what}", hint=hint)


def _ways_back(scene: Scene) -> Mapping[Names, list[Row]]:
    ways: dict[Names, list[Row]] = {}
    for block, row in scene.rows():
        if row.goes_left:
            ways.setdefault(names(scene.left_steps(block, row)), []).append(row)
    return ways


def _only_one(scene: Scene) -> Iterator[Issue]:
    """Yield a finding for each list of which rows read items by number only: what stands behind them is not carried."""
    indexed: dict[Names, Row] = {}
    whole: set[Names] = set()
    for block, row in scene.rows():
        steps = scene.left_steps(block, row)
        for position, step in enumerate(steps if row.goes_right else ()):
            path = names(steps[: position + 1])
            if step.index is not None and not step.where:
                indexed.setdefault(path, row)
            elif step.is_many:
                whole.add(path)
    for path, row in indexed.items():
        if path not in whole:
            message = f"only numbered items of `{scene.spoken(path)}` are read; more of them are reported and not sent"
            yield finding("FB275", row.place, message, hint="write [] on both sides, or pick items: list[field=value]")
