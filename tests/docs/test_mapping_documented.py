"""The mapping reference names every codec, finding, envelope key and block key that the engine knows."""

from __future__ import annotations

from tests.support.maps import ROOT

from fhirbridge.mapping.codecs import CODECS
from fhirbridge.mapping.findings import RULES
from fhirbridge.mapping.text.blocks import BLOCK_KEYS
from fhirbridge.mapping.text.envelope import MAP_KEYS

REFERENCE = (ROOT / "docs" / "mapping" / "reference.md").read_text("utf-8")


def test_every_codec_is_documented() -> None:
    assert [name for name in CODECS if f"| `{name}` |" not in REFERENCE] == []


def test_every_finding_is_documented() -> None:
    assert [code for code in RULES if f"| {code} |" not in REFERENCE] == []


def test_every_key_is_documented() -> None:
    assert [key for key in MAP_KEYS | BLOCK_KEYS if f"`{key}`" not in REFERENCE] == []
