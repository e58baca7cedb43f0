"""Where a map would make something else than came: kept beside it, and mended as long as the map makes the same.

What came may lack a constant that the map makes, write a unit in other words, or order a list in another way. A mend is
plain JSON: {"at": [name or position, ...], "made": what the map makes there, "came": what came there}; one of the two
is missing where nothing stands.
Laws of this file: `mend(made, mends(made, came))` is `came`; where the map now makes something else, its own stands;
nothing is put in the place of elements of several data classes, for nobody told us which part of it has which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fhirbridge.mapping.paths import Tree

Mend = dict[str, Any]
At = tuple[str | int, ...]


def iter_mends(made: Tree, came: Tree, at: At = ()) -> Iterator[Mend]:
    """Yield what turns what the map makes into what came."""
    if isinstance(made, dict) and isinstance(came, dict):
        for name in {**made, **came}:
            yield from _of_field(made, came, (*at, name))
    elif isinstance(made, list) and isinstance(came, list) and len(made) == len(came) and _is_in_step(made, came):
        for position, pair in enumerate(zip(made, came, strict=True)):
            yield from iter_mends(*pair, (*at, position))
    elif not _is_same(made, came):
        yield {"at": list(at), "made": made, "came": came}


def _of_field(made: dict[str, Tree], came: dict[str, Tree], at: At) -> Iterator[Mend]:
    name = str(at[-1])
    if name not in came:
        yield {"at": list(at), "made": made[name]}
    elif name not in made:
        yield {"at": list(at), "came": came[name]}
    else:
        yield from iter_mends(made[name], came[name], at)


def _is_in_step(made: list[Tree], came: list[Tree]) -> bool:
    """Say whether two lists hold the same things in the same order, as far as that can be told: none that moved."""
    return not any(one != own and one in came for one, own in zip(made, came, strict=True))


def _is_same(one: Tree, other: Tree) -> bool:
    """Say whether two scalars, or lists, are written alike: 1.0 is not 1.00, and true is not 1."""
    if isinstance(one, Decimal | float) or isinstance(other, Decimal | float):
        return str(one) == str(other)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@dataclass(slots=True)
class Mended:
    """A body with its mends, the paths put in and taken out, and those of what came and found no place."""

    body: dict[str, Any]
    came: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    homeless: list[str] = field(default_factory=list)


def mend(body: dict[str, Any], mends: Sequence[Mend], *, may: Callable[[str], bool] = lambda _: True) -> Mended:
    """Return a body with its mends.

    Args:
        may: says of a path whether something may be put in the place of what stands there.
    """
    mended = Mended(deepcopy(body) if mends else body)
    for each in mends:
        path = path_of(each["at"])
        holder = _holder(mended.body, each["at"])
        if holder is None or not _is_as_made(holder, each) or ("came" in each and not may(path)):
            mended.homeless += [path] if "came" in each else []
        elif "came" in each:
            holder[each["at"][-1]] = each["came"]
            mended.came.append(path)
        else:
            del holder[each["at"][-1]]
            mended.gone.append(path)
    return mended


def _holder(node: Tree, at: Sequence[str | int]) -> Any:
    """Return the object or list that the last step of a place stands in, None where it is not there."""
    for step in at[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    is_named = isinstance(at[-1], str)
    fits = isinstance(node, dict) if is_named else isinstance(node, list) and int(at[-1]) < len(node)
    return node if fits else None


def _is_as_made(holder: Any, each: Mend) -> bool:
    """Say whether the map still makes what it made when the mend was found."""
    name = each["at"][-1]
    if "made" in each:
        return (isinstance(name, int) or name in holder) and _is_same(holder[name], each["made"])
    return name not in holder


def path_of(at: Sequence[str | int]) -> str:
    """Return a place as a path.

    >>> path_of(["identifier", 0, "use"])
    'identifier[0].use'
    """
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
    return "".join(steps).removeprefix(".")


def is_within(inner: str, outer: str) -> bool:
    """Say whether a path is another one or lies below it."""
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
