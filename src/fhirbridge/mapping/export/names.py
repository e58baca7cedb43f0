"""Names in an export: letters and digits only, each used once in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_WORDS = re.compile(r"[A-Za-z0-9]+")
_TAKEN = frozenset(
    [
        "alias",
        "as",
        "check",
        "collate",
        "default",
        "extends",
        "first",
        "group",
        "imports",
        "last",
        "log",
        "map",
        "not",
        "only",
        "produced",
        "queried",
        "share",
        "source",
        "target",
        "then",
        "true",
        "false",
        "types",
        "uses",
        "where",
    ]
)
"""Words of the mapping language that are no good as a variable."""
MAX_NAME = 50


def identifier(text: str) -> str:
    """Return a text as a name.

    >>> identifier("riverside-plan"), identifier("names[0].given[]"), identifier("2nd")
    ('riversidePlan', 'names0Given', 'x2nd')
    """
    first, *rest = _WORDS.findall(text) or ["x"]
    name = first[0].lower() + first[1:] + "".join(word[0].upper() + word[1:] for word in rest)
    return (name if name[0].isalpha() else f"x{name}")[:MAX_NAME]


@dataclass(slots=True)
class Names:
    """Hands out names, each once."""

    used: set[str] = field(default_factory=set)

    def fresh(self, text: str) -> str:
        """Return the name of a text, with a number behind it where it is taken or a word of the language."""
        base = identifier(text)
        name, number = base, 1
        while name in self.used or name in _TAKEN:
            number += 1
            name = f"{base}{number}"
        self.used.add(name)
        return name
