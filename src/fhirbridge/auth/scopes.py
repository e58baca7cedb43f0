"""Scopes: SMART v2 system scopes and our own intake scopes; what they cover and what is granted.

    system/CarePlan.rs      read and search CarePlans         system/*.cruds      everything
    intake/transition.c     hand in transition records        intake/*.c          hand in records of any kind

Laws of this file: a scope covers only what it spells, letter case included; the letters stand in the order c r u d s,
each at most once; what is granted is never wider than what is registered, nor than what was asked for.

A request for more than is registered is narrowed, not refused: RFC 6749 section 3.3 lets a server grant less, provided
that the answer says what was granted, and a standard SMART client asks for `system/*.rs` without knowing its own
registration. A request that is malformed, or of which nothing is left, is refused with `invalid_scope` (section 5.2):
a typing error must be told, and a token that opens nothing helps nobody.
Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fhirbridge.errors import InvalidTokenRequest

Interaction = Literal[
    "read",
    "vread",
    "history-instance",
    "search-type",
    "history-type",
    "create",
    "update",
    "patch",
    "delete",
]
Context = Literal["system", "intake"]

LETTERS: dict[Interaction, str] = {
    "create": "c",
    "read": "r",
    "vread": "r",
    "history-instance": "r",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "search-type": "s",
    "history-type": "s",
}
"""Which letter of a scope covers which FHIR interaction."""

MAX_SCOPES = 64
MAX_SCOPE_CHARS = 4096

_SHAPES = (
    re.compile(r"(?P<context>system)/(?P<name>\*|[A-Z][A-Za-z]{1,63})\.(?P<letters>c?r?u?d?s?)"),
    re.compile(r"(?P<context>intake)/(?P<name>\*|[a-z][a-z-]{1,63})\.(?P<letters>c)"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: where it holds, for what (`*`: for all) and which letters it gives."""

    context: str
    name: str
    letters: str

    def __str__(self) -> str:
        return f"{self.context}/{self.name}.{self.letters}"


def parse(text: str) -> Scope:
    """Return the scope that a text spells.

    >>> str(parse("system/CarePlan.rs")), parse("intake/*.c").letters
    ('system/CarePlan.rs', 'c')

    Raises:
        InvalidTokenRequest: the text is no scope of ours. The message does not repeat it.
    """
    for shape in _SHAPES:
        match = shape.fullmatch(text)
        if match and match["letters"]:
            return Scope(match["context"], match["name"], match["letters"])
    raise InvalidTokenRequest(
        "A scope is not valid: use system/<ResourceType>.<letters of cruds, in that order> or intake/<kind>.c."
    )


def parse_all(text: str) -> tuple[Scope, ...]:
    """Return the scopes of a `scope` parameter, in order, without repeats.

    Raises:
        InvalidTokenRequest: one of them is malformed, there is none, or there are too many.
    """
    parts = dict.fromkeys(text[: MAX_SCOPE_CHARS + 1].split(" "))
    parts.pop("", None)
    if not parts or len(parts) > MAX_SCOPES or len(text) > MAX_SCOPE_CHARS:
        raise InvalidTokenRequest(f"The scope parameter must hold 1 to {MAX_SCOPES} scopes, separated by spaces.")
    return tuple(parse(part) for part in parts)


def covers(scopes: Iterable[str], name: str, interaction: Interaction, *, context: Context = "system") -> bool:
    """Say whether the scopes of a token cover an interaction on a resource type, or on a record kind for intake.

    >>> covers(["system/CarePlan.rs"], "CarePlan", "read"), covers(["system/CarePlan.rs"], "CarePlan", "create")
    (True, False)
    >>> covers(["intake/*.c"], "transition", "create", context="intake")
    True
    """
    letter = LETTERS[interaction]
    return any(
        scope.context == context and scope.name in ("*", name) and letter in scope.letters
        for scope in map(parse, scopes)
    )


def grant(requested: str, registered: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes to grant: requested ∩ registered, in the order asked for, each written as a scope.

    >>> grant("system/*.rs", ["system/CarePlan.rs", "system/Goal.r", "intake/plan.c"])
    ('system/CarePlan.rs', 'system/Goal.r')

    Args:
        requested: the `scope` parameter, as sent.
        registered: the partner's scopes, from the settings.
    Raises:
        InvalidTokenRequest: the request is malformed, or nothing of it is registered (`invalid_scope`).
    Source: RFC 6749 sections 3.3 and 5.2.
    """
    held = [parse(text) for text in registered]
    found = (_intersection(asked, own) for asked in parse_all(requested) for own in held)
    granted = dict.fromkeys(str(scope) for scope in found if scope)
    if not granted:
        raise InvalidTokenRequest("None of the requested scopes is registered for this client.")
    return tuple(granted)


def _intersection(asked: Scope, own: Scope) -> Scope | None:
    letters = "".join(letter for letter in asked.letters if letter in own.letters)
    if asked.context != own.context or not letters:
        return None
    if asked.name in ("*", own.name):
        return Scope(own.context, own.name, letters)
    return Scope(own.context, asked.name, letters) if own.name == "*" else None
