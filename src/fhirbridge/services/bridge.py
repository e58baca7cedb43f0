"""The Bridge: everything a use case needs, put together once by bootstrap and passed in. No behaviour here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import random

from fhirbridge.auth.partners import Partner
from fhirbridge.delivery.retry import RetryPolicy
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.store.base import Store
from fhirbridge.times import Clock
from fhirbridge.transport.base import Sender
from fhirbridge.validation.check import Checker


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


@dataclass(frozen=True, slots=True)
class Bridge:
    """What the use cases work with. `base_url` has no slash at its end; `lease_s` is in seconds;
    `jitter` returns a number in [0, 1), by which waits before another try are spread.
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
    lease_s: float = 60.0
    id_secret: str = field(default="", repr=False)
    jitter: Callable[[], float] = random
