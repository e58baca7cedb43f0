"""The mapping reference names every codec, envelope key and block key that the engine knows."""

from __future__ import annotations

from textwrap import dedent

from tests.support.maps import ROOT

from fhirbridge.mapping.codecs import CODECS
from fhirbridge.mapping.proving.case_findings import CASE_KEYS
from fhirbridge.mapping.text.blocks import BLOCK_KEYS
from fhirbridge.mapping.text.envelope import MAP_KEYS
from fhirbridge.terminology.tables import parse_table

REFERENCE = (ROOT / "docs" / "mapping" / "reference.md").read_text("utf-8")


def test_every_codec_is_documented() -> None:
    assert [name for name in CODECS if f"| `{name}` |" not in REFERENCE] == []


def test_every_key_is_documented() -> None:
    assert [key for key in MAP_KEYS | BLOCK_KEYS if f"`{key}`" not in REFERENCE] == []


def test_the_code_table_of_the_reference_is_one() -> None:
    lines = REFERENCE.partition("    # version: 1.2.0\n")[2].partition("\n\n")[0]
    table = parse_table("need", "# version: 1.2.0\n" + dedent(lines))
    assert len(table.rows) == 3
    assert table.ambiguous_targets() == ()
    assert table.find_row("Z") is None


def test_every_key_of_a_test_is_documented() -> None:
    assert [key for key in CASE_KEYS if f"`{key}`" not in REFERENCE] == []
