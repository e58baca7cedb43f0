"""The five made-up organisations of the demo: who they are, how they sign in, what they may ask for.

The numbers by which consents name them stand in the samples under `mappings/tests/`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, RSAKey

READ_SCOPES = tuple(
    f"system/{type_}.rs"
    for type_ in (
        "CarePlan",
        "CareTeam",
        "Condition",
        "Consent",
        "Goal",
        "Organization",
        "Patient",
        "Practitioner",
        "Provenance",
        "ServiceRequest",
        "Task",
    )
)
RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class DemoPartner:
    """One organisation. `settings` are the further keys of its table in the settings file."""

    id: str
    name: str
    kind: str
    organisation: str
    algorithm: str
    scopes: tuple[str, ...]
    settings: Mapping[str, Any]


RIVERSIDE = DemoPartner(
    "riverside",
    "Riverside Recovery",
    "agency",
    "RIVERSIDE",
    "ES384",
    ("intake/plan.c", "intake/consent.c", "intake/discharge.c"),
    {
        "sources": {"plan": "riverside-plan", "consent": "riverside-consent", "discharge": "riverside-discharge"},
    },
)
NORTHMOOR = DemoPartner(
    "northmoor",
    "Northmoor Correctional Center",
    "prison",
    "NORTHMOOR",
    "ES384",
    ("intake/transition.c",),
    {
        "sources": {"transition": "northmoor-release"},
        "identifier_systems": ["https://northmoor.example/doc-number"],
    },
)
LAKESIDE = DemoPartner(
    "lakeside",
    "Lakeside General Hospital",
    "hospital",
    "LAKESIDE-GENERAL",
    "RS384",
    (*READ_SCOPES, "system/ServiceRequest.cu"),
    {"purposes": ["TREAT", "COC"], "identifier_systems": ["https://lakeside-general.example/mrn"]},
)
HILLCREST = DemoPartner(
    "hillcrest",
    "Hillcrest Infirmary",
    "hospital",
    "HILLCREST",
    "ES384",
    READ_SCOPES,
    {"purposes": ["TREAT", "COC"], "identifier_systems": ["https://lakeside-general.example/mrn"]},
)
PROBATION = DemoPartner(
    "county-probation", "County Probation", "probation", "COUNTY-PROBATION", "ES384", (), {"purposes": ["CJMON"]}
)
PARTNERS = (RIVERSIDE, NORTHMOOR, LAKESIDE, HILLCREST, PROBATION)


def make_key(partner: DemoPartner) -> ECKey | RSAKey:
    """Return a fresh private key of the kind that the partner signs with."""
    parameters: KeyParameters = {"use": "sig", "alg": partner.algorithm, "kid": f"{partner.id}-1"}
    if partner.algorithm == "RS384":
        return RSAKey.generate_key(RSA_BITS, parameters)
    return ECKey.generate_key("P-384", parameters)


def write_keys(folder: Path, keys: Mapping[str, ECKey | RSAKey]) -> None:
    """Write each partner's public key set, which the bridge reads, and private key, which only the partner has."""
    for name, key in keys.items():
        public = {"keys": [key.as_dict(private=False)]}
        (folder / f"{name}.jwks.json").write_text(json.dumps(public, indent=1), encoding="utf-8")
        private = folder / f"{name}.private.json"
        private.touch(mode=0o600)
        private.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")


def partner_tables(*, receiver_url: str) -> str:
    """Return the `[[partners]]` tables of the settings file."""
    return "\n".join(_table(partner, receiver_url) for partner in PARTNERS)


def _table(partner: DemoPartner, receiver_url: str) -> str:
    rows: dict[str, Any] = {
        "id": partner.id,
        "name": partner.name,
        "kind": partner.kind,
        "organisation": partner.organisation,
        "jurisdiction": "US",
        "jwks_file": f"keys/{partner.id}.jwks.json",
        "scopes": list(partner.scopes),
        **partner.settings,
    }
    if partner is PROBATION:
        rows["routes"] = [{"kind": "monitoring", "map": "county-report", "url": receiver_url}]
    return "[[partners]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in rows.items())


def _toml(value: Any) -> str:
    """Return a text, list or flat table as TOML; JSON's texts and lists are TOML's too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
