"""What a field is called where people read: its own title, else its name in words, else the head of its description.

A name that says nothing by itself (`text`, `by`) gives way to a short description: `by`, "Who did it: a worker", is
"Who did it".
"""

from __future__ import annotations

import re

BARE = frozenset(
    {"text", "what", "by", "on", "at", "to", "of", "since", "due", "via"}
    | {"where", "who", "type", "kind", "detail", "value", "made", "done"}
)
"""Names that need the field around them to be understood."""
MAX_WORDS = 6
MAX_CHARS = 48
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_ENDS = re.compile(r"[.,;:(]")


def label_of(name: str, told: str = "") -> str:
    """Return what a field is called.

    Args:
        told: what its schema says of it: a title, or a description in sentences.

    >>> label_of("own_words", "The client's own words, verbatim."), label_of("by", "Who did it: a worker, a desk.")
    ('Own words', 'Who did it')
    """
    if told and not told.rstrip().endswith(".") and _is_short(told):
        return _sentence(told.strip())
    head = _ENDS.split(told, maxsplit=1)[0].strip() if name in BARE else ""
    return _sentence(_ARTICLE.sub("", head) if head and _is_short(head) else words_of(name))


def words_of(name: str) -> str:
    """Return a name of a field, block or type in words.

    >>> words_of("follow-up-worker"), words_of("HealthcareService"), words_of("Booking No")
    ('Follow up worker', 'Healthcare service', 'Booking No')
    """
    if " " in name:
        return name
    parts = re.split(r"[-_]+", _CAPITAL.sub("_", name))
    return _sentence(" ".join(part if part.isupper() else part.lower() for part in parts if part))


def _is_short(text: str) -> bool:
    return len(text) <= MAX_CHARS and len(text.split()) <= MAX_WORDS


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
