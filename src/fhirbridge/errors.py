"""What can go wrong, in one table: condition, FHIR issue code, HTTP status, exit code.

Laws of this file: a code never changes its meaning; the class docstring is the default message; no message
holds a data value of a person, only paths, rules and record ids.
Source: issue codes http://hl7.org/fhir/R4/valueset-issue-type.html, exit codes docs/adr/0003-one-error-table.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["fatal", "error", "warning", "information"]

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_FAULT, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_DENIED = range(7)


@dataclass(frozen=True, slots=True)
class Condition:
    """How one condition shows itself: FHIR issue code, HTTP status, process exit code."""

    issue: str
    status: int
    exit: int


CONDITIONS: dict[str, Condition] = {
    # FB1xx a map's text, FB2xx a map against its schemas: found by `check`, before any message
    "FB100": Condition("invalid", 422, EXIT_FINDINGS),
    # FB3xx a message met a map
    "FB300": Condition("invalid", 422, EXIT_FINDINGS),
    # FB4xx bytes, media types and shapes of what arrives
    "FB400": Condition("structure", 400, EXIT_FINDINGS),
    "FB401": Condition("too-long", 413, EXIT_FINDINGS),
    "FB402": Condition("not-supported", 415, EXIT_FINDINGS),
    "FB403": Condition("not-supported", 406, EXIT_FINDINGS),
    "FB404": Condition("not-supported", 400, EXIT_FINDINGS),
    "FB405": Condition("required", 400, EXIT_FINDINGS),
    "FB406": Condition("not-supported", 405, EXIT_FINDINGS),
    # FB5xx content: records, resources, profiles
    "FB500": Condition("invalid", 422, EXIT_FINDINGS),
    "FB501": Condition("conflict", 422, EXIT_FINDINGS),
    "FB502": Condition("invalid", 422, EXIT_FINDINGS),
    "FB503": Condition("not-supported", 422, EXIT_FINDINGS),
    # FB6xx who is asking
    "FB600": Condition("login", 401, EXIT_DENIED),
    "FB601": Condition("forbidden", 403, EXIT_DENIED),
    "FB602": Condition("security", 400, EXIT_DENIED),
    # FB7xx consent and disclosure
    "FB700": Condition("suppressed", 404, EXIT_DENIED),
    # FB8xx store, queue, delivery
    "FB800": Condition("not-found", 404, EXIT_FINDINGS),
    "FB801": Condition("conflict", 412, EXIT_FINDINGS),
    "FB802": Condition("duplicate", 422, EXIT_FINDINGS),
    "FB803": Condition("transient", 503, EXIT_UNAVAILABLE),
    "FB804": Condition("processing", 502, EXIT_REFUSED),
    "FB805": Condition("business-rule", 409, EXIT_FINDINGS),
    # FB9xx this program and its settings
    "FB900": Condition("exception", 500, EXIT_FAULT),
    "FB901": Condition("processing", 500, EXIT_USAGE),
}


def get_condition(code: str) -> Condition:
    """Return the row for a code; a finer code such as FB203 has the row of its family, FB200 or FB100.

    Raises:
        KeyError: the code belongs to no family.
    """
    for known in (code, f"{code[:3]}00", MapError.code if code.startswith("FB2") else ""):
        if known in CONDITIONS:
            return CONDITIONS[known]
    raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a finding for certain: in its line, from `column` (from 1; 0: unknown yet), old becomes new."""

    old: str
    new: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding: what is wrong, where, which rule says so and what to do.

    `expression` is a path in the data (`goal[0].target[0].dueDate`), `location` a place in a text file
    (`plan.yaml:23:5`), `profile` the canonical URL of the FHIR profile whose rule it is. Neither message
    nor hint may hold a value taken from a person's record.
    """

    code: str
    message: str
    expression: str = ""
    severity: Severity = "error"
    rule: str = ""
    location: str = ""
    hint: str = ""
    fix: Fix | None = None
    profile: str = ""


class BridgeError(Exception):
    """The bridge could not do this."""

    code: ClassVar[str] = "FB900"

    def __init__(self, message: str = "", *, issues: Iterable[Issue] = ()) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.issues = tuple(issues) or (Issue(self.code, self.message),)
        super().__init__(self.message)

    @property
    def condition(self) -> Condition:
        """The row of the table that this error's class stands for."""
        return CONDITIONS[self.code]


class MapError(BridgeError):
    """The map does not pass its checks."""

    code = "FB100"


class MappingFailed(BridgeError):
    """The message does not fit the map."""

    code = "FB300"


class MalformedInput(BridgeError):
    """The body cannot be read."""

    code = "FB400"


class TooLarge(BridgeError):
    """The body is larger than this server accepts."""

    code = "FB401"


class UnsupportedMediaType(BridgeError):
    """The Content-Type is not one this address accepts."""

    code = "FB402"


class NotAcceptable(BridgeError):
    """No media type in Accept can be produced here."""

    code = "FB403"


class UnsupportedSearch(BridgeError):
    """The search parameter is not supported."""

    code = "FB404"


class MissingHeader(BridgeError):
    """A header that this address needs is missing."""

    code = "FB405"


class MethodNotAllowed(BridgeError):
    """This address does not take that method."""

    code = "FB406"


class InvalidContent(BridgeError):
    """The content breaks a rule."""

    code = "FB500"


class IdentityConflict(BridgeError):
    """The identifiers point at different people; a person must decide."""

    code = "FB501"


class BadPackage(BridgeError):
    """The FHIR package cannot be used."""

    code = "FB502"


class CannotTell(BridgeError):
    """What terminology is loaded does not tell."""

    code = "FB503"


class Unauthenticated(BridgeError):
    """The caller is not authenticated."""

    code = "FB600"


class Forbidden(BridgeError):
    """The token does not cover this."""

    code = "FB601"


class InvalidTokenRequest(BridgeError):
    """The token request is not valid."""

    code = "FB602"


class DisclosureDenied(BridgeError):
    """No rule permits this disclosure."""

    code = "FB700"


class NotFound(BridgeError):
    """Nothing is known under this address."""

    code = "FB800"


class VersionConflict(BridgeError):
    """The resource has changed since the version named in If-Match."""

    code = "FB801"


class IdempotencyConflict(BridgeError):
    """This Idempotency-Key was used before with another body."""

    code = "FB802"


class Unavailable(BridgeError):
    """The bridge cannot do this now; try again later."""

    code = "FB803"

    def __init__(self, message: str = "", *, issues: Iterable[Issue] = (), retry_after_s: float | None = None) -> None:
        super().__init__(message, issues=issues)
        self.retry_after_s = retry_after_s
        """Seconds the other side asked us to wait, where it said so."""


class DeliveryRefused(BridgeError):
    """The recipient's system refused the delivery."""

    code = "FB804"


class ReleaseRefused(BridgeError):
    """The release of maps cannot be made active."""

    code = "FB805"


class BadSettings(BridgeError):
    """The settings cannot be used."""

    code = "FB901"
