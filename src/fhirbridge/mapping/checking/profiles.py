"""Blocks against the profiles they claim: what a profile demands, forbids and fixes, before any resource is made."""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.errors import Issue
from fhirbridge.mapping.checking.constraints import Constraint, Constraints
from fhirbridge.mapping.checking.products import Product, fixed_parts, products_of
from fhirbridge.mapping.checking.required import ENGINE_GIVES
from fhirbridge.mapping.checking.scene import Scene, names, walk
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.shapes import Shape


def check(scene: Scene) -> Iterator[Issue]:
    """Yield what is wrong between blocks and profiles or extensions: FB256 to FB267."""
    named, place = scene.written.right.profiles, scene.written.right.place
    blocks = [block.name for block in scene.written.blocks]
    for name in named:
        if name not in blocks:
            yield finding("FB258", place, f"`profiles:` names no block `{name}`", hint=did_you_mean(name, blocks))
    for block in scene.map.blocks if scene.is_fhir else ():
        yield from _contexts(scene, block)
        url = block.profile
        profile = scene.profiles.get(url)
        if profile is not None and profile.type != block.type:
            message = f"`{profile.id}` is a profile of {profile.type}, and `{block.name}` makes {block.type}"
            yield finding("FB256", place, message, hint=_fitting(scene, block))
        elif profile is not None:
            yield from _profile(scene, block, profile)
        elif url and scene.profiles:
            hint = did_you_mean(url, scene.profiles)
            yield finding("FB257", place, f"the profile of `{block.name}` is not known here", hint=hint)


def _fitting(scene: Scene, block: Block) -> str:
    urls = sorted(each.url for each in scene.profiles.values() if each.type == block.type)
    return f"profiles of {block.type}: {', '.join(urls)}" if urls else "leave the profile out"


def _profile(scene: Scene, block: Block, profile: Constraints) -> Iterator[Issue]:
    for rule in profile.rules:
        found = products_of(block, rule)
        where = ".".join((block.type, *rule.parent, rule.name))
        yield from _forbidden(scene, block, rule)
        yield from _allowed(scene, block, rule, found)
        yield from _values(scene, block, rule, found)
        if _is_lacking(scene, block, rule, found):
            yield from _lacking(scene, block, rule, profile, where)


# -- what is demanded ------------------------------------------------------------------------------------------------


def _is_lacking(scene: Scene, block: Block, rule: Constraint, found: list[Product]) -> bool:
    """Say whether nothing that a rule asks for is written, though its parent is."""
    if any(not rule.is_slice or each.may_hold(fixed_parts(rule)) for each in found):
        return False
    if not rule.parent and rule.name in ENGINE_GIVES:
        return False
    written = [names(row.right) for row in block.rows if row.goes_right]
    is_whole = bool(rule.parent) and rule.parent in written
    is_made = not rule.parent or any(each[: len(rule.parent)] == rule.parent for each in written)
    hidden = any(scene.gaps.hides_right(block.name, (*rule.parent, key)) for key in rule.keys)
    return is_made and not is_whole and not hidden


def _lacking(scene: Scene, block: Block, rule: Constraint, profile: Constraints, where: str) -> Iterator[Issue]:
    shape: Shape | None = scene.right_shape(block)
    for name in (*rule.parent, rule.keys[0] if rule.keys else rule.name):
        shape = shape.find_child(name) if shape else None
    if rule.min and rule.is_slice:
        what = f"the extension {rule.url}" if rule.url else f"an item of `{where}` with the values it names"
        hint = "add a row for the extension" if rule.url else f"write: {_spelled(rule)}"
        yield finding("FB260", block.place, f"`{profile.id}` demands {what}, and no row makes it", hint=hint)
    elif rule.min and (_is_told_by_slice(rule, profile) or (shape and shape.is_required)):
        return  # what R4 itself requires is FB209
    elif rule.min:
        hint = f"add a row that writes `{'.'.join((*rule.parent, rule.name))}`"
        yield finding("FB259", block.place, f"`{profile.id}` demands `{where}`, and no row writes it", hint=hint)
    elif rule.must_support and not rule.min:
        hint = "add a row, or write ignore[FB264] with the reason why the source has none"
        yield finding("FB264", block.place, f"`{profile.id}` supports `{where}`, and no row writes it", hint=hint)


def _is_told_by_slice(rule: Constraint, profile: Constraints) -> bool:
    """Say whether the profile also demands a certain item of the same element, which says more."""
    same = (each for each in profile.rules if (each.parent, each.name) == (rule.parent, rule.name))
    return any(each.is_slice and each.min for each in same)


def _spelled(rule: Constraint) -> str:
    """Return the constants that a rule fixes, as they would be written in rows."""
    parts = fixed_parts(rule)
    return ", ".join(f"'{value}' at {'.'.join((rule.name, *path))}" for path, value in parts.items())


# -- what is allowed -------------------------------------------------------------------------------------------------


def _allowed(scene: Scene, block: Block, rule: Constraint, found: list[Product]) -> Iterator[Issue]:
    where = ".".join((block.type, *rule.parent, rule.name))
    chosen = found if not rule.is_slice or rule.url else []
    if rule.max == 0:
        for each in chosen:
            message = f"the profile of `{block.name}` allows no `{where}`"
            yield finding("FB261", scene.right_place(block, each.row), message, hint="leave the row out")
    elif rule.max is not None and len(chosen) > rule.max:
        message = f"the profile of `{block.name}` allows {rule.max} of `{where}`, and rows write {len(chosen)}"
        yield finding("FB265", scene.right_place(block, chosen[rule.max].row), message, hint="keep the rows of one")
    elif rule.max == 1 and chosen and chosen[0].is_each:
        message = f"the profile of `{block.name}` allows one `{where}`, and `[]` writes any number"
        yield finding("FB265", scene.right_place(block, chosen[0].row), message, hint="write [0] on both sides")
    for each in chosen:
        yield from _targets(scene, block, rule, each)


def _targets(scene: Scene, block: Block, rule: Constraint, product: Product) -> Iterator[Issue]:
    for row in product.rows:
        reference = row.codec.reference
        is_here = reference and len(row.right) == len(rule.parent) + (2 if rule.url else 1)
        if reference and is_here and rule.targets and reference.type not in rule.targets:
            message = (
                f"the profile of `{block.name}` lets `{row.right_text}` refer to {', '.join(sorted(rule.targets))}"
            )
            place = scene.codec_place(block, row)
            yield finding("FB263", place, f"{message}, not to {reference.type}", hint="refer to what it allows")


def _values(scene: Scene, block: Block, rule: Constraint, found: list[Product]) -> Iterator[Issue]:
    if rule.is_slice:
        return
    for path, value in fixed_parts(rule).items():
        for each in found:
            row = each.contradicting(path, value)
            where = ".".join((rule.name, *path))
            if row is not None:
                message = f"the profile of `{block.name}` fixes `{where}` to `{value}`"
                yield finding("FB262", row.place, message, hint=f"write: '{value}' := {where}")
            elif not each.may_hold({path: value}) and not scene.gaps.hides_right(
                block.name, (*rule.parent, rule.name, *path)
            ):
                message = f"the profile of `{block.name}` fixes `{where}` to `{value}`, and no row writes that part"
                yield finding("FB267", scene.right_place(block, each.row), message, hint=f"write: '{value}' := {where}")


def _forbidden(scene: Scene, block: Block, rule: Constraint) -> Iterator[Issue]:
    for key in rule.forbidden:
        for row in _rows_at(block, (*rule.parent, key)):
            message = f"the profile of `{block.name}` rules the type `{key}` out"
            hint = f"write {' or '.join(rule.keys)}"
            yield finding("FB261", scene.right_place(block, row), message, hint=hint)


def _rows_at(block: Block, path: tuple[str, ...]) -> Iterator[Row]:
    return (row for row in block.rows if row.goes_right and names(row.right)[: len(path)] == path)


# -- extensions ------------------------------------------------------------------------------------------------------


def _contexts(scene: Scene, block: Block) -> Iterator[Issue]:
    """Yield a finding for each extension that stands where its definition does not let it."""
    by_url = {each.url: (id_, each.contexts) for id_, each in scene.extensions.items()}
    for row in block.rows:
        for position, step, parent in walk(scene.right_shape(block), row.right) if row.goes_right else ():
            urls = [where.value for where in step.where if names(where.steps) == ("url",)]
            id_, contexts = by_url.get(str(urls[0]), ("", ())) if step.name == "extension" and urls else ("", ())
            here = {parent.type, ".".join((block.type, *names(row.right[:position]))), "Element"}
            here |= {"Resource", "DomainResource"} if position == 0 else set()
            if contexts and not here & set(contexts):
                message = f"extension `{id_}` belongs to {' or '.join(contexts)}, not to {parent.type}"
                yield finding("FB266", scene.right_place(block, row), message, hint="use another extension here")
