"""Slices: which item belongs to which, how many of each, what each must be, and whether others may stand among them.

Source: http://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fhirbridge.errors import BadPackage
from fhirbridge.validation.profiles.discriminators import Matcher, matcher_of
from fhirbridge.validation.profiles.run import Item, ItemCheck, Run
from fhirbridge.validation.snapshots import Discriminator, Node, Slicing
from fhirbridge.validation.snapshots.generate import EXTENSIONS, Scope

CompileItem = Callable[[Node, Node, Scope], tuple[ItemCheck, ...]]
ListCheck = Callable[[Sequence[Item], str, str, Run], None]

_BY_URL = Slicing((Discriminator("value", "url"),))
_BY_TYPE = Slicing((Discriminator("type", "$this"),))
_BY_VALUE = Slicing((Discriminator("value", "$this"),))
DEFAULT = "@default"


@dataclass(frozen=True, slots=True)
class _Slice:
    """One slice: its test, how often it stands, the checks of its items, its own slices.

    matches: None where the profile does not say what its items are told by.
    """

    name: str
    matches: Matcher | None
    min: int
    max: int | None
    checks: tuple[ItemCheck, ...]
    inner: tuple[ListCheck, ...]


def slicing_of(node: Node) -> Slicing:
    """Return how the items of a sliced element are told apart, said or understood.

    Extensions are always told apart by url, choices by type; what says nothing is told by its whole value.
    """
    if node.slicing is not None and node.slicing.discriminators:
        return node.slicing
    rules, is_ordered = (node.slicing.rules, node.slicing.is_ordered) if node.slicing else ("open", False)
    usual = _BY_URL if node.name in EXTENSIONS else _BY_TYPE if node.is_choice else _BY_VALUE
    return Slicing(usual.discriminators, rules, is_ordered)


def compile_slices(node: Node, scope: Scope, compile_item: CompileItem) -> tuple[ListCheck, ...]:
    """Return the check of an element's slices, nothing where it has none that say anything."""
    if not node.slices:
        return ()
    how = slicing_of(node)
    slices = [_slice(name, each, node, (how, scope, compile_item)) for name, each in node.slices.items()]
    if how.rules == "open" and not how.is_ordered:
        slices = [each for each in slices if each.min or each.max is not None or each.checks or each.inner]
    return (_check(how, tuple(slices)),) if slices else ()


def _slice(name: str, slice_: Node, node: Node, means: tuple[Slicing, Scope, CompileItem]) -> _Slice:
    how, scope, compile_item = means
    matches = _anything if name == DEFAULT else _find_matcher(slice_, how, scope)
    most = slice_.max if slice_.max is not None and (node.max is None or slice_.max < node.max) else None
    checks = compile_item(slice_, node, scope)
    return _Slice(name, matches, slice_.min, most, checks, compile_slices(slice_, scope, compile_item))


def _find_matcher(slice_: Node, how: Slicing, scope: Scope) -> Matcher | None:
    try:
        return matcher_of(slice_, how.discriminators, scope)
    except BadPackage:
        return None


def _anything(item: object, scene: object) -> bool | None:
    return True


def _check(how: Slicing, slices: tuple[_Slice, ...]) -> ListCheck:
    is_strict = how.rules != "open" or how.is_ordered

    def check(items: Sequence[Item], path: str, name: str, run: Run) -> None:
        if not items and not any(each.min for each in slices):
            return
        places = [_find(item, slices, run) for item in items]
        for position, each in enumerate(slices):
            if each.matches is None:
                run.not_checked(
                    f"{path}.{name}", f"the profile does not say what items belong to the slice {each.name}"
                )
                continue
            own = [item for item, (at, _) in zip(items, places, strict=True) if at == position]
            _check_count(each, len(own), sum(position in maybe for _, maybe in places), f"{path}.{name}", run)
            _check_items(each, own, path, name, run)
        if is_strict:
            _check_order(how, items, places, path, run)

    return check


_Found = tuple[int, tuple[int, ...]]
"""The slice that an item belongs to (-1: none), and those of which that cannot be told."""


def _find(item: Item, slices: tuple[_Slice, ...], run: Run) -> _Found:
    typed = (item[0], item[1])
    maybe: tuple[int, ...] = ()
    for position, each in enumerate(slices):
        answer = each.matches(typed, run.scene) if each.matches is not None else None
        if answer:
            return position, ()
        if answer is None:
            maybe = (*maybe, position)
    return -1, maybe


def _check_count(slice_: _Slice, count: int, unsure: int, path: str, run: Run) -> None:
    if count < slice_.min <= count + unsure:
        run.not_checked(path, f"whether an item belongs to the slice {slice_.name} cannot be told")
    elif count < slice_.min:
        run.note(path, f"At least {slice_.min} of the slice {slice_.name} must be here.", "slice-min")
    if slice_.max is not None and count > slice_.max:
        run.note(path, f"At most {slice_.max} of the slice {slice_.name} may be here.", "slice-max")


def _check_items(slice_: _Slice, items: Sequence[Item], path: str, name: str, run: Run) -> None:
    for item in items:
        where = path + item[3]
        for check in slice_.checks:
            check(item, where, run)
    for inner in slice_.inner:
        inner(items, path, name, run)


def _check_order(how: Slicing, items: Sequence[Item], places: Sequence[_Found], path: str, run: Run) -> None:
    """Check what strict slicings add: nothing outside the slices, or only at the end; the slices in their order."""
    last = 0
    for position, (item, (at, maybe)) in enumerate(zip(items, places, strict=True)):
        is_outside = at < 0 and not maybe
        if is_outside and how.rules == "closed":
            run.note(path + item[3], "This fits none of the slices, and the profile allows no others.", "slice-closed")
        if is_outside and how.rules == "openAtEnd" and any(each >= 0 for each, _ in places[position:]):
            run.note(path + item[3], "What fits none of the slices has to come last.", "slice-order")
        if how.is_ordered and 0 <= at < last:
            run.note(path + item[3], "The slices are not in the order of the profile.", "slice-order")
        last = max(last, at)
