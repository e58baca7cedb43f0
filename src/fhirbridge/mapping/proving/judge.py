"""What a test's expectations say of what a map made. Runs nothing: it is given what came out.

Laws of this file: only what a test names is compared, but every error must be named; a block's items are counted in
the order of the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs import Context, is_key
from fhirbridge.mapping.expressions import holds
from fhirbridge.mapping.model import Block, CasePath, Map
from fhirbridge.mapping.paths import Tree, read, read_first
from fhirbridge.mapping.proving.cases import ALL, Case
from fhirbridge.mapping.proving.differences import Difference, partial
from fhirbridge.mapping.run import Item


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test: the bodies of each block (right), or the tree under the root's name (left), and problems."""

    heads: Mapping[str, Sequence[Tree]]
    issues: Sequence[Issue]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a test expects and that is not so: which part of the test says it, and the difference."""

    key: str
    difference: Difference


def bodies_by_block(map_: Map, tree: Tree, items: Sequence[Item], context: Context) -> dict[str, list[Tree]]:
    """Return what each block made of a left tree, in the order of the document; what it did not make is left out."""
    made = {(item.type, item.id): item.body for item in items}
    return {block.name: list(_bodies(map_, block, tree, made, context)) for block in map_.blocks}


def _bodies(
    map_: Map, block: Block, tree: Tree, made: Mapping[tuple[str, str], Tree], context: Context
) -> Iterator[Tree]:  # fmt: skip
    nodes = [node for _, _, node in read(tree, block.loop)] if block.is_loop else [tree]
    for node in nodes:
        key = read_first(node, block.key)
        if not is_key(key) or not holds(block.when, {map_.root: tree, block.variable: node}):
            continue
        fhir = map_.right.kind == "fhir"
        id_ = context.resource_id(block.type, key_system(context.source, block.keyed), key) if fhir else key
        if (block.type, id_) in made:
            yield made[block.type, id_]


def faults(case: Case, outcome: Outcome) -> Iterator[Fault]:
    """Yield everything that is not as the test expects."""
    for text, expected in case.expect.items():
        for difference in _at_path(case.text.paths[text], expected, outcome, text):
            yield Fault(_deepest(case, f"expect.{difference.path}", f"expect.{text}"), difference)
    for position, text in enumerate(case.absent):
        for value in _values(case.text.paths[text], outcome)[:1]:
            yield Fault(f"absent[{position}]", Difference(text, "extra", None, value))
    yield from _issue_faults(case, outcome.issues)


def _deepest(case: Case, key: str, otherwise: str) -> str:
    """Return the key of the test's text that says what is expected at a path: the nearest that stands there."""
    while key not in case.text.places and len(key) > len(otherwise):
        key = key[: max(key.rfind("."), key.rfind("["))]
    return key if key in case.text.places else otherwise


def _at_path(path: CasePath, expected: Any, outcome: Outcome, text: str) -> Iterator[Difference]:
    found = _values(path, outcome)
    is_list = path.index == ALL or any(step.each for step in path.steps)
    yield from partial(expected, found if is_list else next(iter(found), None), text)


def _values(path: CasePath, outcome: Outcome) -> list[Tree]:
    """Return everything that a path of a test finds."""
    bodies = outcome.heads.get(path.head, ())
    chosen = bodies if path.index == ALL else bodies[path.index : path.index + 1]
    return [value for body in chosen for _, _, value in read(body, path.steps)]


def _issue_faults(case: Case, issues: Sequence[Issue]) -> Iterator[Fault]:
    """Yield an expected problem that did not show, and an error that nothing expects."""
    for position, (code, path) in enumerate(case.issues):
        if not any(_is_meant(issue, code, path) for issue in issues):
            yield Fault(f"issues[{position}]", Difference(f"{code} {path}".strip(), "problem did not show"))
    for issue in issues:
        expected = any(_is_meant(issue, code, path) for code, path in case.issues)
        if issue.severity in ("error", "fatal") and not expected:
            place = f" ({issue.location})" if issue.location else ""
            yield Fault("issues", Difference(f"{issue.code} {issue.expression}{place}".strip(), "unexpected problem"))


def _is_meant(issue: Issue, code: str, path: str) -> bool:
    return issue.code == code and path in ("", issue.expression)
