"""The Bridge: everything a use case needs, put together once by bootstrap and passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import random
from typing import Any, Literal, Protocol

from fhirbridge.auth.partners import Partner
from fhirbridge.delivery.retry import RetryPolicy
from fhirbridge.errors import Issue
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.terminology.shared import SharedTerminology
from fhirbridge.store.base import Message, Store
from fhirbridge.times import Clock
from fhirbridge.transport.base import Sender
from fhirbridge.validation.check import Checker
from fhirbridge.validation.claims import NO_CLAIMS, Claims


@dataclass(frozen=True, slots=True)
class Limits:
    """What this bridge takes in one go."""

    max_body_bytes: int = 2_000_000
    max_page: int = 200
    default_page: int = 50


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a partner that signed in, and what its token covers."""

    partner: Partner
    scopes: tuple[str, ...]


class MapSource(Protocol):
    """Knows which maps are active."""

    @property
    def is_behind(self) -> bool:
        """Whether a newer release was made active that this process could not read."""
        ...

    def now(self) -> MapLibrary:
        """Return the maps to work with from now on."""
        ...


class Watcher(Protocol):
    """Is shown what the workers map, and does no more with it than compare; returns at once and never raises."""

    def watch_message(self, message: Message, maps: MapLibrary) -> None: ...
    def watch_outbound(self, name: str, source: str, record: tuple[str, dict[str, Any]], maps: MapLibrary) -> None: ...
    def drain(self, timeout_s: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Bridge:
    """What the use cases work with. `base_url` has no slash at its end; `lease_s` is in seconds;
    `jitter` returns a number in [0, 1), by which waits before another try are spread.

    `maps` are those of one release, the same for as long as one use case works: whoever begins a request or takes up
    a message asks for the bridge of `now()`.
    """

    store: Store
    clock: Clock
    partners: Mapping[str, Partner]
    maps: MapLibrary
    checker: Checker
    base_url: str
    sender: Sender
    retry: RetryPolicy
    limits: Limits = field(default_factory=Limits)
    claims: Claims = NO_CLAIMS
    lease_s: float = 60.0
    id_secret: str = field(default="", repr=False)
    jitter: Callable[[], float] = random
    active: MapSource | None = None
    shadow: Watcher | None = None
    terminology: SharedTerminology = field(default_factory=SharedTerminology)
    on_write: Literal["gate", "full"] = "gate"

    def check_write(self, resource: dict[str, Any]) -> tuple[Issue, ...]:
        """Return what is wrong, or unwise, with a resource that is about to be kept; how closely is a setting."""
        found = self.checker.gate(resource) if self.on_write == "gate" else self.checker.check(resource)
        return tuple(issue for issue in found if issue.severity != "information")

    def now(self) -> Bridge:
        """Return this bridge with the maps that are active now."""
        maps = self.active.now() if self.active else self.maps
        return self if maps is self.maps else replace(self, maps=maps)
