"""A bridge on the memory store, with a clock that stands still and recipients that live in memory.

The partners are made-up organisations, the maps those that come with the package, the messages the samples in
`mappings/tests`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.clock import FixedClock

from fhirbridge.auth.partners import Partner, PartnerKind, Route
from fhirbridge.delivery.retry import RetryPolicy
from fhirbridge.formats import record_json
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services import intake, worker
from fhirbridge.services.bridge import Bridge, Caller, Limits
from fhirbridge.services.definitions import find_defaults, load_maps, read_checker
from fhirbridge.services.intake import Submission
from fhirbridge.store.base import LedgerEntry, Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.transport.fake import FakeSender
from fhirbridge.validation.check import Checker

BASE_URL = "https://bridge.example"
RECEIVER = "https://probation.example/reports"
SAMPLES = Path(__file__).parents[2] / "mappings" / "tests"

PARTNERS = (
    Partner(
        id="riverside",
        name="Riverside Recovery",
        kind=PartnerKind.AGENCY,
        organisation="RIVERSIDE",
        jurisdiction="US",
        scopes=("intake/*.c",),
        sources={"plan": "riverside-plan", "consent": "riverside-consent", "discharge": "riverside-discharge"},
    ),
    Partner(
        id="northmoor",
        name="Northmoor Correctional Center",
        kind=PartnerKind.PRISON,
        organisation="NORTHMOOR",
        jurisdiction="US",
        scopes=("intake/transition.c",),
        sources={"transition": "northmoor-release"},
        identifier_systems=("https://northmoor.example/doc-number",),
    ),
    Partner(
        id="lakeside",
        name="Lakeside General",
        kind=PartnerKind.HOSPITAL,
        organisation="LAKESIDE-GENERAL",
        jurisdiction="US",
        purposes=("TREAT",),
        scopes=("system/*.rs", "system/ServiceRequest.crus"),
    ),
    Partner(
        id="hillcrest",
        name="Hillcrest Infirmary",
        kind=PartnerKind.HOSPITAL,
        organisation="HILLCREST",
        jurisdiction="US",
        purposes=("TREAT",),
        scopes=("system/*.rs", "system/ServiceRequest.crus"),
    ),
    Partner(
        id="county-probation",
        name="County Probation",
        kind=PartnerKind.PROBATION,
        organisation="COUNTY-PROBATION",
        jurisdiction="US",
        purposes=("CJMON",),
        scopes=("system/*.rs",),
        routes=(Route("monitoring", "county-report", RECEIVER),),
    ),
)


@cache
def shipped_maps() -> MapLibrary:
    """The maps that come with the package."""
    return load_maps(find_defaults() / "mappings", find_defaults() / "profiles")


@cache
def shipped_checker() -> Checker:
    """The checker with the profiles that come with the package."""
    return read_checker(find_defaults() / "profiles")


@dataclass
class World:
    """A bridge and what stands around it."""

    bridge: Bridge
    clock: FixedClock
    sender: FakeSender
    handed_in: int = 0

    def caller(self, partner: str, *scopes: str) -> Caller:
        """A partner that has signed in, with its own scopes or with these."""
        who = self.bridge.partners[partner]
        return Caller(who, scopes or who.scopes)

    def hand_in(self, partner: str, kind: str, body: bytes | Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
        """Hand a message in, work it off, and return its status."""
        data = body if isinstance(body, bytes) else record_json.format(body)
        self.handed_in += 1
        who = self.caller(partner)
        submission = Submission(kind, "application/json", data, key or f"key-{self.handed_in}")
        message = intake.accept(self.bridge, who, submission)
        intake.process_next(self.bridge)
        return intake.status(self.bridge, who, message.id)

    def hand_in_sample(self, name: str) -> dict[str, Any]:
        """Hand one of the samples in, as its owner would."""
        partner, kind = SAMPLE_OWNERS[name]
        return self.hand_in(partner, kind, sample(name), key=f"sample-{name}")

    def hand_in_all(self) -> None:
        """Hand in every sample that can be stored, and let the worker do all that is due."""
        for name in ALL_SAMPLES:
            assert self.hand_in_sample(name)["state"] == "stored"
        self.work()

    def person_id(self) -> str:
        """The id of the client of the samples."""
        with self.bridge.store.snapshot() as tx:
            found = tx.find_person(*MRN)
        assert found
        return found

    def ledger(self) -> list[LedgerEntry]:
        """All entries of the ledger."""
        with self.bridge.store.snapshot() as tx:
            return list(tx.iter_ledger())

    def work(self) -> None:
        """Let the worker do all that is due."""
        while worker.run_once(self.bridge):
            pass


ALL_SAMPLES = (
    "riverside-consent-hospital",
    "riverside-consent-probation",
    "riverside-plan",
    "riverside-discharge",
    "northmoor-release",
)
"""The samples that can be stored, consents first."""

MRN = ("https://lakeside-general.example/mrn", "LG-778120")
"""The number by which Lakeside knows the client of the samples."""

SAMPLE_OWNERS = {
    "riverside-plan": ("riverside", "plan"),
    "riverside-consent-hospital": ("riverside", "consent"),
    "riverside-consent-probation": ("riverside", "consent"),
    "riverside-discharge": ("riverside", "discharge"),
    "northmoor-release": ("northmoor", "transition"),
    "northmoor-release-broken": ("northmoor", "transition"),
}


def sample(name: str) -> bytes:
    """The text of a sample message."""
    return (SAMPLES / f"{name}.json").read_bytes()


def sample_tree(name: str) -> dict[str, Any]:
    """A sample message as a tree that a test may change."""
    return record_json.parse(sample(name))


def make_world(store: Store | None = None, **changes: Any) -> World:
    """Make a bridge; `changes` are fields of Bridge to set otherwise."""
    clock, sender = FixedClock(), FakeSender()
    bridge = Bridge(
        store=store or MemoryStore(clock=clock),
        clock=clock,
        partners={partner.id: partner for partner in PARTNERS},
        maps=shipped_maps(),
        checker=shipped_checker(),
        base_url=BASE_URL,
        sender=sender,
        retry=RetryPolicy(base_s=2, cap_s=60, max_attempts=3),
        limits=Limits(max_body_bytes=100_000),
        jitter=lambda: 0.5,
    )
    return World(replace(bridge, **changes), clock, sender)
