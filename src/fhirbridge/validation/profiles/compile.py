"""A snapshot compiled to checks, once: only what a profile demands beyond what it constrains becomes one.

Laws: a check never raises, whatever the shape of the value; what cannot be judged is noted as not checked. The base
type's own rules are left to `structure`.
Source: http://hl7.org/fhir/R4/profiling.html, http://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from fhirbridge.fhir.elements import is_resource
from fhirbridge.validation.profiles import bindings, rules, slicing, targets, values
from fhirbridge.validation.profiles.items import gather
from fhirbridge.validation.profiles.run import Item, ItemCheck, ObjectCheck, Run, Tree
from fhirbridge.validation.snapshots import Node, TypeRef
from fhirbridge.validation.snapshots.base import is_core_type
from fhirbridge.validation.snapshots.generate import EXTENSIONS, Scope


def compile_object(node: Node, ref: Node, scope: Scope) -> tuple[ObjectCheck, ...]:
    """Return the checks of the elements below a node, as far as they differ from those below another.

    Raises:
        BadPackage: a part of the profile cannot be used.
    """
    if node.children is None or node.children is ref.children:
        return ()
    has_profile = len(node.types) == 1 and node.types[0].profiles
    before = ref.children if ref.children is not None and not has_profile else scope.template(node.types)
    usual = scope.template(node.types) if before is ref.children else before
    pairs = ((child, before.get(name) or usual.get(name)) for name, child in node.children.items())
    found = (_element(child, old, scope) for child, old in pairs if old is not None)
    return tuple(check for check in found if check is not None)


def _element(node: Node, ref: Node, scope: Scope) -> ObjectCheck | None:
    """Return the check of one element: how often, which types, each item, the slices; None where nothing is new."""
    counts = _counts(node, ref)
    each = compile_item(node, ref, scope)
    sliced = slicing.compile_slices(node, scope, compile_item)
    banned = _banned(node, ref)
    if not (counts or each or sliced or banned):
        return None
    checks = [*counts, *_for_each(each), *sliced]
    is_wanted = node.min > ref.min or any(slice_.min for slice_ in node.slices.values())
    return _run_element(gather(node), node.name, checks, banned=banned, is_wanted=is_wanted)


ListCheck = Callable[[Sequence[Item], str, str, Run], None]
"""Looks at all items of an element: the items, the path of the object, the name of the element."""


def _run_element(
    find: Callable[[Tree], Sequence[Item]],
    name: str,
    checks: Sequence[ListCheck],
    *,
    banned: frozenset[str],
    is_wanted: bool,
) -> ObjectCheck:
    """Return what runs the checks of an element; where it is not there, only if that may be wrong."""

    def check(tree: Tree, path: str, run: Run) -> None:
        if banned and not banned.isdisjoint(tree):
            _note_banned(tree, banned, path, run)
            return
        items = find(tree)
        if items or is_wanted:
            for each in checks:
                each(items, path, name, run)

    return check


def _note_banned(tree: Tree, banned: frozenset[str], path: str, run: Run) -> None:
    key = next(key for key in tree if key in banned)
    run.note(f"{path}.{key}", "The profile does not allow this type here.", "type")


def _banned(node: Node, ref: Node) -> frozenset[str]:
    """Return the JSON names of a choice that the profile rules out, all of them where it allows no value."""
    if not node.is_choice:
        return frozenset()
    allowed = {node.key_of(each.code) for each in node.types}
    keys = [ref.key_of(each.code) for each in ref.types]
    return frozenset(name for key in keys if key not in allowed for name in (key, f"_{key}"))


def _counts(node: Node, ref: Node) -> list[ListCheck]:
    found: list[ListCheck] = []
    if node.min > ref.min:
        found.append(partial(_at_least, node.min))
    if node.max is not None and (ref.max is None or node.max < ref.max):
        found.append(partial(_at_most, node.max))
    return found


def _at_least(least: int, items: Sequence[Item], path: str, name: str, run: Run) -> None:
    if len(items) < least:
        what = "This element is required." if least == 1 else f"At least {least} of this element are required."
        run.note(f"{path}.{name}", what, "cardinality-min")


def _at_most(most: int, items: Sequence[Item], path: str, name: str, run: Run) -> None:
    if len(items) > most:
        what = f"At most {most} of this element may be here." if most else "This element is not allowed here."
        run.note(f"{path}.{name}", what, "cardinality-max")


def _for_each(checks: tuple[ItemCheck, ...]) -> Iterator[ListCheck]:
    if not checks:
        return

    def check(items: Sequence[Item], path: str, name: str, run: Run) -> None:
        for item in items:
            where = path + item[3]
            for each in checks:
                each(item, where, run)

    yield check


# -- one item


def compile_item(node: Node, ref: Node, scope: Scope) -> tuple[ItemCheck, ...]:
    """Return the checks of one item of an element, as far as they differ from those of another.

    Raises:
        BadPackage: a part of the profile cannot be used.
    """
    return tuple(_iter_item(node, ref, scope))


def _iter_item(node: Node, ref: Node, scope: Scope) -> Iterator[ItemCheck]:
    yield from _types(node, ref, scope)
    yield from values.iter_checks(node, ref)
    if node.binding is not None:
        yield from bindings.iter_checks(node.binding, ref.binding)
    yield from rules.iter_checks(node, ref)
    if node.name not in EXTENSIONS or node.children is not None:
        yield from _children(compile_object(node, ref, scope))


def _children(checks: tuple[ObjectCheck, ...]) -> Iterator[ItemCheck]:
    if not checks:
        return

    def check(item: Item, path: str, run: Run) -> None:
        tree = item[1] if type(item[1]) is dict else item[2]
        if type(tree) is dict:
            for each in checks:
                each(tree, path, run)

    yield check


# -- types


def _types(node: Node, ref: Node, scope: Scope) -> Iterator[ItemCheck]:
    if node.types == ref.types:
        return
    yield from _resource_types(node, ref)
    old = {each.code: each for each in ref.types}
    for each in node.types:
        before = old.get(each.code, TypeRef(each.code))
        if each.targets and set(each.targets) != set(before.targets) and each.code == "Reference":
            check = targets.check_of(each.targets, before.targets, scope)
            if check is not None:
                yield _only_for("Reference", check)
        wanted = tuple(url for url in each.profiles if not is_core_type(url))
        if wanted and each.profiles != before.profiles and node.name not in EXTENSIONS:
            yield _fits_one(each.code, wanted, scope)


def _resource_types(node: Node, ref: Node) -> Iterator[ItemCheck]:
    """A place for any resource (an entry of a Bundle, what is contained) may be left with some types."""
    codes = frozenset(each.code for each in node.types)
    if [each.code for each in ref.types] != ["Resource"] or not all(map(is_resource, codes)):
        return

    def check(item: Item, path: str, run: Run) -> None:
        if isinstance(item[1], dict) and item[1].get("resourceType") not in codes:
            run.note(path, f"Only {', '.join(sorted(codes))} may be here.", "type")

    yield check


def _only_for(type_: str, check: ItemCheck) -> ItemCheck:
    def run_it(item: Item, path: str, run: Run) -> None:
        if item[0] == type_:
            check(item, path, run)

    return run_it


def _fits_one(type_: str, profiles: tuple[str, ...], scope: Scope) -> ItemCheck:
    """Return what checks that a value fits one of the profiles of its type."""
    inline = [_inline(url, scope) for url in profiles]

    def check(item: Item, path: str, run: Run) -> None:
        value = item[1]
        if not isinstance(value, dict) or item[0] not in (type_, "Resource"):
            return
        if is_resource(type_):
            _check_resource(value, type_, profiles, path, run)
        elif all(each is not None for each in inline):
            _check_any(inline, item, path, run)
        else:
            run.not_checked(path, "the profile that this type has here is not loaded")

    return check


def _check_resource(value: Tree, type_: str, profiles: tuple[str, ...], path: str, run: Run) -> None:
    if value.get("resourceType") != type_:
        return
    answers = [run.scene.conforms_to(value, profile) for profile in profiles]
    if True in answers:
        return
    if None in answers:
        run.not_checked(path, "a profile that the resource has to fit here is not loaded")
    else:
        run.note(path, "The resource fits no profile that it has to fit here.", "type-profile")


def _inline(url: str, scope: Scope) -> Callable[[], tuple[ItemCheck, ...]] | None:
    """Return what compiles a datatype's profile when it is needed, for a profile may hold itself."""
    found = scope.find(url)
    if found is None or is_resource(found.type):
        return None
    made: list[tuple[ItemCheck, ...]] = []

    def checks() -> tuple[ItemCheck, ...]:
        if not made:
            made.append(compile_item(found.root, Node(found.type, types=(TypeRef(found.type),)), found.scope))
        return made[0]

    return checks


def _check_any(inline: Sequence[Any], item: Item, path: str, run: Run) -> None:
    """Note what breaks the one profile; of several, that none of them fits."""
    for position, checks in enumerate(inline):
        trial = Run(run.issues if len(inline) == 1 else [], run.scene, run.profile)
        for each in checks():
            each(item, path, trial)
        if len(inline) == 1 or not any(issue.severity == "error" for issue in trial.issues):
            return
        if position == len(inline) - 1:
            run.note(path, "The value fits no profile that its type has here.", "type-profile")
