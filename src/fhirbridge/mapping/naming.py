"""What a bound row is called: paths as one name across maps, and the row in plain words.

A name begins with what the path belongs to: a record kind (`plan.goals.own_words`), a FHIR type
(`Goal.description.text`), or the map of a partner's format (`riverside-plan:doc.case.planName`). Lists are not
counted; selectors stay on the FHIR side, where they tell one element from another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirbridge.mapping.expressions import Path
from fhirbridge.mapping.model import Block, Map, Row
from fhirbridge.mapping.steps import Steps

_COUNT = re.compile(r"\[\d*\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")


def without_counts(path: str) -> str:
    """Return a path without `[]`, `[0]` and quotes.

    >>> without_counts('note[kind=support][0].text')
    'note[kind=support].text'
    """
    return _COUNT.sub("", path).replace('"', "")


def without_brackets(path: str) -> str:
    """Return a path without indices and selectors.

    >>> without_brackets("target[0].extension[progress][]")
    'target.extension'
    """
    return _BRACKETS.sub("", path).replace('"', "")


def is_touched(asked: str, name: str) -> bool:
    """Say whether a name is what was asked about, or above or below it; a question without selectors asks for all.

    >>> is_touched("plan.client", "plan.client.number"), is_touched("CarePlan.note.text", "CarePlan.note[kind=x].text")
    (True, True)
    >>> is_touched("plan.type", "plan.types"), is_touched("CarePlan.note[kind=y]", "CarePlan.note[kind=x].text")
    (False, False)
    """
    plain = without_counts(asked)
    if "[" not in plain:
        name = without_brackets(name)
    if ":" in name and ":" not in plain:
        name = name.partition(":")[2]
    return bool(name) and (plain == name or _is_above(plain, name) or _is_above(name, plain))


def _is_above(one: str, other: str) -> bool:
    return other.startswith(one) and other[len(one)] in ".["


def dotted(steps: Steps) -> str:
    """Return the names of a path joined by points."""
    return ".".join(step.name for step in steps)


def left_name(map_: Map, block: Block, variable: str, steps: Steps) -> str:
    """Return the name of what a variable and steps below it stand for on the left."""
    loop = block.loop if block.is_loop and variable == block.variable else ()
    return _left_prefix(map_) + ".".join([map_.root, *(step.name for step in (*loop, *steps))])


def _left_prefix(map_: Map) -> str:
    return "" if map_.left.kind == "record" else f"{map_.name}:"


def left_names(map_: Map, block: Block, row: Row) -> Iterator[str]:
    """Yield the name of each left field that a row reads: of a reference only the fields that make it up."""
    if row.expression is not None:
        yield from dict.fromkeys(path_name(map_, block, path) for path in row.expression.paths())
    elif row.arrow != ":=":
        base = left_name(map_, block, row.variable, row.left)
        yield from ([f"{base}.{name}" for name in row.codec.left_fields] or [base])


def path_name(map_: Map, block: Block, path: Path) -> str:
    """Return the name of a path of an expression."""
    return left_name(map_, block, path.variable, path.steps)


def right_name(map_: Map, block: Block, row: Row) -> str:
    """Return the name of what a row writes on the right."""
    match map_.right.kind:
        case "fhir":
            return f"{block.type}.{without_counts(row.right_text)}"
        case "record":
            return f"{block.type}.{dotted(row.right)}"
    return f"{map_.name}:{block.type}.{dotted(row.right)}"


def item_name(map_: Map, block: Block) -> str:
    """Return the name of what a block makes."""
    return block.type if map_.right.kind in ("fhir", "record") else f"{map_.name}:{block.type}"


def codec_text(row: Row) -> str:
    """Return the codec with its arguments as a map writes it; nothing for a plain copy or a constant."""
    if row.arrow == ":=" or row.codec.name == "copy":
        return ""
    quoted = (f'"{word}"' if " " in word else word for word in row.codec.arguments)
    return " ".join([row.codec.name, *quoted])


def table_file(map_: Map, row: Row) -> str:
    """Return the file of the code table that a row uses, or nothing."""
    return map_.tables.get(row.codec.table.name, row.codec.table.name) if row.codec.table else ""
