"""What `check` says of the tests beside a map.

Laws of this file: a test that cannot be read is a finding with its place; what a test expects something at is bound
like the path of a row, so that a slip is found before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.mapping.binding.notes import Notes, Refused
from fhirbridge.mapping.binding.paths import left_path, walk
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Block, CasePath, CaseText, Map, PathText, Place
from fhirbridge.mapping.proving.cases import ALL, DEFAULT_SOURCE, ISSUE, codes_at
from fhirbridge.mapping.shapes import FhirShape, Shape, fhir_shape
from fhirbridge.mapping.text.paths import RowError, parse_path

CASE_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": (str, int),
    "given": (dict, list),
    "in": str,
    "base": str,
    "with": dict,
    "every": list,
    "expect": dict,
    "out": str,
    "absent": list,
    "issues": list,
    "direction": str,
    "source": str,
    "laws": int,
}
"""Each key of a test and what may stand under it."""
_WORDS = {dict: "`name: value` lines", list: "a list", str: "one word or line", int: "a whole number"}
_GIVEN = ("given", "in", "base")
_EXPECTED = ("expect", "out", "absent", "issues")
MAX_LAWS = 10_000


def bind_cases(notes: Notes, map_: Map, has_file: Callable[[str], bool]) -> tuple[tuple[CaseText, ...], list[Issue]]:
    """Return the tests of a map with their paths bound, and what is wrong with them.

    Args:
        has_file: says whether a file of that name lies in the folder of maps.
    """
    binder = _Binder(notes, map_, {block.name: block for block in map_.blocks})
    bound = []
    seen: set[str] = set()
    for case in map_.cases:
        if case.name in seen:
            binder.report("FB115", case.place, f"two tests are named `{case.name}`", "rename one")
        seen.add(case.name)
        if binder.can_be_read(case):
            binder.check_files(case, has_file)
            bound.append(replace(case, paths=dict(binder.paths(case))))
    return tuple(bound), binder.notes.issues


@dataclass(frozen=True, slots=True)
class _Binder:
    """The tests of one map meeting its two sides."""

    notes: Notes
    map: Map
    blocks: Mapping[str, Block]

    def report(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.notes.refuse(code, place, message, hint)

    # -- keys

    def can_be_read(self, case: CaseText) -> bool:
        """Say whether the keys of a test make sense; what does not is reported."""
        before = len(self.notes.issues)
        for key, value in case.tree.items():
            self._check_key(case, key, value)
        if len(self.notes.issues) == before and "laws" in case.tree:
            self._check_laws(case)
        elif len(self.notes.issues) == before:
            self._check_whole(case)
        return len(self.notes.issues) == before

    def _check_key(self, case: CaseText, key: str, value: Any) -> None:
        place = case.places.get(key, case.place)
        if key not in CASE_KEYS:
            self.report("FB115", place, f"no test has a key `{key}`", did_you_mean(key, CASE_KEYS))
            return
        kinds = CASE_KEYS[key]
        if not isinstance(value, kinds) or isinstance(value, bool):
            wanted = " or ".join(_WORDS[kind] for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
            self.report("FB115", place, f"`{key}:` must be {wanted}")
            return
        entries: list[Any] = value if isinstance(value, list) and key in ("absent", "issues", "every") else []
        for position, entry in enumerate(entries):
            at = case.places.get(f"{key}[{position}]", place)
            if not isinstance(entry, str) or (key == "issues" and not ISSUE.fullmatch(entry)):
                hint = "write a code, with or without a path: FB303 doc.state" if key == "issues" else "write a path"
                self.report("FB115", at, f"`{key}:` cannot be read", hint)

    def _check_laws(self, case: CaseText) -> None:
        place = case.places.get("laws", case.place)
        if case.tree.keys() - {"laws", "name"}:
            self.report("FB115", place, "an entry with `laws:` says nothing else", "write: - {laws: 500}")
        elif not 0 <= case.tree["laws"] <= MAX_LAWS:
            self.report("FB115", place, f"`laws:` is a number of examples, at most {MAX_LAWS}")

    def _check_whole(self, case: CaseText) -> None:
        tree, place = case.tree, case.place
        if sum(key in tree for key in _GIVEN) != 1:
            self.report("FB115", place, "a test has one of `given:`, `in:` and `base:`")
        if "with" in tree and "base" not in tree:
            self.report("FB115", case.places["with"], "`with:` changes what `base:` names", "write: base: tests/x.json")
        if not any(key in tree for key in (*_EXPECTED, "every")):
            self.report("FB115", place, "the test expects nothing", "add `expect:`, `out:`, `absent:` or `issues:`")
        if "every" in tree and ("base" not in tree or "out" in tree or tree.get("direction") == "left"):
            self.report("FB115", case.places["every"], "`every:` tries each code in what `base:` names, to the right")
        if tree.get("direction", "right") not in ("right", "left"):
            self.report("FB115", case.places["direction"], "`direction:` is right or left")
        if not str(tree.get("source", DEFAULT_SOURCE)).strip():
            self.report("FB115", case.places["source"], "`source:` names a partner")

    def check_files(self, case: CaseText, has_file: Callable[[str], bool]) -> None:
        """Report the files of a test that are not there; `out` may be missing, `test --update` writes it."""
        for key in ("in", "base"):
            if key in case.tree and not has_file(case.tree[key]):
                self.report("FB111", case.places[key], f"no file `{case.tree[key]}` in the maps' folder")

    # -- paths

    def paths(self, case: CaseText) -> Iterator[tuple[str, CasePath]]:
        """Yield each path of a test with its bound form; what the map has not is reported at the path's place."""
        is_left = case.tree.get("direction") == "left"
        for key, text in _paths_of(case):
            place = case.places.get(key, case.place)
            try:
                head, shape = self._left(text, place) if is_left else self._right(text, place)
                if key.startswith("expect."):
                    self._check_value(case, key, case.tree["expect"][text], (head, shape))
            except Refused:
                continue
            yield text, head
        if not is_left:
            self._check_changes(case)

    def _parsed(self, text: str, place: Place) -> PathText:
        try:
            return parse_path(text, place)
        except RowError as error:
            raise self.notes.refuse("FB115", place, f"`{text}` is no path", error.issue.hint) from error

    def _left(self, text: str, place: Place) -> tuple[CasePath, Shape]:
        path = self._parsed(text, place)
        root = self.map.root
        if path.steps[0].name != root:
            raise self.notes.refuse("FB120", place, f"`{text}` does not begin with `{root}`", f"write: {root}.{text}")
        _, steps, shape = left_path(self.notes, path, {root: self.map.left_shape})
        return CasePath(root, 0, steps), shape

    def _right(self, text: str, place: Place) -> tuple[CasePath, Shape]:
        path = self._parsed(text, place)
        first = path.steps[0]
        block = self.blocks.get(first.name)
        if block is None:
            hint = did_you_mean(first.name, self.blocks)
            raise self.notes.refuse("FB120", place, f"`{text}` begins with no block of this map", hint)
        selectors = [selector for selector in first.selectors if selector.kind == "index"]
        is_many = any(step.is_many for step in block.loop)
        if len(selectors) != len(first.selectors) or (is_many and not selectors and len(path.steps) > 1):
            message = f"`{first.name}` makes one thing for each item of a list"
            raise self.notes.refuse("FB120", place, message, f"write {first.name}[0] for the first of them")
        index = selectors[0].index if selectors else ALL if is_many else 0
        steps, shape = walk(self.notes, replace(path, steps=path.steps[1:]), self._made_by(block), code="FB120")
        return CasePath(block.name, index, steps), shape

    def _made_by(self, block: Block) -> Shape:
        return fhir_shape(block.type) if self.map.right.kind == "fhir" else self.notes.around.right_shapes[block.type]

    def _check_changes(self, case: CaseText) -> None:
        for text in case.tree.get("with", {}):
            with_place = case.places.get(f"with.{text}", case.place)
            try:
                self._left(text, with_place)
            except Refused:
                continue
        for position, text in enumerate(case.tree.get("every", ())):
            self._check_every(text, case.places.get(f"every[{position}]", case.place))

    def _check_every(self, text: str, place: Place) -> None:
        try:
            self._left(text, place)
        except Refused:
            return
        if not codes_at(self.map, text):
            self.report("FB120", place, f"`{text}` holds no codes", "name a field that a code table reads")

    def _check_value(self, case: CaseText, key: str, value: Any, bound: tuple[CasePath, Shape]) -> None:
        """Report the names in a nested expectation that are none of the target's."""
        head, shape = bound
        place = case.places.get(key, case.place)
        if value is None:
            raise self.notes.refuse("FB115", place, f"`{key}` expects nothing", "name the path under `absent:`")
        is_list = head.index == ALL or any(step.each for step in head.steps)
        if is_list and not isinstance(value, list):
            raise self.notes.refuse("FB115", place, f"`{key}` finds a list", "write [first, second, ...]")
        for position, item in enumerate(value if is_list else ()):
            self._check_names(case, f"{key}[{position}]", item, shape)
        if not is_list:
            self._check_names(case, key, value, shape)

    def _check_names(self, case: CaseText, key: str, value: Any, shape: Shape) -> None:
        if isinstance(value, list):
            for position, item in enumerate(value):
                self._check_names(case, f"{key}[{position}]", item, shape)
        if not isinstance(value, dict):
            return
        for name, below in value.items():
            child = shape.find_child(name)
            if child is not None:
                self._check_names(case, f"{key}.{name}", below, child)
            elif not (isinstance(shape, FhirShape) and name == "resourceType"):
                hint = did_you_mean(name, shape.child_names())
                place = case.places.get(f"{key}.{name}", case.place)
                self.report("FB120", place, f"there is no `{name}` here", hint)


def _paths_of(case: CaseText) -> Iterator[tuple[str, str]]:
    """Yield (key, path) of each path that a test expects something at."""
    expected: Sequence[str] = tuple(case.tree.get("expect", {}))
    yield from ((f"expect.{text}", text) for text in expected)
    yield from ((f"absent[{position}]", text) for position, text in enumerate(case.tree.get("absent", ())))
