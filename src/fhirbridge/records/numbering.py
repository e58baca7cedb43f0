"""Keys for parts that their owner gave none: made from the record's key and from what tells the parts apart.

Laws of this file: the same record has the same keys wherever it is read; no two parts of one list share a key; a key
restates no words, for it travels where the words may not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fhirbridge.ids import stable_id

MAX_KEY_CHARS = 120
_CHARS = 12
"""How much of the hash tells the parts of one list apart: 60 bit."""


def numbered(tree: Any, lists: Mapping[str, str]) -> Any:
    """Return a record's tree with a key in each part that has none.

    Args:
        lists: name of each list of parts -> the field that tells its parts apart, such as `on` or `agency.number`.

    >>> numbered({"id": "R-1", "monitoring": [{"on": "2026-11-20"}]}, {"monitoring": "on"})
    {'id': 'R-1', 'monitoring': [{'on': '2026-11-20', 'id': 'R-1/monitoring/bzyztl6o2crh'}]}
    """
    if not isinstance(tree, dict) or not isinstance(tree.get("id"), str):
        return tree
    made = {name: _keyed(tree[name], f"{tree['id']}/{name}", by) for name, by in lists.items() if name in tree}
    return {**tree, **made}


def _keyed(parts: Any, at: str, by: str) -> Any:
    if not isinstance(parts, list):
        return parts
    taken = {part["id"] for part in parts if isinstance(part, dict) and isinstance(part.get("id"), str)}
    return [_with_key(part, at, by, taken) if isinstance(part, dict) else part for part in parts]


def _with_key(part: dict[str, Any], at: str, by: str, taken: set[str]) -> dict[str, Any]:
    if part.get("id") is not None:
        return part
    told, count = json.dumps(_told(part, by), sort_keys=True, default=str), 1
    key = _made(at, told, count)
    while key in taken:
        count += 1
        key = _made(at, told, count)
    taken.add(key)
    return {**part, "id": key}


def _told(part: dict[str, Any], by: str) -> Any:
    """Return what a part tells at a field, or at a field of a field."""
    value: Any = part
    for name in by.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _made(at: str, told: str, count: int) -> str:
    hashed = stable_id(at, told, str(count))
    key = f"{at}/{hashed[:_CHARS]}"
    return key if len(key) <= MAX_KEY_CHARS else hashed
