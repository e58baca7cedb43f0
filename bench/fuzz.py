"""Maps, tables, schemas and messages broken at random: each is answered, in time, and no answer quotes a message.

Run by `make fuzz SECONDS=60 SEED=1`; no part of `make test`. An input that breaks a law is written down by its seed and
number, so that the same call finds it again.
"""

from __future__ import annotations

import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from fhirbridge.errors import BridgeError, Issue
from fhirbridge.fhir.extensions import load_extensions
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.files import Bundle, Folder
from fhirbridge.mapping.library import Definitions, inspect_folder
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Context, to_left, to_right
from fhirbridge.services import sides

ROOT = Path(__file__).parents[1]
MAPS = Folder(ROOT / "mappings")
CANARY = "Zq7 Vega"
"""Put into messages at random; it must never be seen in an answer."""
MAX_SECONDS = 10.0
"""No input takes longer."""
BITS = (
    *(b"[]", b"[0]", b"[999]", b"[a=b]", b"[@x]", b"<=>", b"=>", b"<=", b":=", b"|", b"when ", b"default 'x'", b"not "),
    *(b'lossy "x"', b"$name", b"use: x", b"&", b"(", b")", b"'", b'"', b"{", b"}", b"\n", b"\n  ", b"- ", b": ", b"#"),
    *(
        b"*a",
        b"&a ",
        b"!!python/object:os.system ",
        b"<<: ",
        b"../",
        b"/etc/passwd",
        b"\\0",
        b"\0",
        b"\x1b[2J",
        b"\xff",
    ),
    *(
        b"\xe2\x80\xa8",
        b"null",
        b"true",
        b"1e999",
        b"9" * 40,
        b"-1",
        b'"$ref": "#"',
        b"<",
        b">",
        b"]]>",
        b"<!DOCTYPE a>",
    ),
    *(b"&lt;", b",", b";", b'""', b"other-map", b"*,,", b"provided", b"[" * 70, b"(" * 70, b"x" * 1_200),
)


def broken(random_: random.Random, body: bytes) -> bytes:
    """Return bytes with a few places changed: something put in, cut out, doubled, or taken from elsewhere."""
    for _ in range(random_.choice((1, 1, 1, 2, 4))):
        start = random_.randrange(len(body) + 1)
        end = min(len(body), start + random_.choice((0, 1, 3, 20, 200)))
        elsewhere = random_.randrange(len(body) + 1)
        new = random_.choice(
            (random_.choice(BITS), b"", body[start:end] * 2, body[elsewhere : elsewhere + 60], CANARY.encode())
        )
        body = body[:start] + new + body[end:]
    return body


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**50,
    1.5,
    "",
    CANARY,
    f"\ud800{CANARY}",
    f"\0{CANARY}",
    [],
    {},
    [[]],
    [None],
)


def spoilt(random_: random.Random, tree: Any) -> Any:
    """Return a tree with one place, at random, that holds something odd, or what stands elsewhere in it."""
    places = list(_places(tree))
    for _ in range(random_.choice((1, 2, 5))):
        if not places:
            return random_.choice(ODD)
        holder, key = random_.choice(places)
        other, name = random_.choice(places)
        holder[key] = random_.choice((random_.choice(ODD), CANARY, [CANARY] * 50, _copy(other[name])))
        if random_.random() < 0.1 and isinstance(holder, list):
            holder.extend([holder[key]] * random_.choice((1, 100)))
    return tree


def _places(node: Any) -> Iterable[tuple[Any, Any]]:
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, child in items:
        yield node, key
        yield from _places(child)


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _copy(child) for name, child in tree.items()}
    return [_copy(child) for child in tree] if isinstance(tree, list) else tree


@dataclass
class Fuzz:
    """One run: what it has tried, and what broke a law."""

    seed: int
    tried: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)
    definitions: Definitions = field(
        default_factory=lambda: Definitions(
            load_extensions(ROOT / "profiles" / "fhirbridge" / "extensions"), xml=read_schema
        )
    )

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  # to be found again, not to be secret
        self.contents = {name: MAPS.read(name) for name in MAPS.names() if MAPS.find_size(name) is not None}
        self.maps = inspect_folder(Bundle(self.contents), self.definitions).maps
        self.named = {map_.file: [map_.file, *_files_of(map_)] for map_ in self.maps}

    def attempt(self, kind: str, work: Callable[[], Iterable[Issue]]) -> None:
        """Do one thing and look whether the laws hold."""
        self.tried[kind] += 1
        what, started = f"{kind}, seed {self.seed}, input {self.tried.total()}", perf_counter()
        try:
            if CANARY in repr([(i.message, i.hint, i.expression, i.location) for i in work()]) and kind != "map":
                self.faults.append(f"{what}: an answer quotes the message")
        except BridgeError as error:
            if CANARY in error.message and kind != "map":
                self.faults.append(f"{what}: an error quotes the message")
        except Exception:
            self.faults.append(f"{what}: {traceback.format_exc(limit=-3)}")
        seconds = perf_counter() - started
        self.slowest = max(self.slowest, seconds)
        if seconds > MAX_SECONDS:
            self.faults.append(f"{what}: took {seconds:.0f} s")

    def one(self) -> None:
        """Try one input of a kind that chance picks."""
        kind = self.random.choice((self.broken_map, self.broken_body, self.broken_tree, self.broken_items))
        kind(self.random.choice(self.maps))

    def broken_map(self, map_: Map) -> None:
        """Break a map, or a file that it uses, check it, and send a sound message through what is left."""
        names = self.named[map_.file]
        files = {name: body for name in (*names, *self.contents) if name in self.contents and _belongs(name, names)
                 for body in [self.contents[name]]}  # fmt: skip
        victim = self.random.choice(names) if self.random.random() < 0.5 else map_.file
        files[victim] = broken(self.random, files[victim])

        def work() -> Iterable[Issue]:
            found = inspect_folder(Bundle(files), self.definitions)
            for each in found.maps:
                for tree in self._trees(map_):
                    made = to_right(each, tree, Context("fuzz"))
                    to_left(each, [(item.type, item.body) for item in made.items], Context("fuzz"))
            return found.issues

        self.attempt("map", work)

    def _samples(self, map_: Map) -> list[bytes]:
        named = {str(case.tree[key]) for case in map_.cases for key in ("in", "base") if key in case.tree}
        lefts = {str(c.tree.get("in", c.tree.get("base", ""))) for c in map_.cases if c.tree.get("direction") != "left"}
        return [self.contents[name] for name in sorted(named & lefts) if name in self.contents]

    def _trees(self, map_: Map) -> list[Any]:
        samples = self._samples(map_)
        body = self.random.choice(samples) if samples else b"{}"
        return [document.tree for document in sides.read(sides.left_of(map_), body)]

    def broken_body(self, map_: Map) -> None:
        """Break the bytes of a message."""
        samples = self._samples(map_)
        body = broken(self.random, self.random.choice(samples) if samples else b"{}")

        def work() -> Iterable[Issue]:
            for document in sides.read(sides.left_of(map_), body):
                yield from document.issues
                yield from to_right(map_, document.tree, Context("fuzz")).issues

        self.attempt("body", lambda: list(work()))

    def broken_tree(self, map_: Map) -> None:
        """Break a message that was read."""
        trees = [spoilt(self.random, tree) for tree in self._trees(map_)]
        self.attempt("tree", lambda: [i for tree in trees for i in to_right(map_, tree, Context("fuzz")).issues])

    def broken_items(self, map_: Map) -> None:
        """Break what a map has made, and send it back."""
        made = [item for tree in self._trees(map_) for item in to_right(map_, tree, Context("fuzz")).items]
        items = [(item.type, spoilt(self.random, _copy(item.body))) for item in made]
        self.attempt("items", lambda: to_left(map_, items, Context("fuzz")).issues)


def _files_of(map_: Map) -> list[str]:
    """Return the files beside a map that have a part in it."""
    own = {row.place.file for block in map_.blocks for row in block.rows} - {map_.file}
    schemas = [name for side in (map_.left, map_.right) if side.kind in ("schema", "xml") for name in side.names[:1]]
    return [*sorted(own), *sorted(set(map_.tables.values())), *schemas]


def _belongs(name: str, names: list[str]) -> bool:
    return name in names or name.startswith(("fragments/", "schemas/", "tests/"))


def main(seconds: float, seed: int) -> int:
    """Try inputs for some seconds; print what was tried and what broke a law; return the exit code."""
    fuzz, ends = Fuzz(seed), perf_counter() + seconds
    while perf_counter() < ends and len(fuzz.faults) < 20:
        fuzz.one()
    for fault in fuzz.faults:
        print(fault)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(fuzz.tried.items()))
    print(f"{fuzz.tried.total()} inputs in {seconds:.0f} s: {kinds}; slowest {fuzz.slowest:.2f} s")
    print(f"{len(fuzz.faults)} faults")
    return 1 if fuzz.faults else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
